"""A controller of Apache Kafka joins a running quorum, votes, and leaves again (KIP-853)."""

from __future__ import annotations

from pathlib import Path

import pytest

from msklite.testing import LocalCluster
from tests.clients import programs
from tests.clients.test_console import Console
from tests.replication.test_three_brokers import until
from tests.replication.test_voter_changes import QUORUM, voters, works
from tests.support.jvm import COMMON, Node, free_port, require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]
GUEST = 20001


def observes(cluster: LocalCluster) -> bool:
    """Whether the guest has caught up with the leader, whoever leads."""
    rows = Console(cluster.bootstrap_servers)(QUORUM, "describe", "--replication").splitlines()
    found = [row.split() for row in rows if row.startswith(f"{GUEST}")]
    return bool(found) and int(found[0][3]) < 20


def test_a_controller_of_apache_kafka_votes_for_a_while(tmp_path: Path) -> None:
    require_jvm()
    with LocalCluster(azs=3, data_dir=str(tmp_path / "cluster")) as cluster:
        ports = cluster.spec.ports
        port = free_port()
        properties = {
            **COMMON,
            "process.roles": "controller",
            "node.id": str(GUEST),
            "listeners": f"CONTROLLER://127.0.0.1:{port}",
            "advertised.listeners": f"CONTROLLER://127.0.0.1:{port}",
            "controller.quorum.bootstrap.servers": ",".join(
                f"127.0.0.1:{ports[n]}" for n in (10001, 10002, 10003)
            ),
            "log.dirs": str(tmp_path / "guest"),
        }
        guest = Node("guest", tmp_path, properties, "warn")
        guest.format(cluster.spec.cluster_id, "--no-initial-controllers")
        guest.start()
        try:
            guest.wait_for_port(port)
            until(lambda: observes(cluster), 60)
            console = Console(cluster.bootstrap_servers)
            console(QUORUM, "--command-config", str(guest.config), "add-controller")
            until(lambda: all(GUEST in voters(cluster, z) for z in (1, 2, 3)))
            works(cluster, "with-the-guest")
            until(lambda: GUEST in cluster.zone(1).image.controllers)
            cluster.kill_zone(3)  # three of four are left, so the guest's acknowledgement counts
            works(cluster, "carried-by-the-guest")
            cluster.start_zone(3)
            meta = (tmp_path / "guest" / "meta.properties").read_text()
            directory = meta.split("directory.id=")[1].split()[0]
            wish = ("--controller-id", str(GUEST), "--controller-directory-id", directory)
            console(QUORUM, "remove-controller", *wish)
            until(lambda: all(GUEST not in voters(cluster, z) for z in (1, 2, 3)))
        except BaseException:
            print(guest.text())
            raise
        finally:
            guest.kill()
        works(cluster, "without-the-guest")
    programs.stop_all()
