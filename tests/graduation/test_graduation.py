"""Whoever outgrows msklite starts Apache Kafka 4.2 on the same directories, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from msklite.raft import snapshot as snapshots
from msklite.testing import LocalCluster
from msklite.world import Storage
from msklite.zone import ports
from msklite.zone import spec as specs
from tests.graduation import clusters
from tests.support.jvm import ApacheKafka, require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

BROKER = {"log.retention.ms": "77777777", "message.max.bytes": "1234567"}
ALL_BROKERS = {"log.cleaner.threads": "2"}
OFTEN = {"metadata.log.max.record.bytes.between.snapshots": "3000"}


def settings(bootstrap: str) -> dict[str, dict[str, str]]:
    """What was set by hand, and what must come back."""
    topic = clusters.configs(bootstrap, "topic", "small.segments")
    broker = clusters.configs(bootstrap, "broker", "1")
    names = [*BROKER, *ALL_BROKERS]
    return {
        "topic": {k: topic[k] for k in clusters.SMALL},
        "broker": {k: broker[k] for k in names},
    }


def checkpoints(storage: Storage, spec: specs.ZoneSpec) -> int:
    """How far the newest checkpoint of the metadata log reaches."""
    return snapshots.find(storage, f"{spec.controller_dir()}/__cluster_metadata-0")[-1].offset


@pytest.mark.parametrize("often", [False, True], ids=["from the log", "from checkpoints"])
def test_there_and_back(tmp_path: Path, often: bool) -> None:
    """Topics, records, committed offsets and settings survive both changes, and both may add."""
    require_jvm()
    config = {"offsets.topic.num.partitions": "50", **(OFTEN if often else {})}
    cluster = LocalCluster(data_dir=str(tmp_path), config=config)
    ids: list[int] = []
    with cluster:
        bootstrap, spec = cluster.bootstrap_servers, cluster.spec
        clusters.create(bootstrap, {**clusters.TOPICS, "dropped-by-kafka": 2})
        clusters.set_configs(bootstrap, {"1": BROKER, "": ALL_BROKERS})
        clusters.write(bootstrap, 0, 500)
        clusters.commit(bootstrap, 17)
        before, wanted = clusters.everything(bootstrap), settings(bootstrap)
        ids.append(clusters.producer_id(bootstrap))
    assert wanted == {"topic": clusters.SMALL, "broker": {**BROKER, **ALL_BROKERS}}
    bytes_before = clusters.segments(spec)
    reach = [checkpoints(_disk(), spec)]
    with clusters.kafka_on(spec, properties=OFTEN if often else {}) as kafka:
        try:
            _with_kafka(kafka, before, wanted, ids)
            with_kafka = clusters.everything(kafka.bootstrap)
        except BaseException:
            print(kafka.output())
            raise
    assert sum(map(len, with_kafka.values())) == 3 * 800
    bytes_after = clusters.segments(spec)
    for name, content in bytes_before.items():
        if name in bytes_after:  # old metadata segments go once a checkpoint has their records
            assert bytes_after[name].startswith(content), name
        else:
            assert often and "__cluster_metadata" in name, name
    reach.append(checkpoints(_disk(), spec))
    assert (0 < reach[0] < reach[1]) if often else reach == [0, 0]
    with cluster:
        bootstrap = cluster.bootstrap_servers
        assert clusters.everything(bootstrap) == with_kafka
        assert clusters.committed(bootstrap) == [(40, "at 40")] * 4
        assert settings(bootstrap) == wanted
        clusters.write(bootstrap, 800, 10)
        assert sum(map(len, clusters.everything(bootstrap).values())) == 3 * 810
        assert {*clusters.TOPICS, "made-by-kafka"} <= clusters.topic_names(bootstrap)
        assert "dropped-by-kafka" not in clusters.topic_names(bootstrap)
        ids.append(clusters.producer_id(bootstrap))
    assert ids == sorted(set(ids)), "a producer id was given twice"
    with clusters.kafka_on(spec) as kafka:
        assert sum(map(len, clusters.everything(kafka.bootstrap).values())) == 3 * 810


def _with_kafka(
    kafka: ApacheKafka,
    before: dict[str, list[clusters.Row]],
    wanted: dict[str, dict[str, str]],
    ids: list[int],
) -> None:
    """What must be there, and what Apache Kafka adds."""
    bootstrap = kafka.bootstrap
    assert clusters.everything(bootstrap) == before
    assert clusters.committed(bootstrap) == [(17, "at 17")] * 4
    assert settings(bootstrap) == wanted
    clusters.write(bootstrap, 500, 300)
    clusters.commit(bootstrap, 40)
    clusters.create(bootstrap, {"made-by-kafka": 3})
    clusters.drop(bootstrap, "dropped-by-kafka")
    ids.append(clusters.producer_id(bootstrap))


def _disk() -> Storage:
    from msklite.log.storage import DiskStorage

    return DiskStorage()


def test_back_from_a_killed_kafka(tmp_path: Path) -> None:
    """Apache Kafka was killed: its indexes are 10 MB of zeros, nothing was flushed or closed."""
    require_jvm()
    cluster = LocalCluster(data_dir=str(tmp_path), config={"offsets.topic.num.partitions": "50"})
    with cluster:
        clusters.create(cluster.bootstrap_servers, clusters.TOPICS)
        clusters.write(cluster.bootstrap_servers, 0, 50)
        spec = cluster.spec
    with clusters.kafka_on(spec) as kafka:
        clusters.write(kafka.bootstrap, 50, 50)
        clusters.commit(kafka.bootstrap, 7)
        with_kafka = clusters.everything(kafka.bootstrap)
        kafka.kill()
    with cluster:
        assert clusters.everything(cluster.bootstrap_servers) == with_kafka
        assert clusters.committed(cluster.bootstrap_servers) == [(7, "at 7")] * 4
        clusters.write(cluster.bootstrap_servers, 100, 10)


def test_kafka_after_a_killed_msklite(tmp_path: Path) -> None:
    """The other way round: what a killed msklite leaves, Apache Kafka recovers."""
    require_jvm()
    cluster = LocalCluster(data_dir=str(tmp_path), config={"offsets.topic.num.partitions": "50"})
    with cluster:
        bootstrap, spec = cluster.bootstrap_servers, cluster.spec
        clusters.create(bootstrap, clusters.TOPICS)
        clusters.write(bootstrap, 0, 50)
        clusters.commit(bootstrap, 7)
        before = clusters.everything(bootstrap)
        cluster.crash()
    with clusters.kafka_on(spec) as kafka:
        assert clusters.everything(kafka.bootstrap) == before
        assert clusters.committed(kafka.bootstrap) == [(7, "at 7")] * 4
        clusters.write(kafka.bootstrap, 50, 10)


def test_a_cluster_that_kafka_made(tmp_path: Path) -> None:
    """Formatted by kafka-storage, with every feature of 4.2 at its newest level."""
    require_jvm()
    spec = specs.ZoneSpec(name="local", directory=specs.zone_directory(tmp_path), cluster_id="")
    ports.choose(spec)
    with clusters.kafka_on(spec, format=True) as kafka:
        spec.cluster_id = kafka.cluster_id
        clusters.create(kafka.bootstrap, clusters.TOPICS)
        clusters.write(kafka.bootstrap, 0, 50)
        clusters.commit(kafka.bootstrap, 7)
        before = clusters.everything(kafka.bootstrap)
    specs.save(spec, tmp_path)
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        bootstrap = cluster.bootstrap_servers
        assert clusters.everything(bootstrap) == before
        assert clusters.committed(bootstrap) == [(7, "at 7")] * 4
        clusters.write(bootstrap, 50, 10)
        with_us = clusters.everything(bootstrap)
    with clusters.kafka_on(spec) as kafka:
        assert clusters.everything(kafka.bootstrap) == with_us
