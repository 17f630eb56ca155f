"""An example of a test with a real Kafka of its own: no container, no JVM, no mocks.

pytest examples/test_orders.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from kafka import KafkaConsumer, KafkaProducer

from msklite.testing import LocalCluster


@pytest.fixture(scope="module")
def kafka() -> Iterator[LocalCluster]:
    """One cluster for all tests here; topics make themselves on first use."""
    with LocalCluster(storage="memory") as cluster:
        yield cluster


def total_by_customer(bootstrap: str, topic: str, count: int) -> dict[str, int]:
    """The code under test: an ordinary consumer."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id="totals",
        auto_offset_reset="earliest",
        consumer_timeout_ms=10_000,
    )
    totals: dict[str, int] = {}
    for record in consumer:
        customer = record.key.decode()
        totals[customer] = totals.get(customer, 0) + json.loads(record.value)["amount"]
        count -= 1
        if count == 0:
            break
    consumer.close()
    return totals


def test_orders_are_added_up(kafka: LocalCluster) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    for customer, amount in [("ann", 3), ("bob", 5), ("ann", 4)]:
        order = json.dumps({"amount": amount}).encode()
        producer.send("orders", order, key=customer.encode())
    producer.flush()
    producer.close()

    assert total_by_customer(kafka.bootstrap_servers, "orders", 3) == {"ann": 7, "bob": 5}
