"""Real clients over TLS: they trust the cluster's authority and nothing else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka.admin import AdminClient
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from msklite.testing import LocalCluster
from tests.clients import programs
from tests.clients.test_console import TOOLS, TOPICS, Console
from tests.support.jvm import require_jvm

PATIENCE_S = 60
LARGE = bytes(range(256)) * 1200
"""Above what goes by sendfile in plain text, and in many TLS records."""
VALUES = [b"one", LARGE, b"", *(b"%d" % i * 50 for i in range(400))]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(azs=3, tls=True) as made:
        admin = KafkaAdminClient(**kafka_python(made))
        admin.create_topics([NewTopic(f"t-{n}", 1, 3) for n in ("kp", "aio", "rd", "java")])
        admin.close()
        yield made
    programs.stop_all()


def kafka_python(cluster: LocalCluster) -> dict[str, str]:
    return {
        "bootstrap_servers": cluster.bootstrap_servers,
        "security_protocol": "SSL",
        "ssl_cafile": cluster.ca_file,
    }


def librdkafka(cluster: LocalCluster) -> dict[str, str]:
    return {
        "bootstrap.servers": cluster.bootstrap_servers,
        "security.protocol": "SSL",
        "ssl.ca.location": cluster.ca_file,
    }


def test_kafka_python(cluster: LocalCluster) -> None:
    producer = KafkaProducer(**kafka_python(cluster), acks="all")
    for value in VALUES:
        producer.send("t-kp", value)
    producer.flush(PATIENCE_S)
    producer.close()
    consumer = KafkaConsumer(
        "t-kp", **kafka_python(cluster), group_id="kp", auto_offset_reset="earliest",
        consumer_timeout_ms=PATIENCE_S * 1000,
    )  # fmt: skip
    assert [next(consumer).value for _ in VALUES] == VALUES
    consumer.commit()
    assert consumer.committed(TopicPartition("t-kp", 0)) == len(VALUES)
    consumer.close()


def test_aiokafka(cluster: LocalCluster) -> None:
    context = ssl.create_default_context(cafile=cluster.ca_file)
    settings = {
        "bootstrap_servers": cluster.bootstrap_servers,
        "security_protocol": "SSL",
        "ssl_context": context,
    }

    async def there_and_back() -> list[bytes | None]:
        async with AIOKafkaProducer(**settings, acks="all") as producer:
            for value in VALUES:
                await producer.send("t-aio", value)
        async with AIOKafkaConsumer(
            "t-aio", **settings, group_id="aio", auto_offset_reset="earliest"
        ) as consumer:
            return [(await consumer.getone()).value for _ in VALUES]

    assert asyncio.run(asyncio.wait_for(there_and_back(), PATIENCE_S)) == VALUES


def test_librdkafka(cluster: LocalCluster) -> None:
    producer = confluent_kafka.Producer({**librdkafka(cluster), "enable.idempotence": True})
    for value in VALUES:
        producer.produce("t-rd", value)
        producer.poll(0)
    assert producer.flush(PATIENCE_S) == 0
    consumer = confluent_kafka.Consumer(
        {**librdkafka(cluster), "group.id": "rd", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(["t-rd"])
    got: list[bytes] = []
    while len(got) < len(VALUES):
        message = consumer.poll(PATIENCE_S)
        assert message is not None and message.error() is None
        got.append(message.value() or b"")
    consumer.close()
    assert got == VALUES


def test_every_address_that_clients_are_told_is_of_tls(cluster: LocalCluster) -> None:
    told = AdminClient(librdkafka(cluster)).list_topics(timeout=PATIENCE_S).brokers.values()
    assert {f"{b.host}:{b.port}" for b in told} == set(cluster.bootstrap_servers.split(","))


@pytest.mark.jvm
def test_java(cluster: LocalCluster, tmp_path: Path) -> None:
    """Kafka's own tools with the Java trust store, names checked as they do by default."""
    require_jvm()
    settings = tmp_path / "client.properties"
    settings.write_text(
        f"security.protocol=SSL\nssl.truststore.location={cluster.truststore_file}\n"
        "ssl.truststore.type=PKCS12\nssl.truststore.password=changeit\n"
    )
    console = Console(cluster.bootstrap_servers)
    told = console(TOPICS, "--describe", "--topic", "t-java", "--command-config", str(settings))
    assert "ReplicationFactor: 3" in told
    console(
        TOOLS + "ConsoleProducer", "--topic", "t-java", "--command-config", str(settings),
        stdin="one\ntwo\n",
    )  # fmt: skip
    lines = console(
        TOOLS + "consumer.ConsoleConsumer", "--topic", "t-java", "--from-beginning",
        "--max-messages", "2", "--timeout-ms", "60000", "--command-config", str(settings),
    ).splitlines()  # fmt: skip
    assert [line for line in lines if not line.startswith("Processed")] == ["one", "two"]
