"""Stream three real data sets through topics with three clients, and compare byte for byte.

    python examples/stream_datasets.py HOST:PORT           write, read back, compare
    python examples/stream_datasets.py HOST:PORT --again   only read back and compare

The data are those that the PyPI package vega_datasets ships. Each file is cut into lines, every
line with its newline is one record, and each client reads back what another one wrote, so the
three agree on the bytes: kafka-python -> aiokafka -> confluent-kafka -> kafka-python. All three
producers are idempotent: a cluster that dies and comes back while they write gets each line once.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import vega_datasets

DATA = Path(vega_datasets.__file__).parent / "_data"


def records(path: Path) -> list[bytes]:
    """The file in lines, newlines kept: joined again they are the file."""
    return path.read_bytes().splitlines(keepends=True)


def write_with_kafka_python(bootstrap: str, topic: str, lines: Iterable[bytes]) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5)
    sent = [producer.send(topic, line, partition=0) for line in lines]
    producer.flush()
    for future in sent:
        future.get(timeout=30)
    producer.close()


def read_with_kafka_python(bootstrap: str, topic: str) -> bytes:
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    lines: list[bytes] = []
    while consumer.position(partition) < end:
        for batch in consumer.poll(timeout_ms=1000).values():
            lines += [record.value for record in batch]
    consumer.close()
    return b"".join(lines)


def write_with_aiokafka(bootstrap: str, topic: str, lines: Iterable[bytes]) -> None:
    from aiokafka import AIOKafkaProducer

    async def write() -> None:
        async with AIOKafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5
        ) as producer:
            sent = [await producer.send(topic, line, partition=0) for line in lines]
            await asyncio.gather(*sent)

    asyncio.run(write())


def read_with_aiokafka(bootstrap: str, topic: str) -> bytes:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    async def read() -> bytes:
        partition = TopicPartition(topic, 0)
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            end = (await consumer.end_offsets([partition]))[partition]
            lines: list[bytes] = []
            while await consumer.position(partition) < end:
                for batch in (await consumer.getmany(timeout_ms=1000)).values():
                    lines += [record.value for record in batch]
            return b"".join(lines)

    return asyncio.run(read())


def write_with_confluent_kafka(bootstrap: str, topic: str, lines: Iterable[bytes]) -> None:
    from confluent_kafka import Producer

    errors: list[object] = []
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})

    def delivered(error: object, message: object) -> None:
        if error is not None:
            errors.append(error)

    for line in lines:
        producer.produce(topic, line, partition=0, on_delivery=delivered)
        producer.poll(0)
    producer.flush()
    if errors:
        raise RuntimeError(f"{len(errors)} records failed, first: {errors[0]}")


def read_with_confluent_kafka(bootstrap: str, topic: str) -> bytes:
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "examples", "enable.auto.commit": False}
    )
    partition = TopicPartition(topic, 0, OFFSET_BEGINNING)
    _, end = consumer.get_watermark_offsets(partition, timeout=30)
    consumer.assign([partition])
    lines: list[bytes] = []
    next_offset = 0
    while next_offset < end:
        for message in consumer.consume(1000, timeout=1):
            if message.error() is not None:
                raise RuntimeError(message.error().str())
            lines.append(message.value())
            next_offset = message.offset() + 1
    consumer.close()
    return b"".join(lines)


Write = Callable[[str, str, Iterable[bytes]], None]
Read = Callable[[str, str], bytes]
STREAMS: tuple[tuple[str, str, Write, str, Read], ...] = (
    ("cars.json", "kafka-python", write_with_kafka_python, "aiokafka", read_with_aiokafka),
    ("airports.csv", "aiokafka", write_with_aiokafka, "confluent-kafka", read_with_confluent_kafka),
    ("seattle-weather.csv", "confluent-kafka", write_with_confluent_kafka, "kafka-python",
     read_with_kafka_python),
)  # fmt: skip
"""Data set, who writes it, who reads it."""


def fresh_topic(bootstrap: str, topic: str) -> None:
    """An empty topic of one partition, so that the lines keep their order."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    if topic in admin.list_topics():
        admin.delete_topics([topic])
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": -1}})
    admin.close()


def main(bootstrap: str, again: bool) -> int:
    """Stream every data set; 0 when all came back as they were."""
    failed = 0
    for name, writer, write, reader, read in STREAMS:
        path = DATA / name
        topic = f"example-{path.stem}"
        begun = time.perf_counter()
        if not again:
            fresh_topic(bootstrap, topic)
            write(bootstrap, topic, records(path))
        back = read(bootstrap, topic)
        same = back == path.read_bytes()
        failed += not same
        print(
            f"{name:20} {len(back):>7} bytes  {'' if again else writer:>15} -> {reader:16}"
            f" sha256 {hashlib.sha256(back).hexdigest()[:12]}"
            f"  {'same bytes' if same else 'DIFFERENT'}  {time.perf_counter() - begun:.2f} s"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--again"]):
        sys.exit("usage: python examples/stream_datasets.py HOST:PORT [--again]")
    sys.exit(main(sys.argv[1], "--again" in sys.argv))
