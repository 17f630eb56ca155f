"""Three zones of msklite beside three nodes of Apache Kafka: `python benchmarks/zones.py`.

Everything with replication factor 3 and acks=all, both warmed up, each side with the time-outs that
it has by default. CPU is that of all processes of a side, memory their proportional set. A pause is
the longest time between two acknowledgements of a producer that sends one small record after the
other, while one zone (or node) is killed, or stopped cleanly.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import frames, loads, procs  # noqa: E402
from benchmarks.figures import show  # noqa: E402
from benchmarks.peers import KAFKA_FLAGS, START_SECONDS, STOP_SECONDS, Peer, environment  # noqa: E402
from tests.support import jvm  # noqa: E402
from tests.support.ports import free_ports  # noqa: E402

GB = 1_000_000_000
SIZE = 1024
IDLE_SECONDS = 5.0
PAUSE_SECONDS = 20.0
ROWS = {
    "spawn": ("three from nothing to the first record that all have", "s"),
    "idle_cpu": ("idle CPU", "%"),
    "memory_idle": ("memory (PSS), idle", "MB"),
    "cpu": ("CPU to take in 1 GB of 1 KiB records", "s"),
    "rate": ("throughput of that", "MB/s"),
    "memory_after": ("memory (PSS) after it", "MB"),
    "e2e_p50": ("producer to consumer at 1,000 records/s, p50", "ms"),
    "e2e_p99": ("p99", "ms"),
    "stop_pause": ("longest pause when one is stopped cleanly", "s"),
    "kill_pause": ("longest pause when one is killed", "s"),
}


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

    def revive(self, index: int) -> None:
        """Start one again that has ended; msklite's supervisor does so by itself."""


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


def pss(peer: Three) -> float:
    """Memory of a side."""
    return peer.pss() if isinstance(peer, Kafkas) else procs.shared_memory_bytes(peer.pid)


def measure(peer: Three, volume: int) -> dict[str, float]:
    """One life of one side, already started."""
    found = {"spawn": peer.spawn_seconds}
    admin = frames.Connection(peer.port)
    time.sleep(2)
    before, begun = peer.cpu(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    found["idle_cpu"] = 100 * (peer.cpu() - before) / (time.monotonic() - begun)
    found["memory_idle"] = pss(peer) / 1e6
    for topic, share in (("warm", 1.0), ("load", 1.0)):
        assert admin.create_topic(topic, 3, 3) == 0
        records = int(volume * share) // SIZE
        before = peer.cpu()
        rate = loads.producer_perf(peer, topic, records, SIZE)
        found["cpu"] = (peer.cpu() - before) * GB / (records * SIZE)
        found["rate"] = rate * SIZE / 1e6
    found["memory_after"] = pss(peer) / 1e6
    assert admin.create_topic("paced", 3) == 0
    took = loads.end_to_end(peer, "paced", 4_000, 1_000)[1_000:]
    found["e2e_p50"] = loads.percentile(took, 0.5) * 1e3
    found["e2e_p99"] = loads.percentile(took, 0.99) * 1e3
    assert admin.create_topic("pause", 3, 3) == 0
    admin.close()
    found["stop_pause"] = pause(peer, peer.member(1), signal.SIGTERM)
    peer.revive(1)
    time.sleep(PAUSE_SECONDS)
    found["kill_pause"] = pause(peer, peer.member(2), signal.SIGKILL)
    return found


def pause(peer: Three, pid: int, number: signal.Signals) -> float:
    """The longest gap between acknowledgements while a process gets a signal."""
    from confluent_kafka import Producer

    producer = Producer(
        {"bootstrap.servers": peer.bootstrap, "acks": "all", "linger.ms": 0,
         "enable.idempotence": True, "retry.backoff.ms": 20, "retry.backoff.max.ms": 100}
    )  # fmt: skip
    last, worst, over = time.monotonic(), 0.0, False

    def acknowledged(error: object, message: object) -> None:
        nonlocal last, worst
        if error is None:
            now = time.monotonic()
            worst, last = max(worst, now - last), now

    def send() -> None:
        partition = 0
        while not over:
            producer.produce("pause", b"x" * 100, partition=partition, on_delivery=acknowledged)
            producer.flush(60)
            partition = (partition + 1) % 3

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(2)
    worst = 0.0
    os.kill(pid, number)
    time.sleep(PAUSE_SECONDS)
    over = True
    thread.join()
    return worst


def main() -> int:
    """Measure both sides and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a fifth of the load, one run")
    parser.add_argument("--only", choices=("kafka", "msklite"), help="one side alone")
    options = parser.parse_args()
    volume, runs = (GB // 5, 1) if options.quick else (GB, options.runs)
    sides = [side for side in (Kafkas, Zones) if options.only in (None, side.name)]
    found: dict[str, dict[str, list[float]]] = {}
    for run in range(runs):
        for side in sides:
            with side() as peer:
                values = measure(peer, volume)
            for key, value in values.items():
                found.setdefault(key, {}).setdefault(side.name, []).append(value)
            said = ", ".join(f"{k} {show(v, ROWS[k][1])}" for k, v in values.items())
            print(f"run {run + 1}, {side.label}: {said}", flush=True)
    if options.only:
        return 0
    print(f"\n{procs.machine()}\n\n| figure | {' | '.join(s.label for s in sides)} | ratio |")
    print("|---|--:|--:|--:|")
    for key, (text, unit) in ROWS.items():
        kafka, ours = (statistics.median(found[key][side.name]) for side in sides)
        print(f"| {text} | {show(kafka, unit)} | {show(ours, unit)} | {ours / kafka:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
