"""LocalCluster as a test author uses it."""

from __future__ import annotations

import asyncio
import datetime
import re
import subprocess
import sys
from pathlib import Path

import freezegun
import pytest
import time_machine
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from msklite.errors import UserError
from msklite.testing import LocalCluster


def round_trip(bootstrap: str, topic: str = "t", value: bytes = b"hello") -> list[bytes]:
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(topic, value).get(30)
    producer.close()
    return read(bootstrap, topic)


def read(bootstrap: str, topic: str = "t") -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    tp = TopicPartition(topic, 0)
    consumer.assign([tp])
    end = consumer.end_offsets([tp])[tp]
    out: list[bytes] = []
    while consumer.position(tp) < end:
        for records in consumer.poll(timeout_ms=1000).values():
            out += [r.value for r in records]
    consumer.close()
    return out


@pytest.mark.parametrize("storage", ["disk", "memory"])
def test_one_line_and_a_blocking_client(storage: str) -> None:
    with LocalCluster(storage=storage) as cluster:
        assert round_trip(cluster.bootstrap_servers) == [b"hello"]


def test_several_at_once_know_nothing_of_each_other() -> None:
    with LocalCluster(storage="memory") as one, LocalCluster(storage="memory") as two:
        assert one.bootstrap_servers != two.bootstrap_servers
        assert round_trip(one.bootstrap_servers, value=b"1") == [b"1"]
        assert round_trip(two.bootstrap_servers, value=b"2") == [b"2"]


def test_async() -> None:
    async def main() -> list[bytes]:
        async with LocalCluster(storage="memory") as cluster:
            return await asyncio.to_thread(round_trip, cluster.bootstrap_servers)

    assert asyncio.run(main()) == [b"hello"]


def test_three_brokers_share_the_topics() -> None:
    with LocalCluster(3, storage="memory", config={"num.partitions": 6}) as cluster:
        assert len(cluster.bootstrap_servers.split(",")) == 3
        assert round_trip(cluster.bootstrap_servers, "spread") in ([b"hello"], [])
        leaders = [b["leaders"] for b in cluster.status()["brokers"]]
        assert sum(leaders) == 6
        assert max(leaders) == 2


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("storage", ["disk", "memory"])
def test_restart_keeps_data_and_ports(storage: str, crash: bool) -> None:
    with LocalCluster(storage=storage) as cluster:
        bootstrap = cluster.bootstrap_servers
        assert round_trip(bootstrap) == [b"hello"]
        if crash:
            cluster.crash()
        cluster.restart()
        assert cluster.bootstrap_servers == bootstrap
        assert read(bootstrap) == [b"hello"]
        assert round_trip(bootstrap, value=b"again") == [b"hello", b"again"]


def test_a_given_folder_is_kept_and_opened_again(tmp_path: Path) -> None:
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        assert round_trip(cluster.bootstrap_servers) == [b"hello"]
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        assert read(cluster.bootstrap_servers) == [b"hello"]


def test_a_temporary_folder_is_removed() -> None:
    with LocalCluster() as cluster:
        folder = cluster.data_dir
        assert folder is not None
        assert Path(folder).is_dir()
    assert not Path(folder).exists()


LEFT_BEHIND = """
import os, sys, threading
from kafka import KafkaProducer
from msklite.errors import UserError
from msklite.testing import LocalCluster

def held():
    names = [t.name for t in threading.enumerate() if t.name.startswith("msklite")]
    return len(os.listdir("/dev/fd")), names

LocalCluster(storage="memory").start().stop()  # uvloop keeps a pipe from its first loop on
before = held()
cluster = LocalCluster(**eval(sys.argv[1]))
try:
    with cluster:
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
        producer.send("t", b"hello").get(30)
        producer.close()
        assert "msklite-cluster" in held()[1], held()
except UserError as e:
    print(e)
assert held() == before, (before, held())
"""


def left_behind(options: dict[str, str]) -> str:
    """Run a cluster in a process of its own, where nobody else has threads or files."""
    done = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND, repr(options)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("storage", ["disk", "memory"])
def test_no_thread_and_no_open_file_is_left_behind(storage: str) -> None:
    assert left_behind({"storage": storage}) == ""


FORGETFUL = """
import sys
from kafka import KafkaProducer
from msklite.testing import LocalCluster

clusters = [LocalCluster().start(), LocalCluster(data_dir=sys.argv[1]).start(),
            LocalCluster(storage="memory").start()]
for cluster in clusters:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
    producer.send("t", b"hello").get(30)
    producer.close()
print(clusters[0].data_dir)
del clusters, cluster
"""


def test_what_a_test_forgets_is_closed_at_exit(tmp_path: Path) -> None:
    """Cleanly: the kept folder shows it, and the temporary one is gone."""
    done = subprocess.run(
        [sys.executable, "-c", FORGETFUL, tmp_path],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert not Path(done.stdout.strip()).exists()
    assert (tmp_path / "az1" / "broker-1" / ".kafka_cleanshutdown").exists()
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        assert read(cluster.bootstrap_servers) == [b"hello"]


def test_a_folder_of_the_command_lines_kind_can_grow_and_not_shrink(tmp_path: Path) -> None:
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        first = cluster.bootstrap_servers
    with LocalCluster(2, data_dir=str(tmp_path)) as cluster:
        assert cluster.bootstrap_servers.startswith(f"{first},")
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        assert len(cluster.status()["brokers"]) == 2
    with pytest.raises(UserError, match="2 brokers"):
        LocalCluster(1, data_dir=str(tmp_path)).start()


def test_a_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "blocked"
    folder.write_text("a file, not a folder")
    assert "blocked" in left_behind({"data_dir": str(folder)})
    cluster = LocalCluster(data_dir=str(folder))
    with pytest.raises(UserError, match="blocked"):
        cluster.start()
    with pytest.raises(UserError, match="isn't running"):
        _ = cluster.bootstrap_servers
    folder.unlink()
    with cluster:  # and once the way is free, the same one starts
        assert round_trip(cluster.bootstrap_servers) == [b"hello"]


def test_what_cannot_be_asked_of_one_that_does_not_run() -> None:
    cluster = LocalCluster(storage="memory")
    cluster.stop()
    cluster.crash()
    with pytest.raises(UserError, match="isn't running"):
        cluster.restart()
    with cluster, pytest.raises(UserError, match="already running"):
        cluster.start()


def test_a_folder_in_use_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with LocalCluster(data_dir=str(tmp_path)), pytest.raises(UserError, match=str(tmp_path)):
        LocalCluster(data_dir=str(tmp_path)).start()


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"brokers": 0}, "1 to 5"),
        ({"brokers": 6}, "1 to 5"),
        ({"storage": "tape"}, "disk"),
        ({"azs": 4}, "1 to 3"),
        ({"azs": 3, "brokers": 4}, "multiple"),
        ({"storage": "memory", "data_dir": "x"}, "data_dir"),
        ({"config": {"num.partitions": "x"}}, "num.partitions=x"),
        ({"config": {"num.partition": 3}}, "did you mean num.partitions?"),
        ({"config": {"node.id": 3}}, "set by msklite itself"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(kwargs: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        LocalCluster(**kwargs)  # type: ignore[arg-type]


FROZEN = datetime.datetime(2020, 2, 29, tzinfo=datetime.UTC)


def wait_for_a_fetch(bootstrap: str) -> None:
    """Fetches that wait a little by the broker's clock: they hang when that clock stands still."""
    import socket
    import struct

    from msklite.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic

    host, port = bootstrap.split(":")
    request = FetchRequest(
        max_wait_ms=7,
        min_bytes=1,
        max_bytes=1000,
        session_epoch=-1,
        topics=[
            FetchTopic(
                topic="t", partitions=[FetchPartition(fetch_offset=1, partition_max_bytes=99)]
            )
        ],
    )
    body = struct.pack(">hhi", 1, 8, 1) + b"\xff\xff" + request.encode(8)
    with socket.create_connection((host, int(port)), timeout=20) as sock:
        for _ in range(30):  # many: a clock that reads a hair less than the timer's must not matter
            sock.sendall(struct.pack(">i", len(body)) + body)
            (length,) = struct.unpack(">i", sock.recv(4, socket.MSG_WAITALL))
            sock.recv(length, socket.MSG_WAITALL)


def test_freezegun_does_not_stop_it() -> None:
    with LocalCluster(storage="memory") as cluster:
        round_trip(cluster.bootstrap_servers)
        with freezegun.freeze_time(FROZEN):
            wait_for_a_fetch(cluster.bootstrap_servers)
    with freezegun.freeze_time(FROZEN), LocalCluster(storage="memory") as cluster:
        assert cluster.bootstrap_servers


def test_time_machine_does_not_stop_it() -> None:
    with LocalCluster(storage="memory") as cluster:
        round_trip(cluster.bootstrap_servers)
        with time_machine.travel(FROZEN, tick=False):
            wait_for_a_fetch(cluster.bootstrap_servers)
    with time_machine.travel(FROZEN, tick=False), LocalCluster(storage="memory") as cluster:
        assert cluster.bootstrap_servers


def test_a_kept_cluster_of_three_zones_keeps_its_records(tmp_path: Path) -> None:
    with LocalCluster(azs=3, data_dir=str(tmp_path)) as cluster:
        addresses = cluster.bootstrap_servers
        assert round_trip(addresses) == [b"hello"]
    with LocalCluster(azs=3, data_dir=str(tmp_path)) as cluster:
        assert cluster.bootstrap_servers == addresses
        assert round_trip(addresses) == [b"hello", b"hello"]
    with pytest.raises(UserError, match="3 zones"):
        LocalCluster(data_dir=str(tmp_path)).start()


def test_a_year_passes_in_a_moment() -> None:
    """Retention follows the clock, in every zone; a restart keeps it; it can't go back."""
    with LocalCluster(azs=3, config={"default.replication.factor": 3}) as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        year = str(366 * 86_400_000)
        topic = NewTopic("t", 1, 3, topic_configs={"retention.ms": year})
        admin.create_topics([topic])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
        producer.send("t", b"old").get(30)
        producer.close()
        before = cluster.clock.now
        assert cluster.clock.advance("365d") - before >= datetime.timedelta(days=365)
        assert read(cluster.bootstrap_servers) == [b"old"]
        cluster.kill_zone(3)
        cluster.clock.advance(datetime.timedelta(days=2))
        turned = 2
        while read(cluster.bootstrap_servers):  # its new leader may not yet know what is committed
            cluster.clock.advance("1s")
            turned += 1
        with pytest.raises(UserError, match="can't go back"):
            cluster.clock.advance(-1)
        cluster.start_zone(3)
        assert {cluster.status(n)["clock"]["version"] for n in (1, 2, 3)} == {turned}
        frozen = cluster.clock.freeze()
        cluster.restart()
        assert cluster.clock.now == frozen
        assert cluster.clock.rate(1) >= frozen


def test_sessions_of_groups_follow_only_when_asked_to() -> None:
    with LocalCluster(storage="memory") as cluster:
        address = cluster.bootstrap_servers
        round_trip(address)
        consumer = KafkaConsumer(
            "t", bootstrap_servers=address, group_id="g", session_timeout_ms=300_000,
            heartbeat_interval_ms=100_000, request_timeout_ms=310_000,
            auto_offset_reset="earliest",
        )  # fmt: skip
        while not consumer.poll(timeout_ms=500):
            pass
        admin = KafkaAdminClient(bootstrap_servers=address)

        def members() -> int:
            described = admin.describe_groups(["g"])
            group = described["g"] if isinstance(described, dict) else described[0]
            found = group["members"] if isinstance(group, dict) else group.members
            return len(found)

        assert members() == 1
        cluster.clock.advance("1h")
        assert members() == 1
        cluster.clock.advance("1h", sessions=True)
        assert members() == 0
        admin.close()
        consumer.close(autocommit=False)


def test_offsets_expire_by_the_clusters_clock() -> None:
    """A group that has been empty for offsets.retention.minutes, and its offsets, go."""
    with LocalCluster(storage="memory") as cluster:
        address = cluster.bootstrap_servers
        round_trip(address)
        consumer = KafkaConsumer(
            "t", bootstrap_servers=address, group_id="g", auto_offset_reset="earliest"
        )
        while not consumer.poll(timeout_ms=500):
            pass
        consumer.commit()
        cluster.clock.advance("30d")  # it has a member that reads the topic
        tp = TopicPartition("t", 0)
        assert consumer.committed(tp) == 1
        consumer.close()
        admin = KafkaAdminClient(bootstrap_servers=address)
        cluster.clock.advance("6d")
        assert "g" in str(admin.list_groups())
        cluster.clock.advance("2d")
        assert "g" not in str(admin.list_groups())
        admin.close()
