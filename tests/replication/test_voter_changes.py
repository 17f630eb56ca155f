"""Controllers leave the quorum of a running cluster and come back, by Kafka's tool (KIP-853)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaConnectionError, TopicAlreadyExistsError

from msklite.log.directories import uuid_text
from msklite.raft.voters import ReplicaKey
from msklite.testing import LocalCluster
from tests.clients import programs
from tests.clients.test_console import Console
from tests.replication.test_three_brokers import until
from tests.replication.test_three_zones import leader
from tests.support.jvm import require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    require_jvm()
    with LocalCluster(azs=3, data_dir=str(tmp_path_factory.mktemp("voters"))) as made:
        yield made
    programs.stop_all()


def key(cluster: LocalCluster, node: int) -> ReplicaKey:
    controller = cluster.zone(node - 10000).controller
    assert controller is not None
    return controller.quorum.key


def voters(cluster: LocalCluster, zone: int) -> set[int]:
    controller = cluster.zone(zone).controller
    assert controller is not None
    return set(controller.quorum.node.voters.ids)


def remove(cluster: LocalCluster, node: int, *place: str) -> str:
    console = Console(cluster.bootstrap_servers)
    where = place or ("--bootstrap-server", cluster.bootstrap_servers)
    directory = uuid_text(key(cluster, node).directory_id)
    wish = ("--controller-id", str(node), "--controller-directory-id", directory)
    return console.run(QUORUM, *where, "remove-controller", *wish)


def add(cluster: LocalCluster, node: int, folder: Path) -> str:
    port = cluster.spec.ports[node]
    properties = folder / "controller.properties"
    properties.write_text(
        f"process.roles=controller\nnode.id={node}\n"
        "controller.listener.names=CONTROLLER\n"
        f"listeners=CONTROLLER://127.0.0.1:{port}\n"
        f"controller.quorum.bootstrap.servers=127.0.0.1:{port}\n"
        f"log.dirs={cluster.zone(node - 10000).spec.controller_dir()}\n"
    )
    console = Console(cluster.bootstrap_servers)
    return console(QUORUM, "--command-config", str(properties), "add-controller")


def works(cluster: LocalCluster, topic: str) -> None:
    """Metadata can be changed. kafka-python may ask a broker that was just killed, and give up."""

    def made() -> bool:
        try:
            admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
            try:
                admin.create_topics([NewTopic(topic, 1, 3)])
            finally:
                admin.close()
        except TopicAlreadyExistsError:
            return True  # the answer to an earlier attempt was lost
        except KafkaConnectionError:
            return False
        return True

    until(made, 60)


def test_a_controller_leaves_and_comes_back(cluster: LocalCluster, tmp_path: Path) -> None:
    node = next(n for n in (10001, 10002, 10003) if n != leader(cluster, 1))
    assert f"KRaft controller {node}" in remove(cluster, node)
    until(lambda: all(voters(cluster, z) == {10001, 10002, 10003} - {node} for z in (1, 2, 3)))
    works(cluster, "without")
    cluster.kill_zone(node - 10000)
    cluster.start_zone(node - 10000)  # as an observer: it has its log, and no vote
    until(lambda: "without" in cluster.zone(node - 10000).image.topics)
    assert f"Added controller {node}" in add(cluster, node, tmp_path)
    until(lambda: all(voters(cluster, z) == {10001, 10002, 10003} for z in (1, 2, 3)))


def test_the_leader_is_removed_and_another_leads(cluster: LocalCluster, tmp_path: Path) -> None:
    node = leader(cluster, 1)
    at = f"127.0.0.1:{cluster.spec.ports[node]}"
    assert f"KRaft controller {node}" in remove(cluster, node, "--bootstrap-controller", at)
    others = [z for z in (1, 2, 3) if z != node - 10000]
    until(lambda: leader(cluster, others[0]) not in (node, -1))
    works(cluster, "led-by-another")
    until(lambda: "led-by-another" in cluster.zone(node - 10000).image.topics)
    assert f"Added controller {node}" in add(cluster, node, tmp_path)
    until(lambda: all(voters(cluster, z) == {10001, 10002, 10003} for z in (1, 2, 3)))
