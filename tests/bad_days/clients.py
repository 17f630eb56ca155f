"""What the tests of bad days ask of an ordinary client."""

from __future__ import annotations

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def write(bootstrap: str, topic: str, partition: int, values: list[bytes]) -> None:
    """Produce, and see every record acknowledged."""
    failed: list[object] = []
    producer = Producer({
        "bootstrap.servers": bootstrap, "linger.ms": 2, "batch.num.messages": 5, "log_level": 0,
    })  # fmt: skip
    for value in values:
        producer.produce(
            topic, value, partition=partition,
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )  # fmt: skip
    assert producer.flush(60) == 0
    assert not failed, failed[0]


def read(bootstrap: str, topic: str, partition: int, count: int) -> list[bytes]:
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "r", "enable.auto.commit": False,
        "log_level": 0,
    })  # fmt: skip
    consumer.assign([TopicPartition(topic, partition, 0)])
    found = []
    while len(found) < count:
        batch = consumer.consume(count, timeout=30)
        assert batch, f"only {len(found)} of {count} came"
        for message in batch:
            assert message.error() is None, message.error()
            found.append(message.value())
    consumer.close()
    return found


def make(bootstrap: str, *topics: NewTopic) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    for future in admin.create_topics(list(topics)).values():
        future.result(timeout=30)
