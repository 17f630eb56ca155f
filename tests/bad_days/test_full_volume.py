"""A broker's volume is full: refused with Kafka's code, nothing is lost, and growing it heals."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaAdminClient

from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.log.volume import Volume, VolumeStorage
from msklite.testing import LocalCluster
from tests.bad_days.clients import make, read, write
from tests.bad_days.test_full_disk import QUIET, write_until_refused
from tests.cli.conftest import msklite  # noqa: F401
from tests.cli.runner import Msklite

MIB = 1024 * 1024
SIZE = 2 * MIB
VALUE = b"x" * 20_000
PATIENCE_S = 90


def used(cluster: LocalCluster, zone: int = 1) -> int:
    row: int = cluster.status(zone)["brokers"][0]["volume_used"]
    return row


def on_disk(cluster: LocalCluster, broker: int = 1) -> int:
    folder = Path(cluster.spec.broker_dir(broker))
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def test_refused_when_full_read_while_full_and_well_again_when_it_grows() -> None:
    with LocalCluster(volume_bytes=SIZE) as cluster:
        at = cluster.bootstrap_servers
        make(at, NewTopic("t", 1, 1))
        acknowledged, refused = write_until_refused(at, "t")
        assert refused.code() == KafkaError.KAFKA_STORAGE_ERROR, refused
        assert SIZE - 100_000 < sum(map(len, acknowledged)) < SIZE
        assert SIZE - 50_000 < used(cluster) <= SIZE
        assert used(cluster) == on_disk(cluster)
        assert read(at, "t", 0, len(acknowledged)) == acknowledged
        cluster.grow_volumes(2 * SIZE)
        write(at, "t", 0, [b"after"])
        assert read(at, "t", 0, len(acknowledged) + 1) == [*acknowledged, b"after"]
        cluster.crash()
        cluster.restart()
        assert read(at, "t", 0, len(acknowledged) + 1) == [*acknowledged, b"after"]
        assert cluster.status()["brokers"][0]["volume_bytes"] == 2 * SIZE


def test_clients_are_told_of_the_volume() -> None:
    """DescribeLogDirs has its size and what is left (KIP-827)."""
    with LocalCluster(volume_bytes=SIZE) as cluster:
        make(cluster.bootstrap_servers, NewTopic("t", 1, 1))
        write(cluster.bootstrap_servers, "t", 0, [VALUE] * 10)
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        (told,) = admin.describe_log_dirs()
        admin.close()
        (folder,) = told["log_dirs"]
        assert folder["total_bytes"] == SIZE
        assert folder["usable_bytes"] == SIZE - on_disk(cluster)


def test_what_is_deleted_makes_room() -> None:
    with LocalCluster(
        volume_bytes=SIZE,
        config={"log.retention.check.interval.ms": 500, "log.segment.delete.delay.ms": 0},
    ) as cluster:
        at = cluster.bootstrap_servers
        make(at, NewTopic("old", 1, 1), NewTopic("t", 1, 1))
        write_until_refused(at, "old")
        admin = AdminClient({**QUIET, "bootstrap.servers": at})
        admin.delete_topics(["old"])["old"].result(timeout=PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while used(cluster) > SIZE // 2:
            assert time.monotonic() < deadline, "the deleted topic still counts"
            time.sleep(0.05)
        write(at, "t", 0, [VALUE] * 20)
        assert used(cluster) == on_disk(cluster)


def test_an_idempotent_producer_sits_it_out_on_three_brokers() -> None:
    """All replicas are full, none falls out for good; each record is there once and in order."""
    with LocalCluster(azs=3, volume_bytes=SIZE) as cluster:
        at = cluster.bootstrap_servers
        make(at, NewTopic("t", 1, 3))
        refusals = []
        producer = Producer({
            **QUIET, "bootstrap.servers": at, "enable.idempotence": True, "linger.ms": 0,
            "batch.num.messages": 1, "message.timeout.ms": 0, "retry.backoff.ms": 20,
        })  # fmt: skip
        values = [b"%d " % i + VALUE for i in range(200)]
        for value in values:
            producer.produce("t", value, on_delivery=lambda e, _: e and refusals.append(e))
        deadline = time.monotonic() + PATIENCE_S
        while min(used(cluster, zone) for zone in (1, 2, 3)) < SIZE - 50_000:
            assert time.monotonic() < deadline, "the volumes never get full"
            producer.poll(0.05)
        assert len(producer) > 50
        cluster.grow_volumes(4 * SIZE)
        assert producer.flush(PATIENCE_S) == 0
        assert not refusals, refusals[0]
        assert read(at, "t", 0, len(values)) == values
        while True:
            isr = cluster.zone(1).image.topics["t"].partitions[0].isr
            if len(isr) == 3:
                break
            assert time.monotonic() < deadline, f"in sync are {isr}"
            time.sleep(0.05)


def test_commits_are_refused_and_not_lost() -> None:
    with LocalCluster(volume_bytes=SIZE) as cluster:
        at = cluster.bootstrap_servers
        make(at, NewTopic("t", 1, 1))
        consumer = Consumer({**QUIET, "bootstrap.servers": at, "group.id": "g"})
        consumer.commit(offsets=[TopicPartition("t", 0, 1)], asynchronous=False)
        write_until_refused(at, "t")
        committed = 1
        with pytest.raises(KafkaException):
            for n in range(2, 2000):
                consumer.commit(offsets=[TopicPartition("t", 0, n)], asynchronous=False)
                committed = n
        cluster.grow_volumes(2 * SIZE)
        (found,) = consumer.committed([TopicPartition("t", 0)], timeout=PATIENCE_S)
        assert found.offset == committed
        consumer.commit(offsets=[TopicPartition("t", 0, 7)], asynchronous=False)
        consumer.close()


def test_one_broker_alone_grows() -> None:
    with LocalCluster(brokers=2, volume_bytes=SIZE) as cluster:
        cluster.grow_volumes(3 * SIZE, 2)
        told = [b["volume_bytes"] for b in cluster.status()["brokers"]]
        assert told == [SIZE, 3 * SIZE]
        with pytest.raises(UserError, match="only grow"):
            cluster.grow_volumes(SIZE, 2)
        with pytest.raises(UserError, match="no broker 9"):
            cluster.grow_volumes(SIZE, 9)


def test_by_command(msklite: Msklite) -> None:  # noqa: F811
    """A volume of a command's cluster: shown, full, grown while it runs, kept over a restart."""
    msklite.ok("up", "-d", "--azs", 2, "--volume-gb", 0.002)
    msklite.ok("topic", "create", "t", "--replication-factor", 2)
    large = b"x" * 900_000 + b"\n"
    for _ in range(2):
        msklite.ok("produce", "t", stdin=large)
    status = msklite.json("status")
    assert [b["volume_bytes"] for b in status["brokers"]] == [int(0.002 * 2**30)] * 2
    assert all(b["volume_used"] > 1_800_000 for b in status["brokers"])
    assert "VOLUME" in msklite.ok("status").out
    done: list[int] = []
    held = threading.Thread(
        target=lambda: done.append(msklite.run("produce", "t", stdin=large * 2).code)
    )
    held.start()
    log = msklite.home / "clusters" / "default" / "az1" / "logs" / "zone.log"
    other = log.parents[2] / "az2" / "logs" / "zone.log"
    deadline = time.monotonic() + PATIENCE_S
    while "No space left" not in log.read_text() + other.read_text():
        assert time.monotonic() < deadline, "the volume never gets full"
        time.sleep(0.05)
    assert not done
    assert "only grow" in msklite.refused("broker", "resize", "--volume-gb", 0.001)
    assert msklite.json("broker", "resize", "--volume-gb", 0.01)["volumes"] == {
        "1": int(0.01 * 2**30), "2": int(0.01 * 2**30),
    }  # fmt: skip
    held.join(PATIENCE_S)
    assert done == [0]
    read = msklite.ok("consume", "t", "--from-beginning", "--until-end").raw
    assert read == large * 4
    msklite.ok("down")
    msklite.ok("broker", "resize", "--volume-gb", 0.02, 2)
    assert "only grow" in msklite.refused("up", "-d", "--azs", 2, "--volume-gb", 0.01)
    grown = [b["volume_bytes"] for b in msklite.json("up", "-d", "--azs", 2)["brokers"]]
    assert grown == [int(0.01 * 2**30), int(0.02 * 2**30)]


def test_memory_has_no_volume() -> None:
    with pytest.raises(UserError, match="volume_bytes"):
        LocalCluster(storage="memory", volume_bytes=SIZE)


def test_counting(tmp_path: Path) -> None:
    """Appends that fit and one that does not, cuts, removals, a limit that moves."""
    disk = DiskStorage()
    volume = Volume(str(tmp_path), 100)
    storage = VolumeStorage(disk, volume)
    file = storage.open(f"{tmp_path}/a")
    file.append(b"x" * 60)
    file.append_parts([b"y" * 20, b"z" * 20])
    with pytest.raises(OSError, match="No space left"):
        file.append(b"1")
    assert (file.size(), volume.used, storage.space(str(tmp_path)).usable) == (100, 100, 0)
    file.truncate(90)
    file.append(b"2" * 10)
    volume.limit = 150
    other = storage.open(f"{tmp_path}/b")
    other.append(b"3" * 50)
    with pytest.raises(OSError, match="No space left"):
        other.append_parts([b"4"])
    other.close()
    storage.remove(f"{tmp_path}/b")
    file.append(b"5" * 50)
    assert volume.used == 150 == (tmp_path / "a").stat().st_size
    storage.write(f"{tmp_path}/checkpoint", b"6" * 10)  # let through, and counted
    assert volume.used == 160
    disk.close()
