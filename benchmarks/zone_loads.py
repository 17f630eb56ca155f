"""What is measured of three zones, and of one zone that holds much; each gives figures by key.

Topics have three replicas and min.insync.replicas is 2. CPU is that of all processes of a side. A
pause is the longest time between two acknowledgements of an idempotent producer that sends one
small record after the other, while one zone (or node) is stopped cleanly, or killed.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks import frames, loads, procs
from benchmarks.peers import Msklite, environment
from benchmarks.zone_peers import Three

GB = 1_000_000_000
SIZE = 1024
IDLE_SECONDS = 5.0
SETTLE_SECONDS = 2.0
PAUSE_SECONDS = 15.0
JOIN_SECONDS = 180.0
AWAY = 2
"""Which of the three is taken away."""
QUIET = {"log_level": 0}
_LATER = (
    KafkaError._WAIT_COORD, KafkaError._TRANSPORT, KafkaError._TIMED_OUT,
    KafkaError._ALL_BROKERS_DOWN, KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.NOT_COORDINATOR,
    KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID,
)  # fmt: skip
"""Answers to a commit after which the client goes on by itself."""


def start(peer: Three, volume: int) -> dict[str, float]:
    """From nothing to the first record, and at rest."""
    found = {"spawn": peer.spawn_seconds}
    time.sleep(SETTLE_SECONDS)
    before, begun = peer.cpu(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    found["idle_cpu"] = 100 * (peer.cpu() - before) / (time.monotonic() - begun)
    found["memory_idle"] = peer.pss() / 1e6
    return found


def produce(peer: Three, volume: int) -> dict[str, float]:
    """Kafka's producer-perf tool, warm."""
    found = {}
    for topic in ("warm", "load"):
        make(peer, topic, 3)
        records = volume // SIZE
        before = peer.cpu()
        rate = loads.producer_perf(peer, topic, records, SIZE)
        found["cpu"] = (peer.cpu() - before) * GB / (records * SIZE)
        found["rate"] = rate * SIZE / 1e6
    found["memory_after"] = peer.pss() / 1e6
    return found


def latency(peer: Three, volume: int) -> dict[str, float]:
    """1,000 records a second, from producer to consumer."""
    make(peer, "paced", 1)
    took = loads.end_to_end(peer, "paced", 6_000, 1_000)[3_000:]
    return {
        "e2e_p50": loads.percentile(took, 0.5) * 1e3,
        "e2e_p99": loads.percentile(took, 0.99) * 1e3,
    }


def pauses(peer: Three, volume: int) -> dict[str, float]:
    """What a client notices when one goes."""
    make(peer, "pause", 3)
    found = {"stop_pause": pause(peer, lambda: peer.stop(1))}
    peer.revive(1)
    in_sync(peer, "pause", 3)
    pid = peer.member(AWAY)
    found["kill_pause"] = pause(peer, lambda: os.kill(pid, signal.SIGKILL))
    return found


def bare_pauses(peer: Three, volume: int) -> dict[str, float]:
    """The same for a client that asks all three in turn until one takes its record."""
    make(peer, "bare", 1)
    found = {}
    for key in ("bare_stop_pause", "bare_kill_pause"):
        in_sync(peer, "bare", 3)
        leads = states(peer, "bare")[0].leader - 1
        if key == "bare_stop_pause":
            found[key] = bare_pause(peer, "bare", functools.partial(peer.stop, leads))
            peer.revive(leads)
        else:
            kill = functools.partial(os.kill, peer.member(leads), signal.SIGKILL)
            found[key] = bare_pause(peer, "bare", kill)
    return found


def catch_up(peer: Three, volume: int) -> dict[str, float]:
    """CPU of all from the start of one that was away for so much, until it is in sync."""
    make(peer, "missed", 3)
    peer.stop(AWAY)
    in_sync(peer, "missed", 2)
    loads.producer_perf(peer, "missed", volume // SIZE, SIZE)
    time.sleep(SETTLE_SECONDS)
    before, begun = peer.cpu(), time.monotonic()
    peer.revive(AWAY)
    in_sync(peer, "missed", 3)
    return {
        "catch_up_cpu": (peer.cpu() - before) * GB / volume,
        "catch_up_time": (time.monotonic() - begun) * GB / volume,
    }


def partitions(peer: Three, volume: int) -> dict[str, float]:
    """Many partitions of three replicas: making them, and losing a third of the leaders."""
    found, made = {}, 0
    for count in (300, 1_000, 3_000):
        begun = time.monotonic()
        make(peer, f"many{count}", count - made)
        in_sync(peer, f"many{count}", 3)
        found[f"make_{count}"] = time.monotonic() - begun
        made = count
    time.sleep(SETTLE_SECONDS)
    before, begun = peer.cpu(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    found["idle_cpu_3000"] = 100 * (peer.cpu() - before) / (time.monotonic() - begun)
    found["memory_3000"] = peer.pss() / 1e6
    pid, lost = peer.member(AWAY), AWAY + 1
    os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()
    names = [f"many{count}" for count in (300, 1_000, 3_000)]
    until(lambda: all(p.leader not in (-1, lost) for n in names for p in states(peer, n, lost)))
    found["fail_over_3000"] = time.monotonic() - begun
    return found


PARTS: dict[str, Callable[[Three, int], dict[str, float]]] = {
    "start": start, "produce": produce, "latency": latency, "pauses": pauses,
    "bare-pauses": bare_pauses, "catch-up": catch_up, "partitions": partitions,
}  # fmt: skip


# -- what they share ------------------------------------------------------------------------------


def make(peer: Three, topic: str, partitions: int) -> None:
    """Create a topic with three replicas."""
    admin = AdminClient({**QUIET, "bootstrap.servers": peer.bootstrap})
    wish = NewTopic(topic, partitions, 3)
    for future in admin.create_topics([wish], operation_timeout=60, request_timeout=60).values():
        future.result(timeout=90)


def states(peer: Three, topic: str, without: int = -1) -> list[object]:
    """A topic's partitions as a broker knows them; not the one of id `without`."""
    ports = [port for i, port in enumerate(peer.ports()) if i + 1 != without]
    admin = AdminClient(
        {**QUIET, "bootstrap.servers": ",".join(f"127.0.0.1:{port}" for port in ports)}
    )
    return list(admin.list_topics(topic, timeout=60).topics[topic].partitions.values())


def in_sync(peer: Three, topic: str, count: int) -> None:
    """Wait until so many replicas of every partition are."""
    without = -1 if count == 3 else AWAY + 1
    until(lambda: all(len(p.isrs) == count for p in states(peer, topic, without)))


def until(done: Callable[[], bool], patience_s: float = 120) -> None:
    """Wait for what comes by itself."""
    deadline = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come")
        time.sleep(0.05)


def pause(peer: Three, trouble: Callable[[], None]) -> float:
    """The longest gap between acknowledgements while that happens."""
    producer = Producer(
        {**QUIET, "bootstrap.servers": peer.bootstrap, "acks": "all", "linger.ms": 0,
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
    trouble()
    time.sleep(PAUSE_SECONDS)
    over = True
    thread.join()
    return worst


def bare_pause(peer: Three, topic: str, trouble: Callable[[], None]) -> float:
    """The longest gap between records that were taken, by a blocking connection to each broker."""
    frame, code_at = frames.produce_frame(topic, b"x" * 100), frames.produce_code_at(topic)
    held: dict[int, frames.Connection] = {}
    worst, last, over = 0.0, time.monotonic(), False

    def taken(port: int) -> bool:
        try:
            if port not in held:
                held[port] = frames.Connection(port)
                held[port].socket.settimeout(2)
            return held[port].produce(frame, code_at) == 0
        except OSError:
            held.pop(port, None)
            return False

    def send() -> None:
        nonlocal worst, last
        port = peer.ports()[0]
        while not over:
            if taken(port):
                now = time.monotonic()
                worst, last = max(worst, now - last), now
                time.sleep(0.001)
            else:
                port = peer.ports()[(peer.ports().index(port) + 1) % 3]
                time.sleep(0.002)

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(2)
    worst = 0.0
    trouble()
    time.sleep(PAUSE_SECONDS)
    over = True
    thread.join()
    for connection in held.values():
        connection.close()
    return worst


# -- one zone that holds much ---------------------------------------------------------------------


class OneZone(Msklite):
    """A zone on a folder that may have a past. Groups needn't wait for more members to come."""

    def command(self) -> list[str]:
        return [*super().command(), "-c", "group.initial.rebalance.delay.ms=0"]

    def wait(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.002)
        raise TimeoutError("nobody listens")

    def again(self) -> float:
        """Stop and start; seconds until it listens."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(60)
        begun = time.monotonic()
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment(),
        )  # fmt: skip
        self.wait(begun + 60)
        return time.monotonic() - begun


def crowd(peer: OneZone) -> dict[str, float]:
    """2,000 partitions, 1,000 connections and 200 groups, a quarter and a half of that first."""
    found: dict[str, float] = {}
    held: list[socket.socket] = []
    groups: list[Consumer] = []
    made = 0
    admin = AdminClient({**QUIET, "bootstrap.servers": peer.bootstrap})
    admin.create_topics([NewTopic("grouped", 1, 1)])["grouped"].result(timeout=60)
    for share in (4, 2, 1):
        count = 2_000 // share
        name = f"part{count}"
        admin.create_topics([NewTopic(name, count - made, 1)])[name].result(timeout=60)
        producer = Producer({**QUIET, "bootstrap.servers": peer.bootstrap})
        for p in range(count - made):
            producer.produce(name, b"x" * 100, partition=p)
        if producer.flush(60):
            raise RuntimeError("not all records were acknowledged")
        made = count
        found[f"crowd_start_{share}"] = peer.again()
        for sock in held:
            sock.close()
        held = [socket.create_connection(("127.0.0.1", peer.port)) for _ in range(1_000 // share)]
        _join(peer, groups, 200 // share)
        time.sleep(SETTLE_SECONDS)
        found[f"crowd_memory_{share}"] = procs.memory_bytes(peer.pid) / 1e6
        before, begun = peer.cpu(), time.monotonic()
        time.sleep(IDLE_SECONDS)
        found[f"crowd_idle_{share}"] = 100 * (peer.cpu() - before) / (time.monotonic() - begun)
        # A topic of its own, that no group reads and that holds nothing of the rounds before.
        paced = f"paced{count}"
        admin.create_topics([NewTopic(paced, 1, 1)])[paced].result(timeout=60)
        took = loads.end_to_end(peer, paced, 3_000, 1_000)[1_000:]
        found[f"crowd_p50_{share}"] = loads.percentile(took, 0.5) * 1e3
    for sock in held:
        sock.close()
    for consumer in groups:
        consumer.close()
    return found


def _join(peer: OneZone, groups: list[Consumer], count: int) -> None:
    """Groups of one member each, until there are so many; all have joined and committed."""
    while len(groups) < count:
        consumer = Consumer(
            {**QUIET, "bootstrap.servers": peer.bootstrap, "group.id": f"g{len(groups)}",
             "session.timeout.ms": 45_000, "enable.auto.commit": False}
        )  # fmt: skip
        consumer.subscribe(["grouped"])
        groups.append(consumer)
    waiting, deadline = list(groups), time.monotonic() + JOIN_SECONDS
    while waiting:
        for consumer in waiting:
            consumer.poll(0.01)
        waiting = [consumer for consumer in waiting if not consumer.assignment()]
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(waiting)} groups got nothing")
    for consumer in groups:
        _commit(consumer, deadline)


def _commit(consumer: Consumer, deadline: float) -> None:
    """Commit, once the client has found its coordinator again: the zone was just restarted."""
    while True:
        try:
            consumer.commit(offsets=[TopicPartition("grouped", 0, 0)], asynchronous=False)
            return
        except KafkaException as error:
            if error.args[0].code() not in _LATER or time.monotonic() > deadline:
                raise
        consumer.poll(0.05)
