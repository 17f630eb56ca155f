"""Three zones are killed, frozen, cut off and stopped under load: nothing acknowledged is lost.

Idempotent producers with acks=all and consumers, by assignment and in groups, of two libraries
each, live through all of it. At the end, read by assignment from the start: every acknowledged
record is there once, in its writer's order; every reader has read what is there; the groups have
skipped nothing, and in the log of their commits no offset goes back.

It runs only where MSKLITE_CHAOS_SECONDS is set (60 is the short mode, 600 the longer), because
librdkafka now and then stays stuck after a freeze, for a reason not yet found (docs/notes.md);
MSKLITE_CHAOS_SEED repeats a schedule. A failure keeps the cluster's folder, and prints where it is.
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.cluster import ChaosCluster, until
from tests.chaos.faults import carry_out, plan
from tests.chaos.readers import Book, KpMember, KpReader, Mark, RdMember, RdReader, mark
from tests.crash.load import QUIET, KafkaPython, Librdkafka, Load, Writer

SECONDS = float(os.environ.get("MSKLITE_CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("MSKLITE_CHAOS_SEED", time.time_ns() % 1_000_000))
TOPIC = "chaos"
PARTITIONS = 4
SETTINGS = {
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
    "segment.bytes": "1048576",
}
PATIENCE_S = 90


class Crowd:
    """All the clients."""

    def __init__(self, bootstrap: str, seed: int) -> None:
        self.bootstrap = bootstrap
        sizes = {"rd-a": 200, "rd-b": 2000, "kp-a": 300, "kp-b": 1500}
        self.writers: list[Writer] = [
            (Librdkafka if name.startswith("rd") else KafkaPython)(
                name, bootstrap, seed, TOPIC, PARTITIONS, size
            )
            for name, size in sizes.items()
        ]
        for writer in self.writers:
            writer.pause_s = 0.05
        self.readers = [
            RdReader("rd-read", bootstrap, TOPIC, PARTITIONS),
            KpReader("kp-read", bootstrap, TOPIC, PARTITIONS),
        ]
        self.books = [Book("rd-group"), Book("kp-group")]
        rd, kp = self.books
        self.members = [
            *(RdMember(f"rd-m{i}", bootstrap, TOPIC, rd) for i in range(2)),
            *(KpMember(f"kp-m{i}", bootstrap, TOPIC, kp) for i in range(2)),
        ]

    @property
    def loads(self) -> list[Load]:
        return [*self.writers, *self.readers, *self.members]

    def healthy(self) -> None:
        for load in self.loads:
            if load.failure is not None:
                raise AssertionError(f"{load.name} failed: {load.failure!r}") from load.failure

    def progress(self) -> dict[str, int]:
        """What each has achieved so far."""
        written = {w.name: sum(map(len, list(w.acknowledged.values()))) for w in self.writers}
        read = {r.name: r.count for r in self.readers}
        return {**written, **read, **{b.group: b.count for b in self.books}}

    def all_go_on(self) -> None:
        """Everybody gets something done, from now on."""
        before = self.progress()

        def moved() -> bool:
            self.healthy()
            now = self.progress()
            return all(now[name] > done for name, done in before.items())

        try:
            until(moved, "all clients go on", PATIENCE_S)
        except AssertionError as e:
            now = self.progress()
            stuck = sorted(n for n, done in before.items() if now[n] <= done)
            raise AssertionError(f"{e}; stuck: {stuck}; {now}") from e


def read_all(
    bootstrap: str, topic: str, partitions: int
) -> dict[int, list[tuple[int, bytes, bytes]]]:
    """(offset, key, value) of everything, by partition, by assignment from the start."""
    consumer = Consumer({
        **QUIET, "bootstrap.servers": bootstrap, "group.id": "all", "check.crcs": True,
        "enable.auto.commit": False, "auto.offset.reset": "error",
    })  # fmt: skip
    places = [TopicPartition(topic, p, 0) for p in range(partitions)]
    ends = {p.partition: consumer.get_watermark_offsets(p, timeout=60)[1] for p in places}
    places = [p for p in places if ends[p.partition]]
    consumer.assign(places)
    found: dict[int, list[tuple[int, bytes, bytes]]] = defaultdict(list)
    reached = dict.fromkeys(ends, 0)

    def read_on() -> bool:
        for message in consumer.consume(5000, timeout=0.5):
            if message.error() is None:
                partition = message.partition()
                reached[partition] = message.offset() + 1
                found[partition].append((message.offset(), message.key(), message.value()))
        return all(reached[p] >= end for p, end in ends.items())

    until(read_on, f"the end of {topic}")
    consumer.close()
    return found


def check_records(crowd: Crowd) -> int:
    """The log against everybody's book; how many records there are."""
    log: dict[int, list[Mark]] = {}
    for partition, records in read_all(crowd.bootstrap, TOPIC, PARTITIONS).items():
        offsets = [offset for offset, _, _ in records]
        assert offsets == list(range(len(offsets))), f"holes in partition {partition}"
        log[partition] = [mark(value) for _, _, value in records]
    for writer in crowd.writers:
        for p in range(PARTITIONS):
            own = [(n, i) for i, (name, n) in enumerate(log.get(p, [])) if name == writer.name]
            writer.check(p, own, writer.acknowledged[p])
    for reader in crowd.readers:
        for p, seen in enumerate(reader.read):
            assert seen == log.get(p, []), f"{reader.name} read something else in {p}"
    for book in crowd.books:
        for p, marks in log.items():
            seen_by = book.processed[p]
            skipped = [i for i in range(len(marks)) if i not in seen_by]
            assert not skipped, f"{book.group} skipped {skipped[:10]} of {p}"
            assert [seen_by[i] for i in range(len(marks))] == marks, f"{book.group} of {p}"
    return sum(map(len, log.values()))


def check_commits(crowd: Crowd, partitions: int) -> int:
    """In the log of commits no group goes back, and what was acknowledged is there."""
    last: dict[tuple[str, int], int] = {}
    count = 0
    for records in read_all(crowd.bootstrap, "__consumer_offsets", partitions).values():
        for _, key, value in records:
            place = commit_place(key)
            if place is None or not value:
                continue
            (offset,) = struct.unpack_from(">q", value, 2)
            before = last.get(place, -1)
            assert offset >= before, f"{place}: {before} went back to {offset}"
            last[place] = offset
            count += 1
    for book in crowd.books:
        for p, offset in book.committed.items():
            found = last.get((book.group, p), -1)
            assert found >= offset, f"{book.group} of {p}: {offset} acknowledged, {found} is there"
    return count


def commit_place(key: bytes) -> tuple[str, int] | None:
    """OffsetCommitKey: group, topic, partition; other keys of the topic are no commits."""
    (version,) = struct.unpack_from(">h", key)
    if version > 1:
        return None
    at, texts = 2, []
    for _ in range(2):
        (size,) = struct.unpack_from(">h", key, at)
        texts.append(key[at + 2 : at + 2 + size].decode())
        at += 2 + size
    return texts[0], struct.unpack_from(">i", key, at)[0]


def make_topic(bootstrap: str) -> None:
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(TOPIC, PARTITIONS, 3, config=SETTINGS)]).values():
        future.result(timeout=60)


def everybody_read_all(crowd: Crowd) -> bool:
    crowd.healthy()
    written = sum(sum(w.sent.values()) for w in crowd.writers)
    return all(r.count >= written for r in (*crowd.readers, *crowd.books))


def run(folder: Path, seed: int, seconds: float) -> None:
    """The whole story on a new cluster in `folder`."""
    faults = plan(seed, seconds)
    print(f"MSKLITE_CHAOS_SEED={seed}", *map(str, faults), sep="\n  ", flush=True)
    with ChaosCluster(folder) as cluster:
        cluster.start()
        make_topic(cluster.bootstrap)
        crowd = Crowd(cluster.bootstrap, seed)
        for load in crowd.loads:
            load.start()
        crowd.all_go_on()
        begin = time.monotonic()
        for fault in faults:
            print(f"{time.monotonic() - begin:6.1f} s: {fault}", flush=True)
            carry_out(cluster, fault)
            time.sleep(fault.quiet_s)
            crowd.healthy()
            if fault.quiet_s > 1:
                crowd.all_go_on()
                print(f"{time.monotonic() - begin:6.1f} s: all go on", flush=True)
        for writer in crowd.writers:
            writer.finish(PATIENCE_S)
        until(lambda: everybody_read_all(crowd), "all is read")
        for load in (*crowd.readers, *crowd.members):
            load.finish(PATIENCE_S)
        records = check_records(crowd)
        commits = check_commits(crowd, int(cluster.spec.config["offsets.topic.num.partitions"]))
        print(f"{time.monotonic() - begin:.0f} s, {records} records, {commits} commits in the log,",
              f"faults {dict(Counter(f.kind for f in faults))}, {crowd.progress()}")  # fmt: skip
        assert records > 1000 and commits > 10


@pytest.mark.skipif(
    "MSKLITE_CHAOS_SECONDS" not in os.environ, reason="set MSKLITE_CHAOS_SECONDS to run it"
)
@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 6 + 600)
def test_chaos() -> None:
    folder = Path(tempfile.mkdtemp(prefix="msklite-chaos-"))
    try:
        run(folder, SEED, SECONDS)
    except BaseException:
        print(f"MSKLITE_CHAOS_SEED={SEED}; the cluster's folder is kept: {folder}", flush=True)
        raise
    shutil.rmtree(folder)
