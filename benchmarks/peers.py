"""The brokers that are measured: msklite, Apache Kafka and franz-go's Go fake, each one process.

Each starts in an empty folder as its own people would start it: msklite with `msklite up`, Kafka as
one node that is broker and controller, with the heap and collector that its start script sets, the
Go fake with its data in files. A peer's life is one `with` block; what it wrote goes with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from benchmarks import frames, procs
from tests.support import jvm

HERE = Path(__file__).parent
START_SECONDS = 60
STOP_SECONDS = 30
# bin/kafka-run-class.sh and bin/kafka-server-start.sh
KAFKA_FLAGS = (
    "-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent",
    "-Djava.awt.headless=true",
)  # fmt: skip


class Peer:
    """One broker process; `prepare` may write what it finds at its first start."""

    name = ""
    label = ""

    @property
    def security(self) -> dict[str, str]:
        """What librdkafka has to be told to reach it, beside the address."""
        return {}

    @property
    def java_security(self) -> dict[str, str]:
        """The same for Java's clients."""
        return {}

    def __init__(self) -> None:
        self.work = Path(tempfile.mkdtemp(prefix=f"bench-{self.name}-"))
        self.data = self.work / "data"
        self.port = jvm.free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.spawn_seconds = 0.0

    def prepare(self) -> None:
        """What has to be there before the process is spawned; its time isn't counted."""

    def command(self) -> list[str]:
        """How it is started."""
        raise NotImplementedError

    def wait(self, deadline: float) -> None:
        """Until the first record is acknowledged."""
        frames.first_record(self.port, "first", deadline)

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def cpu(self) -> float:
        """CPU seconds used since the start."""
        return procs.cpu_seconds(self.pid)

    def __enter__(self) -> Self:
        self.prepare()
        with (self.work / "output").open("wb") as output:
            begun = time.monotonic()
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=environment(),
            )  # fmt: skip
        try:
            self.wait(begun + START_SECONDS)
            self.spawn_seconds = time.monotonic() - begun
        except BaseException:
            sys.stderr.write((self.work / "output").read_text(errors="replace")[-4000:])
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        shutil.rmtree(self.work, ignore_errors=True)


def environment() -> dict[str, str]:
    """Ours, but Python may keep what it has compiled, as it does for everybody."""
    found = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**found, "MSKLITE_API": "0"}  # brokers are measured, and Kafka has no such service


class Msklite(Peer):
    """This project, from an empty folder, as the README starts it."""

    name = "msklite"
    label = "msklite"

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "msklite",
            "up", "--azs", "1", "--kafka-defaults",
            "--dir", str(self.data), "--port", str(self.port),
        ]  # fmt: skip


class ApacheKafka(Peer):
    """Apache Kafka from Maven; formatting its directory isn't counted."""

    name = "kafka"
    label = f"Apache Kafka {jvm.KAFKA_VERSION}"

    def prepare(self) -> None:
        controller = jvm.free_port()
        listeners = f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}"
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "listeners": listeners,
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": str(self.data),
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "file.delete.delay.ms": "1000",
        }
        text = "".join(f"{key}={value}\n" for key, value in settings.items())
        (self.work / "server.properties").write_text(text)
        jvm.java(
            "kafka.tools.StorageTool", "format", "-t", jvm.new_uuid(), "--standalone",
            "-c", str(self.work / "server.properties"), check=True,
        )  # fmt: skip

    def command(self) -> list[str]:
        return [
            "java", *KAFKA_FLAGS, f"-Dlog4j2.configurationFile={jvm.log4j_config()}",
            "-cp", f"{jvm.kafka_libs()}/*", "kafka.Kafka", str(self.work / "server.properties"),
        ]  # fmt: skip


class GoFake(Peer):
    """franz-go's fake broker, compiled from gofake/ once."""

    name = "gofake"
    label = "Go fake (franz-go)"
    _binary: Path | None = None

    def prepare(self) -> None:
        self.data.mkdir()
        if GoFake._binary is None:
            GoFake._binary = build_gofake()

    def command(self) -> list[str]:
        return [str(GoFake._binary), "-port", str(self.port), "-dir", str(self.data)]


def build_gofake() -> Path:
    """Compile the Go fake into the tests' cache."""
    target = jvm.cache_dir() / "gofake"
    subprocess.run([go(), "build", "-o", str(target), "."], cwd=HERE / "gofake", check=True)
    return target


def go() -> str:
    """The Go command."""
    return shutil.which("go") or "/usr/local/go/bin/go"


PEERS: dict[str, Callable[[], Peer]] = {peer.name: peer for peer in (ApacheKafka, GoFake, Msklite)}
