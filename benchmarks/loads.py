"""The loads: real clients, and a raw socket where a client would cost more than the broker.

Each takes a running peer and gives plain figures; who measures the broker's CPU does so around it.
"""

from __future__ import annotations

import re
import struct
import subprocess
import threading
import time
from typing import Any

from benchmarks import frames
from benchmarks.peers import Peer
from tests.support import jvm

_PERF = re.compile(r"([\d.]+) records/sec")
_TIME = struct.Struct("<q")


def producer_perf(peer: Peer, topic: str, records: int, size: int) -> float:
    """Kafka's own producer-perf tool with acks=all; records a second as it tells them."""
    done = subprocess.run(
        [
            "java", "-Xmx512M", "-cp", f"{jvm.kafka_libs()}/*",
            f"-Dlog4j2.configurationFile={jvm.log4j_config()}",
            "org.apache.kafka.tools.ProducerPerformance", "--topic", topic,
            "--num-records", str(records), "--record-size", str(size), "--throughput", "-1",
            "--bootstrap-server", peer.bootstrap, "--command-property", "acks=all",
            *(f"{key}={value}" for key, value in peer.java_security.items()),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = _PERF.findall(done.stdout)
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or not last.startswith(f"{records} records sent") or not found:
        raise RuntimeError(f"producer-perf failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return float(found[-1])


def read_back(peer: Peer, topic: str, records: int) -> float:
    """Read partition 0 from its start with librdkafka; seconds."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({**_client(peer), "group.id": "bench", "enable.auto.commit": False})
    begun = time.monotonic()
    consumer.assign([TopicPartition(topic, 0, 0)])
    left, deadline = records, begun + 300
    while left > 0:
        got = consumer.consume(min(left, 10_000), timeout=1)
        for message in got:
            if message.error():
                raise RuntimeError(message.error().str())
        left -= len(got)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{left} of {records} records of {topic} didn't come")
    took = time.monotonic() - begun
    consumer.close()
    return took


def one_in_flight(connection: frames.Connection, topic: str, requests: int) -> list[float]:
    """One 100-byte record a request, each sent when the last is answered; seconds of each."""
    frame, code_at = frames.produce_frame(topic, b"x" * 100), frames.produce_code_at(topic)
    took = []
    clock = time.perf_counter
    for _ in range(requests):
        begun = clock()
        code = connection.produce(frame, code_at)
        took.append(clock() - begun)
        if code:
            raise RuntimeError(f"error code {code}")
    return took


def end_to_end(peer: Peer, topic: str, records: int, rate: int) -> list[float]:
    """librdkafka to librdkafka at a fixed rate without linger: seconds from send to receipt."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    base = {**_client(peer), "socket.nagle.disable": True}
    producer = Producer({**base, "linger.ms": 0, "acks": "all"})
    consumer = Consumer({**base, "group.id": "bench", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    took: list[float] = []

    def receive() -> None:
        deadline = time.monotonic() + records / rate + 30
        while len(took) < records and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and not message.error():
                took.append((time.monotonic_ns() - _TIME.unpack_from(message.value())[0]) / 1e9)

    reader = threading.Thread(target=receive)
    reader.start()
    begun = time.monotonic()
    for i in range(records):
        pause = begun + i / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        producer.produce(topic, _TIME.pack(time.monotonic_ns()) + b"x" * 92, partition=0)
        producer.poll(0)
    producer.flush(30)
    reader.join()
    consumer.close()
    if len(took) != records:
        raise RuntimeError(f"{len(took)} of {records} records came")
    return took


def _client(peer: Peer) -> dict[str, Any]:
    """librdkafka's settings; its telemetry, which only Kafka takes, would count against Kafka."""
    return {
        "bootstrap.servers": peer.bootstrap, "enable.metrics.push": False, **peer.security,
    }  # fmt: skip


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
