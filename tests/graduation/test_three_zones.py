"""Three zones are changed for three controllers and three brokers of Apache Kafka 4.2, and back."""

from __future__ import annotations

import pytest

from msklite.zone import spec as specs
from msklite.zone.spec import ZoneSpec
from tests.cli.runner import Msklite
from tests.graduation import clusters
from tests.support.kafka_zones import KafkaZones

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

ONE_BROKER = {"log.retention.ms": "77777777", "message.max.bytes": "1234567"}
ALL_BROKERS = {"log.cleaner.threads": "2"}
PARTITIONS = ("-c", "offsets.topic.num.partitions=10")


def up(zones: Msklite, *options: object) -> ZoneSpec:
    zones.ok("up", "-d", "--azs", 3, *PARTITIONS, *options)
    return specs.load(zones.home / "clusters" / "default")


def settings(bootstrap: str) -> dict[str, dict[str, str]]:
    """What was set by hand, and what must come back."""
    topic = clusters.configs(bootstrap, "topic", "small.segments")
    broker = clusters.configs(bootstrap, "broker", "1")
    return {
        "topic": {k: topic[k] for k in clusters.SMALL},
        "broker": {k: broker[k] for k in (*ONE_BROKER, *ALL_BROKERS)},
    }


METADATA = "__cluster_metadata-0"
"""May differ at its end: nodes stop side by side, and the last one writes what nobody fetches."""


def different(spec: ZoneSpec) -> list[str]:
    """The partitions whose replicas aren't the same bytes."""
    return [name for name, found in clusters.replicas(spec).items() if len(found) != 1]


def test_there_and_back(zones: Msklite) -> None:
    """Topics, records, committed offsets and settings survive both changes, and both may add."""
    spec = up(zones)
    at = spec.bootstrap
    clusters.create(at, {**clusters.TOPICS, "dropped-by-kafka": 2}, replicas=3)
    clusters.set_configs(at, {"1": ONE_BROKER, "": ALL_BROKERS})
    clusters.until_in_sync(at, 3)
    clusters.write(at, 0, 500)
    clusters.commit(at, 17)
    before, wanted = clusters.everything(at), settings(at)
    ids = [clusters.producer_id(at)]
    assert wanted == {"topic": clusters.SMALL, "broker": {**ONE_BROKER, **ALL_BROKERS}}
    # Brokers that are processes leave copies of the metadata log, which Kafka's go on in.
    zones.ok("down")
    up(zones, "--process-per", "broker")
    assert clusters.everything(at) == before
    clusters.until_in_sync(at, 3)
    zones.ok("down")
    assert {*different(spec)} <= {METADATA}

    with KafkaZones(spec) as kafka:
        try:
            assert clusters.everything(at) == before
            assert clusters.committed(at) == [(17, "at 17")] * 4
            assert settings(at) == wanted
            clusters.until_in_sync(at, 3)
            clusters.write(at, 500, 300)
            clusters.commit(at, 40)
            clusters.create(at, {"made-by-kafka": 3}, replicas=3)
            clusters.drop(at, "dropped-by-kafka")
            ids.append(clusters.producer_id(at))
            with_kafka = clusters.everything(at)
            clusters.until_in_sync(at, 3)
        except BaseException:
            print(kafka.output())
            raise
    assert sum(map(len, with_kafka.values())) == 3 * 800
    assert {*different(spec)} <= {METADATA}

    assert up(zones).cluster_id == spec.cluster_id  # and ours in the copies that Kafka has written
    assert clusters.everything(at) == with_kafka
    assert clusters.committed(at) == [(40, "at 40")] * 4
    assert settings(at) == wanted
    clusters.until_in_sync(at, 3)
    clusters.write(at, 800, 10)
    assert sum(map(len, clusters.everything(at).values())) == 3 * 810
    assert {*clusters.TOPICS, "made-by-kafka"} <= clusters.topic_names(at)
    assert "dropped-by-kafka" not in clusters.topic_names(at)
    ids.append(clusters.producer_id(at))
    assert ids == sorted(set(ids)), "a producer id was given twice"
    zones.ok("zone", "kill", "az1")  # they are three zones like any others
    assert sum(map(len, clusters.everything(at).values())) == 3 * 810
