"""A mixed cluster: a broker of Apache Kafka 4.2 among three zones, as one like any other.

It registers with our controllers and follows their metadata log, takes replicas by reassignment,
follows and leads, coordinates a group, leaves by a controlled shutdown, comes back, is killed, and
goes for good.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaConnectionError

from msklite.wire.messages.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from msklite.wire.messages.elect_leaders_request import ElectLeadersRequest, TopicPartitions
from msklite.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from msklite.zone import spec as specs
from tests.cli.runner import Msklite
from tests.graduation import clusters
from tests.support.jvm import Node
from tests.support.kafka_zones import broker_properties
from tests.support.ports import free_ports

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

JOINED = 4
PLACED = {
    "plain": [[JOINED, 2, 3]],
    "wide": [[1, JOINED, 3], [JOINED, 1, 2], [2, 3, JOINED], [3, JOINED, 1]],
    "__consumer_offsets": [[JOINED, 1, 2], [JOINED, 2, 3]],
}
"""Where the partitions are moved: it leads one, follows in others; every commit goes through it."""
HOME = {"plain": [[1, 2, 3]], "wide": [[1, 2, 3]] * 4, "__consumer_offsets": [[1, 2, 3]] * 2}
Isrs = dict[tuple[str, int], tuple[int, list[int], list[int]]]


def partitions(bootstrap: str) -> Isrs:
    """Leader, replicas and in-sync set of every partition."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    found = {
        (t["name"], p["partition_index"]): (p["leader_id"], p["replica_nodes"], p["isr_nodes"])
        for t in admin.describe_topics()
        for p in t["partitions"]
    }
    admin.close()
    return found


def until(bootstrap: str, what: Callable[[Isrs], bool]) -> Isrs:
    deadline = time.monotonic() + 60
    while True:
        found: Isrs = {}
        # The client may ask a broker that was killed just now, and gives up at once.
        with contextlib.suppress(KafkaConnectionError):
            found = partitions(bootstrap)
        if found and what(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def move(bootstrap: str, placed: dict[str, list[list[int]]]) -> None:
    """Reassign, wait until it is done, and let the first replicas lead."""
    topics = [
        ReassignableTopic(
            name=name,
            partitions=[
                ReassignablePartition(partition_index=p, replicas=replicas)
                for p, replicas in enumerate(rows)
            ],
        )
        for name, rows in placed.items()
    ]
    request = AlterPartitionReassignmentsRequest(timeout_ms=60_000, topics=topics)
    clusters.ask(bootstrap, request, 1, lambda r: r.error_code == 0)
    wanted = {(t, p): row for t, rows in placed.items() for p, row in enumerate(rows)}
    until(
        bootstrap,
        lambda found: all(
            found[key][1] == row and sorted(found[key][2]) == sorted(row)
            for key, row in wanted.items()
        ),
    )
    elect = ElectLeadersRequest(
        election_type=0, timeout_ms=60_000,
        topic_partitions=[
            TopicPartitions(topic=t, partitions=list(range(len(r)))) for t, r in placed.items()
        ],
    )  # fmt: skip
    clusters.ask(bootstrap, elect, 2, lambda r: r.error_code == 0)
    until(bootstrap, lambda found: all(found[key][0] == row[0] for key, row in wanted.items()))


def test_a_kafka_broker_joins_leads_and_leaves(zones: Msklite, tmp_path: Path) -> None:
    zones.ok("up", "-d", "--azs", 3, "-c", "offsets.topic.num.partitions=2")
    spec = specs.load(zones.home / "clusters" / "default")
    ours, port = spec.bootstrap, free_ports(1)
    clusters.create(ours, clusters.TOPICS, replicas=3)
    clusters.until_in_sync(ours, 3)
    clusters.write(ours, 0, 200)
    clusters.commit(ours, 11)
    config = broker_properties(spec, JOINED, "az1", tmp_path / "broker-4", port)
    kafka = Node("broker-4", tmp_path, config, "warn")
    kafka.format(spec.cluster_id)
    kafka.start()
    try:
        kafka.wait_for_port(port)
        _play(kafka, ours, port)
    except BaseException:
        print(kafka.text())
        raise
    finally:
        kafka.kill()
    assert sum(map(len, clusters.everything(ours).values())) == 3 * 500
    assert clusters.committed(ours) == [(33, "at 33")] * 4
    zone = Path(spec.for_zone(1).directory)
    assert (zone / "broker-1" / "plain-0").is_dir()


def _play(kafka: Node, ours: str, port: int) -> None:
    theirs = f"127.0.0.1:{port}"
    before = clusters.everything(ours)
    move(ours, PLACED)
    # Seen from itself it is the same cluster, and nothing is missing in it.
    assert partitions(theirs) == partitions(ours)
    assert clusters.everything(theirs) == before
    assert clusters.committed(theirs) == [(11, "at 11")] * 4
    clusters.write(ours, 200, 200)
    clusters.commit(ours, 22)

    # A controlled shutdown: what it leads has other leaders before its port closes.
    kafka.stop()
    left = partitions(ours)
    assert all(leader not in (JOINED, -1) for leader, _, _ in left.values())
    assert all(JOINED not in isr for _, _, isr in left.values())
    assert clusters.committed(ours) == [(22, "at 22")] * 4
    clusters.write(ours, 400, 100)
    clusters.commit(ours, 33)

    # It comes back, catches up, and leads again.
    kafka.start()
    kafka.wait_for_port(port)
    move(ours, PLACED)
    assert sum(map(len, clusters.everything(theirs).values())) == 3 * 500
    assert clusters.committed(theirs) == [(33, "at 33")] * 4

    # Killed, it is missed like any other.
    kafka.kill()
    until(ours, lambda found: all(leader not in (JOINED, -1) for leader, _, _ in found.values()))
    kafka.start()
    kafka.wait_for_port(port)

    # And it goes for good.
    move(ours, HOME)
    kafka.stop()
    request = UnregisterBrokerRequest(broker_id=JOINED)
    clusters.ask(ours, request, 0, lambda r: r.error_code == 0)
