"""Apache Kafka's own Java code for tests: its jars, its tools, and a real controller and broker.

Rules it keeps:
- Jars come from Maven once and stay in a cache (`MSKLITE_TEST_CACHE`, by default
  ~/.cache/msklite-tests); Maven is asked offline first. `MSKLITE_KAFKA_LIBS` names a folder of
  jars that is used as it is.
- Whatever the cache gets is built beside it and renamed into place under a file lock, so several
  test runs can share it.
- Every JVM started here is stopped here, by its own process handle.
- A machine without a JDK skips these tests, saying so; with CI=true that is a failure.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest

KAFKA_VERSION = "4.2.0"
LOG4J_VERSION = "2.25.3"
ARTIFACTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.apache.kafka", "kafka-tools", KAFKA_VERSION),
    ("org.apache.kafka", "kafka-shell", KAFKA_VERSION),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", LOG4J_VERSION),
    ("org.apache.logging.log4j", "log4j-core", LOG4J_VERSION),
)
# Short lives on busy machines: the first compiler only, one collector thread.
JVM_FLAGS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
)
LOG4J_CONFIG = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1}: %m%n
rootLogger.level = ${sys:test.log.level:-error}
rootLogger.appenderRef.console.ref = console
"""
START_SECONDS = 90
STOP_SECONDS = 60


# --- what this machine has -----------------------------------------------------------------


def in_ci() -> bool:
    """Whether a missing tool is a failure instead of a reason to skip."""
    return os.environ.get("CI", "").lower() in ("true", "1")


def skip_or_fail(reason: str) -> None:
    """Skip the running test; in CI fail it, because there everything must be installed."""
    if in_ci():
        pytest.fail(f"{reason} (CI=true: this must be installed)")
    pytest.skip(reason)


def require_jvm() -> None:
    """Skip (or fail in CI) when there is no JDK, or no jars and no Maven to get them."""
    for tool in ("java", "javac"):
        if shutil.which(tool) is None:
            skip_or_fail(f"needs a JDK: {tool} isn't on PATH")
    if not _libs_present() and shutil.which("mvn") is None:
        skip_or_fail("needs Maven to fetch Apache Kafka: mvn isn't on PATH")
    try:
        kafka_libs()
    except MavenFailed as failed:
        skip_or_fail(str(failed))


def cache_dir() -> Path:
    """Where jars and compiled test programs are kept between runs."""
    path = Path(os.environ.get("MSKLITE_TEST_CACHE") or Path.home() / ".cache" / "msklite-tests")
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def file_lock(name: str) -> Iterator[None]:
    """Hold an exclusive lock between all test processes that share the cache."""
    with open(cache_dir() / f"{name}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- jars ----------------------------------------------------------------------------------


class MavenFailed(Exception):
    """Maven couldn't fetch Apache Kafka's jars."""


def _libs_dir() -> Path:
    given = os.environ.get("MSKLITE_KAFKA_LIBS")
    if given:
        return Path(given)
    key = hashlib.sha256(repr(ARTIFACTS).encode()).hexdigest()[:8]
    return cache_dir() / f"kafka-{KAFKA_VERSION}-{key}"


def _libs_present() -> bool:
    return (_libs_dir() / f"kafka-clients-{KAFKA_VERSION}.jar").is_file()


def kafka_libs() -> Path:
    """The folder with Apache Kafka's jars, fetched by Maven when it isn't there yet."""
    if not _libs_present():
        with file_lock("kafka-libs"):
            if not _libs_present():
                _fetch(_libs_dir(), ARTIFACTS)
    return _libs_dir()


def libs(name: str, artifacts: Sequence[tuple[str, str, str]]) -> Path:
    """The folder with the jars of other artifacts, for tests of what is built on Kafka."""
    key = hashlib.sha256(repr(artifacts).encode()).hexdigest()[:8]
    target = cache_dir() / f"{name}-{key}"
    with file_lock(name):
        if not target.is_dir():
            _fetch(target, artifacts)
    return target


def _fetch(target: Path, artifacts: Sequence[tuple[str, str, str]]) -> None:
    work = Path(tempfile.mkdtemp(prefix="maven-", dir=cache_dir()))
    try:
        dependencies = "".join(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{version}</version></dependency>"
            for group, artifact, version in artifacts
        )
        (work / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0">'
            "<modelVersion>4.0.0</modelVersion><groupId>msklite</groupId>"
            "<artifactId>test-libs</artifactId><version>1</version>"
            f"<dependencies>{dependencies}</dependencies></project>"
        )
        output = ""
        for extra in (["-o"], []):
            shutil.rmtree(work / "libs", ignore_errors=True)
            goal = ("dependency:copy-dependencies", f"-DoutputDirectory={work / 'libs'}")
            done = subprocess.run(
                ["mvn", "-q", "-B", *extra, *goal],
                cwd=work,
                capture_output=True,
                text=True,
                timeout=600,
            )
            if done.returncode == 0:
                os.replace(work / "libs", target)
                return
            output = done.stdout + done.stderr
        raise MavenFailed(f"Maven couldn't fetch {artifacts[0]}: {output[-2000:]}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def log4j_config() -> Path:
    """A logging configuration that writes errors to stderr and nothing else."""
    path = cache_dir() / "log4j2.properties"
    if not path.is_file() or path.read_text() != LOG4J_CONFIG:
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(LOG4J_CONFIG)
        os.replace(fresh, path)
    return path


# --- running Java --------------------------------------------------------------------------


def java_command(
    main: str,
    *args: str,
    classes: Path | None = None,
    flags: Sequence[str] = (),
    log_level: str = "error",
    more: Path | None = None,
) -> list[str]:
    """The command line that runs `main` on Kafka's jars (`more` jars, and compiled `classes`)."""
    libs = _class_path(more)
    return [
        "java",
        *JVM_FLAGS,
        f"-Dlog4j2.configurationFile={log4j_config()}",
        f"-Dtest.log.level={log_level}",
        *flags,
        "-cp",
        f"{classes}{os.pathsep}{libs}" if classes else libs,
        main,
        *args,
    ]


def java(
    main: str,
    *args: str,
    input: str | bytes | None = None,
    classes: Path | None = None,
    timeout: float = 120,
    check: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a Java main class to its end; stdout and stderr are text."""
    done = subprocess.run(
        java_command(main, *args, classes=classes),
        input=input.encode() if isinstance(input, str) else (input or b""),
        capture_output=True,
        timeout=timeout,
    )
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if check and done.returncode != 0:
        raise AssertionError(f"{main} ended with {done.returncode}:\n{out[-4000:]}\n{err[-4000:]}")
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def _class_path(more: Path | None) -> str:
    found = f"{kafka_libs()}/*"
    return f"{found}{os.pathsep}{more}/*" if more else found


def compile_java(*sources: Path, more: Path | None = None) -> Path:
    """Compile our small Java programs against Kafka's jars; returns the folder of classes.

    The folder is named by the sources' content, so an unchanged program is compiled once.
    """
    digest = hashlib.sha256(_class_path(more).encode())
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    target = cache_dir() / f"classes-{digest.hexdigest()[:16]}"
    if target.is_dir():
        return target
    with file_lock("javac"):
        if not target.is_dir():
            work = Path(tempfile.mkdtemp(prefix="javac-", dir=cache_dir()))
            done = subprocess.run(
                ["javac", "-nowarn", "-cp", _class_path(more), "-d", str(work)]
                + [str(source) for source in sources],
                capture_output=True,
                text=True,
                timeout=300,
            )
            if done.returncode != 0:
                shutil.rmtree(work, ignore_errors=True)
                raise AssertionError(f"javac failed:\n{done.stderr}")
            os.replace(work, target)
    return target


# --- a real Apache Kafka -------------------------------------------------------------------


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_uuid() -> str:
    """An id as Kafka writes it: 22 characters of URL-safe base64, the first one no "-"."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):  # a tool's argument; Uuid.randomUuid passes over them too
            return text


class Node:
    """One Kafka process: a properties file, a log file and the process."""

    def __init__(self, name: str, work: Path, properties: Mapping[str, str], level: str) -> None:
        self.name = name
        self.level = level
        self.config = work / f"{name}.properties"
        self.config.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        self.output = work / f"{name}.out"
        self.process: subprocess.Popen[bytes] | None = None

    def format(self, cluster_id: str, *flags: str) -> None:
        """Write the directories' first files with Kafka's own tool."""
        java("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self.config), *flags,
             check=True)  # fmt: skip

    def start(self) -> None:
        """Start the process; it's up when its port answers, see `wait_for_port`."""
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                java_command("kafka.Kafka", str(self.config), log_level=self.level),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def wait_for_port(self, port: int) -> None:
        """Wait until the node listens, or fail with what it wrote."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended early:\n{self.text()}")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} doesn't listen on {port}:\n{self.text()}")

    def ask_to_stop(self) -> None:
        """Ask for a clean stop, and don't wait for it; `stop` does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Ask for a clean stop and wait for the end; kill what doesn't end."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} didn't stop:\n{self.text()}") from None

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()

    def text(self) -> str:
        """The end of what the node printed."""
        return self.output.read_text(errors="replace")[-6000:] if self.output.exists() else ""


class ApacheKafka:
    """One controller and its brokers as separate nodes, as a context manager.

    Without directories, a fresh cluster is formatted in a temporary folder. With
    `controller_dir` and `broker_dirs` of an existing cluster and `format=False`, the nodes start
    on what is there; node ids, and the controller's port where the voter set names one, must
    then be the ones on disk.
    """

    def __init__(
        self,
        *,
        controller_dir: Path | None = None,
        broker_dirs: Mapping[int, Path] | None = None,
        format: bool = True,
        controller_id: int = 10001,
        controller_port: int = 0,
        broker_ports: Mapping[int, int] | None = None,
        properties: Mapping[str, str] | None = None,
        controller_properties: Mapping[str, str] | None = None,
        broker_properties: Mapping[int, Mapping[str, str]] | None = None,
        log_level: str = "error",
    ) -> None:
        self._work = Path(tempfile.mkdtemp(prefix="apache-kafka-"))
        self.controller_dir = controller_dir or self._work / "controller"
        self.broker_dirs = dict(broker_dirs or {1: self._work / "broker-1"})
        self.cluster_id = new_uuid()
        self.controller_port = controller_port or free_port()
        ports = broker_ports or {}
        self.broker_ports = {node: ports.get(node) or free_port() for node in self.broker_dirs}
        self._format = format
        self._controller_id = controller_id
        extra = {**(properties or {})}
        quorum = {"controller.quorum.bootstrap.servers": f"127.0.0.1:{self.controller_port}"}
        self.controller = Node(
            "controller",
            self._work,
            {
                **COMMON,
                **quorum,
                "process.roles": "controller",
                "node.id": str(controller_id),
                "listeners": f"CONTROLLER://127.0.0.1:{self.controller_port}",
                "log.dirs": str(self.controller_dir),
                **extra,
                **(controller_properties or {}),
            },
            log_level,
        )
        self.brokers = {
            node: Node(
                f"broker-{node}",
                self._work,
                {
                    **COMMON,
                    **quorum,
                    "process.roles": "broker",
                    "node.id": str(node),
                    "listeners": f"PLAINTEXT://127.0.0.1:{self.broker_ports[node]}",
                    "log.dirs": str(directory),
                    **extra,
                    **(broker_properties or {}).get(node, {}),
                },
                log_level,
            )
            for node, directory in self.broker_dirs.items()
        }

    @property
    def bootstrap(self) -> str:
        """The brokers' addresses, as clients want them."""
        return ",".join(f"127.0.0.1:{port}" for port in self.broker_ports.values())

    @property
    def nodes(self) -> list[Node]:
        """All nodes, the controller first."""
        return [self.controller, *self.brokers.values()]

    def start(self) -> ApacheKafka:
        """Format (unless told not to), start all nodes, return when brokers take clients."""
        try:
            if self._format:
                self.controller.format(self.cluster_id, "--standalone")
                for broker in self.brokers.values():
                    broker.format(self.cluster_id)
                self._format = False
            for node in self.nodes:
                node.start()
            self.controller.wait_for_port(self.controller_port)
            for broker_id, broker in self.brokers.items():
                # A broker accepts connections only once the controller has unfenced it.
                broker.wait_for_port(self.broker_ports[broker_id])
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop cleanly: brokers first, since they tell the controller that they go."""
        try:
            for node in reversed(self.nodes):
                node.stop()
        finally:
            self.kill()

    def kill(self) -> None:
        """End every process at once."""
        for node in self.nodes:
            node.kill()

    def output(self) -> str:
        """What the nodes printed, for a failing test's message."""
        return "\n".join(f"--- {node.name}\n{node.text()}" for node in self.nodes)

    def __enter__(self) -> ApacheKafka:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._work, ignore_errors=True)


COMMON = {
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Smaller than Kafka's 128 MB: the heap here is small.
    "log.cleaner.dedupe.buffer.size": "20971520",
    "log.cleaner.threads": "1",
}
