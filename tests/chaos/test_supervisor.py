"""The supervisor of real zones: deaths, hangs, its own death, and starts that are refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from msklite.errors import UserError
from tests.chaos.cluster import ChaosCluster, until
from tests.support.ports import is_alive, wait_gone
from tests.support.zones import ROOT

QUIET = {"log_level": 0, "reconnect.backoff.max.ms": 200}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ChaosCluster]:
    with ChaosCluster(tmp_path) as made:
        made.start()
        admin = AdminClient({**QUIET, "bootstrap.servers": made.bootstrap})
        for future in admin.create_topics([NewTopic("t", 3, 3)]).values():
            future.result(timeout=60)
        yield made


def write(cluster: ChaosCluster, count: int = 30) -> None:
    """So many records, acknowledged by the in-sync sets."""
    errors: list[object] = []
    producer = Producer({**QUIET, "bootstrap.servers": cluster.bootstrap, "acks": "all"})
    for i in range(count):
        producer.produce("t", b"x" * 100, partition=i % 3,
                         on_delivery=lambda e, _: errors.append(e) if e else None)  # fmt: skip
    assert producer.flush(60) == 0
    assert not errors


def in_sync(cluster: ChaosCluster) -> list[list[int]]:
    admin = AdminClient({**QUIET, "bootstrap.servers": cluster.bootstrap})
    found = admin.list_topics("t", timeout=30).topics["t"].partitions.values()
    return [sorted(p.isrs) for p in found]


def refused(*command: str) -> str:
    """What it says, in one line, when it ends with code 1."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()


def test_deaths_and_refusals(cluster: ChaosCluster) -> None:
    """A zone that dies comes back by itself; nobody starts it, or its supervisor, twice."""
    first = cluster.pid(2)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: cluster.pid(2) not in (None, first) and 2 in cluster.zone_pids(), "az2 again")
    assert f"az2 has ended (process {first}, code -9); it is started again" in cluster.log
    until(lambda: in_sync(cluster) == [[1, 2, 3]] * 3, "all in sync again")
    write(cluster)
    said = refused("msklite.zone.main", str(cluster.directory), "--zone", "2")
    assert "in use" in said, said
    said = refused("msklite.zone.supervisor", str(cluster.directory))
    assert "has a supervisor already" in said, said
    assert len(cluster.zone_pids()) == 3
    write(cluster)


def test_a_killed_supervisor_is_followed_by_one_that_adopts(cluster: ChaosCluster) -> None:
    """The zones don't notice; one that was frozen, which nobody knows any more, goes on too."""
    before = cluster.zone_pids()
    cluster.zone("freeze", 3)
    cluster.kill_supervisor()
    write(cluster)
    cluster.start()
    assert cluster.zone_pids() == before
    assert [z["state"] for z in cluster.status()["zones"]] == ["RUNNING"] * 3
    os.kill(before[1], signal.SIGKILL)  # not its child, and noticed all the same
    until(lambda: cluster.zone_pids().get(1, before[1]) != before[1], "az1 again")
    write(cluster)
    assert cluster.supervisor is not None
    cluster.supervisor.terminate()
    cluster.supervisor.wait(90)
    cluster.supervisor = None
    assert not any(is_alive(pid) for pid in before.values())


def test_up_adopts_the_zones_of_a_killed_supervisor(cluster: ChaosCluster) -> None:
    before = cluster.zone_pids()
    cluster.kill_supervisor()

    def msklite(command: str, *options: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "msklite", command, *options,
             "--dir", str(cluster.directory)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done

    msklite("up", "-d")
    assert cluster.zone_pids() == before
    write(cluster)
    msklite("down")
    for pid in before.values():
        wait_gone(pid)


@pytest.mark.slow
def test_a_hung_zone_is_killed_and_started_again(cluster: ChaosCluster) -> None:
    hung = cluster.pid(2)
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    write(cluster)
    until(lambda: cluster.zone_pids().get(2, hung) != hung, "a new az2")
    assert "az2 doesn't answer: killed" in cluster.log
    until(lambda: in_sync(cluster) == [[1, 2, 3]] * 3, "all in sync again")


@pytest.mark.parametrize("key", ["cluster.id", "node.id"])
def test_a_directory_of_somebody_else_is_refused_with_a_sentence(
    cluster: ChaosCluster, key: str
) -> None:
    cluster.zone("stop", 2)
    meta = Path(cluster.spec.for_zone(2).broker_dir(2)) / "meta.properties"
    right = meta.read_text()
    other = {"cluster.id": "AAAAAAAAAAAAAAAAAAAAAA", "node.id": "7"}[key]
    lines = (f"{key}={other}" if x.startswith(key) else x for x in right.splitlines())
    meta.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=other):
        cluster.zone("start", 2)
    write(cluster)
    meta.write_text(right)  # what stood in the way is gone: it is tried again by itself
    until(lambda: 2 in cluster.zone_pids(), "az2 again")
    until(lambda: in_sync(cluster) == [[1, 2, 3]] * 3, "all in sync again")
