"""Transactions beside Apache Kafka: `python benchmarks/transactions.py [one three]`.

A producer commits transactions of 10 records of 1 KiB each, one after the other, spread over the
three partitions of a topic: on one node each, and on three with three replicas. Figures are the CPU
seconds of all the brokers' processes for a transaction, and transactions a second. The client isn't
counted; it is Kafka's own Java producer (it lets Produce add partitions, KIP-890), or with
`--client librdkafka` one that asks the coordinator to add them.

Both sides run at the same time and are measured by turns, so that a busy machine is as busy for
both. All of a transaction is counted: a round ends a moment after the last answer, when the last
markers are written. Figures are printed, and kept (`--quick` only shows that it works)
in `transactions.json` beside this file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import procs, report  # noqa: E402
from benchmarks.figures import Bound, Figure, show  # noqa: E402
from benchmarks.peers import ApacheKafka, Msklite, Peer, environment  # noqa: E402
from benchmarks.zone_peers import Kafkas, Zones  # noqa: E402
from tests.support import jvm  # noqa: E402

RESULTS = Path(__file__).with_name("transactions.json")
TOPIC, PARTITIONS, RECORDS, SIZE = "transactions", 3, 10, 1024
SETTLE_S = 0.3
"""After the last answer markers are still being written."""
SIDES: dict[str, tuple[Callable[[], Peer], ...]] = {
    "one": (ApacheKafka, Msklite),
    "three": (Kafkas, Zones),
}
CLIENTS = ("java", "librdkafka")
FIGURES = (
    Figure("cpu", "", "broker CPU for a transaction", "us",
           (Bound(0.5, "kafka"),), (Bound(0.3, "kafka"),)),
    Figure("rate", "", "transactions a second", "/s", (), (Bound(1.5, "kafka", least=True),)),
)  # fmt: skip
LIBRDKAFKA = """
import os, sys, time
from confluent_kafka import Producer
bootstrap, topic, partitions, records, size = sys.argv[1:]
partitions, records, value = int(partitions), int(records), os.urandom(int(size))
p = Producer({"bootstrap.servers": bootstrap, "transactional.id": "bench", "linger.ms": 0})
p.init_transactions(120)
print("ready", flush=True)
for line in sys.stdin:
    begun = time.perf_counter()
    for _ in range(int(line)):
        p.begin_transaction()
        for i in range(records):
            p.produce(topic, value, partition=i % partitions)
        p.commit_transaction(60)
    print(time.perf_counter() - begun, flush=True)
"""


class Client:
    """The producer, in a process of its own over all rounds."""

    def __init__(self, kind: str, peer: Peer) -> None:
        args = [peer.bootstrap, TOPIC, *map(str, (PARTITIONS, RECORDS, SIZE))]
        if kind == "java":
            classes = jvm.compile_java(Path(__file__).parent / "java" / "Transactions.java")
            command = [
                "java", "-Xmx512M", f"-Dlog4j2.configurationFile={jvm.log4j_config()}",
                "-cp", f"{classes}:{jvm.kafka_libs()}/*", "Transactions", *args,
            ]  # fmt: skip
        else:
            command = [sys.executable, "-c", LIBRDKAFKA, *args]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )
        self._told()

    def _told(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the client ended with {self._process.wait(60)}")
        return line

    def run(self, transactions: int) -> float:
        """So many; the seconds they took."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{transactions}\n")
        self._process.stdin.flush()
        return float(self._told())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def create(peer: Peer, replicas: int) -> None:
    """The topic."""
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": peer.bootstrap})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, replicas)])[TOPIC].result(60)


def measure(side: tuple[Peer, Client], transactions: int) -> dict[str, float]:
    """One round of one side."""
    peer, client = side
    before = peer.cpu()
    seconds = client.run(transactions)
    time.sleep(SETTLE_S)
    cpu = peer.cpu() - before
    return {"cpu": cpu / transactions * 1e6, "rate": transactions / seconds}


def compare(part: str, kind: str, options: argparse.Namespace) -> report.Runs:
    """Both sides of a part: warmed up, then round by round, whoever is first changing."""
    runs: dict[str, dict[str, list[float]]] = {f.key: {} for f in FIGURES}
    with ExitStack() as living:
        peers = [living.enter_context(make()) for make in SIDES[part]]
        sides: list[tuple[Peer, Client]] = []
        for peer in peers:
            create(peer, 3 if part == "three" else 1)
            sides.append((peer, living.enter_context(Client(kind, peer))))
        for _, client in sides:
            client.run(options.warm_up)
        for number in range(options.rounds):
            for side in sides if number % 2 == 0 else sides[::-1]:
                found = measure(side, options.transactions)
                for key, value in found.items():
                    runs[key].setdefault(side[0].name, []).append(value)
                told = ", ".join(f"{f.key} {show(found[f.key], f.unit)}" for f in FIGURES)
                print(f"{part} {kind} round {number + 1} {side[0].name:8} {told}", flush=True)
    return runs


def lines(part: str, kind: str, runs: report.Runs) -> list[str]:
    """The rows of a part: medians, and ours as a share of Kafka's."""
    found = []
    for figure in FIGURES:
        values = {peer: median(seen) for peer, seen in runs[figure.key].items()}
        ours, kafkas = values["msklite"], values["kafka"]
        bounds = ", ".join(bound.text(figure.unit) for bound in figure.must + figure.aim)
        found.append(
            f"{part}, {kind}: {figure.text}: msklite {show(ours, figure.unit)}, Apache Kafka "
            f"{show(kafkas, figure.unit)}, ratio {ours / kafkas:.2f} ({bounds}: "
            f"{report.verdict(figure, values)[0]})"
        )
    return found


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*SIDES, []], help="both if not given")
    parser.add_argument("--client", choices=CLIENTS, action="append", help="java if not given")
    parser.add_argument("--transactions", type=int, default=2000, help="of a round; 2000")
    parser.add_argument("--warm-up", type=int, default=4000, help="transactions before; 4000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a few of all; nothing is kept")
    options = parser.parse_args()
    if options.quick:
        options.transactions, options.warm_up, options.rounds = 100, 100, 2
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"runs": {}}
    told: list[str] = []
    for part in options.parts or SIDES:
        for kind in options.client or CLIENTS[:1]:
            runs = compare(part, kind, options)
            told += lines(part, kind, runs)
            kept["runs"].setdefault(part, {})[kind] = runs
            kept["machine"], kept["date"] = procs.machine(), time.strftime("%Y-%m-%d")
            if not options.quick:
                RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    print("\n".join(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
