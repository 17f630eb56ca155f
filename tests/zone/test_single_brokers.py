"""Single brokers of a zone that runs: a start that fails leaves nothing behind."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from msklite.broker.replicas import Replicas
from msklite.errors import Code, KafkaError, UserError
from msklite.log.directories import CLEAN_SHUTDOWN
from msklite.testing import LocalCluster


@pytest.fixture
def cluster(tmp_path: Path) -> LocalCluster:
    return LocalCluster(brokers=2, data_dir=str(tmp_path))


def _start(cluster: LocalCluster, broker: int) -> None:
    cluster._run(cluster.zone().start_broker(broker))


def test_a_broker_whose_port_is_taken_can_be_started_later(cluster: LocalCluster) -> None:
    with cluster:
        zone = cluster.zone()
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap)
        producer.send("t", b"kept").get(timeout=30)
        producer.close()
        cluster._run(zone.stop_broker(2))
        clean = Path(cluster.spec.broker_dir(2)) / CLEAN_SHUTDOWN
        assert clean.exists()
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", cluster.spec.ports[2]))
            other.listen()
            for _ in range(2):  # the second finds the directory free, not locked by the first
                with pytest.raises(UserError, match="broker 2 can't listen on"):
                    _start(cluster, 2)
        assert clean.exists(), "a start that was refused must change nothing"
        assert sorted(zone.brokers) == [1]
        _start(cluster, 2)
        assert sorted(zone.brokers) == [1, 2]
        consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest")
        consumer.assign([TopicPartition("t", 0)])
        assert next(consumer).value == b"kept"
        consumer.close()


def test_a_broker_that_fails_after_it_listens_gives_port_and_directory_back(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = Replicas.open

    async def broken(self: Replicas, image: object, *, clean: bool) -> None:
        raise KafkaError(Code.UNKNOWN_SERVER_ERROR, "planted")

    with cluster:
        zone = cluster.zone()
        cluster._run(zone.stop_broker(2))
        monkeypatch.setattr(Replicas, "open", broken)
        with pytest.raises(KafkaError, match="planted"):
            _start(cluster, 2)
        assert sorted(zone.brokers) == [1]
        monkeypatch.setattr(Replicas, "open", opening)
        _start(cluster, 2)
        assert sorted(zone.brokers) == [1, 2]
