"""Three zones of msklite, and three nodes of Apache Kafka, as the benchmarks of zones run them.

Each side has the time-outs that it has by default. Kafka's nodes are broker and controller each.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import frames, procs
from benchmarks.peers import KAFKA_FLAGS, START_SECONDS, STOP_SECONDS, Peer, environment
from msklite.zone.admin_client import AdminClient
from tests.support import jvm
from tests.support.ports import free_ports


class Three(Peer):
    """Three brokers; `members` are the processes that can be stopped or killed."""

    def wait(self, deadline: float) -> None:
        """Whoever of the three leads the partition takes the record."""
        frame, code_at = frames.produce_frame("first", b"x" * 100), frames.produce_code_at("first")
        made = False
        while time.monotonic() < deadline:
            for port in self.ports():
                try:
                    connection = frames.Connection(port)
                    connection.socket.settimeout(5)
                    if not made:
                        code = connection.create_topic("first", 3)
                        made = code in (0, frames.TOPIC_ALREADY_EXISTS)
                    done = made and connection.produce(frame, code_at) == 0
                    connection.close()
                except OSError:
                    continue
                if done:
                    return
            time.sleep(0.002)
        raise TimeoutError("no record was acknowledged")

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self.ports())

    def ports(self) -> list[int]:
        """Where the three listen."""
        raise NotImplementedError

    def member(self, index: int) -> int:
        """The process of one of the three."""
        raise NotImplementedError

    def stop(self, index: int) -> None:
        """Stop one cleanly; it stays away until `revive`."""
        raise NotImplementedError

    def revive(self, index: int) -> None:
        """Start one again that has ended or was stopped."""
        raise NotImplementedError

    def pss(self) -> float:
        """Memory of all, what processes share counted once."""
        return procs.shared_memory_bytes(self.pid)


class Zones(Three):
    """msklite with three zones, as `msklite up` makes them, but with Kafka's other defaults."""

    name = "msklite"
    label = "msklite, 3 zones"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_ports(3)

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "msklite", "up", "--azs", "3", "--kafka-defaults",
            "--dir", str(self.data), "--port", str(self.port), "-c", "min.insync.replicas=2",
        ]  # fmt: skip

    def ports(self) -> list[int]:
        return [self.port, self.port + 1, self.port + 2]

    def member(self, index: int) -> int:
        return int(json.loads((self.data / f"az{index + 1}" / "admin.json").read_text())["pid"])

    def stop(self, index: int) -> None:
        self._zone("stop", index)

    def revive(self, index: int) -> None:
        self._zone("start", index)

    def _zone(self, action: str, index: int) -> None:
        client = AdminClient(str(self.data), 60)
        client.post("/zone", {"zone": index + 1, "action": action})


class Kafkas(Three):
    """Three nodes of Apache Kafka, each broker and controller."""

    name = "kafka"
    label = f"Apache Kafka {jvm.KAFKA_VERSION}, 3 nodes"

    def __init__(self) -> None:
        super().__init__()
        self._ports = [self.port, jvm.free_port(), jvm.free_port()]
        self._controllers = [jvm.free_port() for _ in range(3)]
        self._processes: list[subprocess.Popen[bytes]] = []

    def ports(self) -> list[int]:
        return self._ports

    def prepare(self) -> None:
        cluster = jvm.new_uuid()
        voters = ",".join(
            f"{n + 1}@127.0.0.1:{port}:{jvm.new_uuid()}" for n, port in enumerate(self._controllers)
        )
        for n in range(3):
            self._properties(n).write_text(self._settings(n))
            jvm.java(
                "kafka.tools.StorageTool", "format", "-t", cluster,
                "--initial-controllers", voters, "-c", str(self._properties(n)), check=True,
            )  # fmt: skip

    def _properties(self, n: int) -> Path:
        return self.work / f"server-{n}.properties"

    def _settings(self, n: int) -> str:
        listen = f"PLAINTEXT://127.0.0.1:{self._ports[n]}"
        settings = {
            "process.roles": "broker,controller",
            "node.id": str(n + 1),
            "controller.quorum.bootstrap.servers": ",".join(
                f"127.0.0.1:{port}" for port in self._controllers
            ),
            "listeners": f"{listen},CONTROLLER://127.0.0.1:{self._controllers[n]}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": str(self.data / str(n)),
            "group.initial.rebalance.delay.ms": "0",
            "min.insync.replicas": "2",
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())

    def _command(self, n: int) -> list[str]:
        return [
            "java", *KAFKA_FLAGS, f"-Dlog4j2.configurationFile={jvm.log4j_config()}",
            "-cp", f"{jvm.kafka_libs()}/*", "kafka.Kafka", str(self._properties(n)),
        ]  # fmt: skip

    def __enter__(self) -> Kafkas:
        self.prepare()
        begun = time.monotonic()
        with (self.work / "output").open("wb") as output:
            self._processes = [
                subprocess.Popen(
                    self._command(n), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    env=environment(),
                )
                for n in range(3)
            ]  # fmt: skip
        try:
            self.wait(begun + START_SECONDS)
            self.spawn_seconds = time.monotonic() - begun
        except BaseException:
            self.__exit__()
            raise
        return self

    def stop(self, index: int) -> None:
        self._processes[index].send_signal(signal.SIGTERM)
        self._processes[index].wait(STOP_SECONDS)

    def revive(self, index: int) -> None:
        with (self.work / "output").open("ab") as output:
            self._processes[index] = subprocess.Popen(
                self._command(index), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=environment(),
            )  # fmt: skip

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def cpu(self) -> float:
        return sum(procs.cpu_seconds(p.pid) for p in self._processes if p.poll() is None)

    def pss(self) -> float:
        return sum(procs.shared_memory_bytes(p.pid) for p in self._processes if p.poll() is None)

    def member(self, index: int) -> int:
        return self._processes[index].pid
