"""ListOffsets, OffsetForLeaderEpoch, DeleteRecords, DescribeProducers, DescribeLogDirs."""

from __future__ import annotations

from msklite.wire.messages import (
    delete_records_request as dr,
)
from msklite.wire.messages import (
    describe_log_dirs_request as ld,
)
from msklite.wire.messages import (
    describe_producers_request as dp,
)
from msklite.wire.messages import (
    list_offsets_request as lo,
)
from msklite.wire.messages import (
    offset_for_leader_epoch_request as oe,
)
from tests.parity.batches import T0, batch
from tests.parity.shapes import fetch, fill, make_topic, produce
from tests.parity.talk import Talk


def list_offsets(
    topic: str,
    *times: int,
    partition: int = 0,
    epoch: int = -1,
    isolation: int = 0,
    replica: int = -1,
) -> lo.ListOffsetsRequest:
    return lo.ListOffsetsRequest(
        replica_id=replica,
        isolation_level=isolation,
        timeout_ms=5000,
        topics=[
            lo.ListOffsetsTopic(
                topic,
                [
                    lo.ListOffsetsPartition(partition, current_leader_epoch=epoch, timestamp=t)
                    for t in times
                ],
            )
        ],
    )


def listing(talk: Talk) -> None:
    make_topic(talk, "o-list", 2)
    fill(
        talk,
        "o-list",
        batch(b"a", b"b", time=T0, step=10),
        batch(b"c", time=T0 + 500),
        batch(b"d", time=T0 + 100),
    )
    fill(talk, "o-list", batch(b"e", time=T0 + 400))
    lowest = {-1: 1, -2: 1, -3: 7, -4: 8, -5: 9, -6: 11}
    for time in (-1, -2, -3, -4, -5, -6, -7, -100):
        for version in (1, 4, 7, 8, 9, 10, 11):
            if version in (lowest.get(time, 11), lowest.get(time, 11) - 1, 11):
                talk.ask(f"time {time}", list_offsets("o-list", time), version)
    talk.until(
        fetch("o-list", partition=1), 11, lambda r: r.responses[0].partitions[0].error_code == 0
    )
    for time in (-1, -2, -3, -4, -5, -6, T0, 0):
        talk.ask(f"empty partition, time {time}", list_offsets("o-list", time, partition=1), 11)
    for time in (
        0,
        T0 - 1,
        T0,
        T0 + 1,
        T0 + 10,
        T0 + 11,
        T0 + 100,
        T0 + 101,
        T0 + 400,
        T0 + 401,
        T0 + 500,
        T0 + 501,
    ):
        talk.ask(f"time T0{time - T0:+}" if time else "time 0", list_offsets("o-list", time), 7)
    for version in range(1, 12):
        talk.ask("latest", list_offsets("o-list", -1), version)
        talk.ask("unknown topic", list_offsets("o-none", -1), version)
        talk.ask("unknown partition", list_offsets("o-list", -1, partition=5), version)
    for epoch in (0, 1, 9):
        talk.ask(f"leader epoch {epoch}", list_offsets("o-list", -1, epoch=epoch), 7)
        talk.ask(f"leader epoch {epoch}, by time", list_offsets("o-list", T0, epoch=epoch), 7)
    for level in (0, 1, 2):
        talk.ask(f"isolation {level}", list_offsets("o-list", -1, isolation=level), 7)
    talk.ask("a partition twice", list_offsets("o-list", -1, -2), 7)
    talk.ask("no partitions", list_offsets("o-list"), 7)
    twice = list_offsets("o-list", -1)
    twice.topics += [
        *list_offsets("o-none", -1).topics,
        *list_offsets("o-list", -2, partition=1).topics,
    ]
    talk.ask("a topic twice", twice, 7, unordered=True)
    twice = list_offsets("o-list", -1)
    twice.topics += list_offsets("o-list", -2).topics
    talk.ask("a partition in two topics' rows", twice, 7)
    for replica in (-2, 1, 5):
        talk.ask(f"replica {replica}", list_offsets("o-list", -1, replica=replica), 7)


def leader_epochs(talk: Talk) -> None:
    make_topic(talk, "o-epochs", 2)
    fill(talk, "o-epochs")
    talk.until(
        fetch("o-epochs", partition=1), 11, lambda r: r.responses[0].partitions[0].error_code == 0
    )

    def asked(
        topic: str, partition: int, current: int, wanted: int, replica: int = -2
    ) -> oe.OffsetForLeaderEpochRequest:
        part = oe.OffsetForLeaderPartition(
            partition, current_leader_epoch=current, leader_epoch=wanted
        )
        return oe.OffsetForLeaderEpochRequest(
            replica_id=replica, topics=[oe.OffsetForLeaderTopic(topic, [part])]
        )

    for version in (2, 3, 4):
        for current in (-1, 0, 3):
            for wanted in (0, 1, -1):
                talk.ask(
                    f"current {current}, wanted {wanted}",
                    asked("o-epochs", 0, current, wanted),
                    version,
                )
    talk.ask("empty partition", asked("o-epochs", 1, -1, 0), 4)
    talk.ask("unknown partition", asked("o-epochs", 8, -1, 0), 4)
    talk.ask("unknown topic", asked("o-none", 0, -1, 0), 4)
    talk.ask("as a replica", asked("o-epochs", 0, -1, 0, replica=1), 4)


def deleting(talk: Talk) -> None:
    make_topic(talk, "o-delete", 2)
    make_topic(talk, "o-delete-compact", cleanup_policy="compact")
    fill(talk, "o-delete", batch(b"a", b"b", b"c"), batch(b"d", b"e"))
    fill(talk, "o-delete-compact", batch((b"k", b"v")))

    def asked(topic: str, offset: int, partition: int = 0) -> dr.DeleteRecordsRequest:
        return dr.DeleteRecordsRequest(
            topics=[dr.DeleteRecordsTopic(topic, [dr.DeleteRecordsPartition(partition, offset)])],
            timeout_ms=5000,
        )

    for step, request in {
        "to 0": asked("o-delete", 0),
        "to 1": asked("o-delete", 1),
        "back to 0": asked("o-delete", 0),
        "past the end": asked("o-delete", 6),
        "negative": asked("o-delete", -2),
        "unknown partition": asked("o-delete", 1, 7),
        "unknown topic": asked("o-none", 1),
        "compacted topic": asked("o-delete-compact", 1),
        "to 4": asked("o-delete", 4),
    }.items():
        talk.ask(step, request, 2)
        talk.ask("earliest now", list_offsets("o-delete", -2), 7)
    talk.ask("fetch before the start", fetch("o-delete", 0), 12)
    talk.ask("fetch at the start", fetch("o-delete", 4), 12)
    talk.ask("by time", list_offsets("o-delete", T0), 7)
    talk.ask("produce says the start", produce("o-delete", batch(b"f")), 9)
    for version in (0, 1, 2):
        talk.ask("to the end", asked("o-delete", -1), version)
    talk.ask("fetch at the end", fetch("o-delete", 6), 12)
    talk.ask("latest", list_offsets("o-delete", -1), 7)
    talk.ask("no topics", dr.DeleteRecordsRequest(timeout_ms=1000), 2)
    twice = asked("o-delete", 99)
    twice.topics[0].partitions.append(dr.DeleteRecordsPartition(0, 6))
    talk.ask("a partition twice", twice, 2)
    twice = asked("o-delete", 6)
    twice.topics += asked("o-delete", 6, 9).topics
    talk.ask("a topic twice", twice, 2, unordered=True)
    empty = asked("o-delete", 6)
    empty.topics[0].partitions = []
    talk.ask("no partitions", empty, 2)
    talk.ask("timeout 0", dr.DeleteRecordsRequest(asked("o-delete", 6).topics, 0), 2)


def producers(talk: Talk) -> None:
    make_topic(talk, "o-producers", 2)
    fill(talk, "o-producers", batch(b"a"))
    fill(talk, "o-producers", batch(b"a", b"b", producer=(7000, 0, 0)))
    fill(talk, "o-producers", batch(b"c", time=T0 + 9, producer=(7000, 0, 2)))
    fill(talk, "o-producers", batch(b"d", producer=(7001, 3, 0)))

    def asked(topic: str, *partitions: int) -> dp.DescribeProducersRequest:
        return dp.DescribeProducersRequest([dp.TopicRequest(topic, list(partitions))])

    talk.ask("two producers", asked("o-producers", 0), 0, unordered=True)
    talk.until(
        fetch("o-producers", partition=1),
        11,
        lambda r: r.responses[0].partitions[0].error_code == 0,
    )
    talk.ask("none", asked("o-producers", 1), 0)
    talk.ask("unknown partition", asked("o-producers", 5), 0)
    talk.ask("unknown topic", asked("o-none", 0), 0)
    talk.ask("bad name", asked("bad name", 0), 0)
    talk.ask("several", asked("o-producers", 0, 1, 2), 0, unordered=True)


def log_dirs(talk: Talk) -> None:
    make_topic(talk, "o-dirs", 2)
    fill(talk, "o-dirs", batch(b"a"), batch(b"b", b"c"))
    talk.until(
        fetch("o-dirs", partition=1), 11, lambda r: r.responses[0].partitions[0].error_code == 0
    )

    def asked(topic: str, *partitions: int) -> ld.DescribeLogDirsRequest:
        return ld.DescribeLogDirsRequest([ld.DescribableLogDirTopic(topic, list(partitions))])

    for version in (1, 2, 3, 4):
        talk.ask("both", asked("o-dirs", 0, 1), version, unordered=True)
    talk.ask("unknown", asked("o-none", 0), 4)
    talk.ask("unknown partition", asked("o-dirs", 9), 4)
    talk.ask("none", ld.DescribeLogDirsRequest([]), 4)
    every = ld.DescribeLogDirsRequest()
    every.topics = None
    reply = talk.ask("all", every, 4, quiet=True)
    topics = {
        t.name: sorted(p.partition_index for p in t.partitions)
        for r in reply.results
        for t in r.topics
    }
    talk.note("all", [len(reply.results), topics.get("o-dirs")])


AREAS = {
    "list-offsets": listing,
    "leader-epochs": leader_epochs,
    "delete-records": deleting,
    "producers": producers,
    "log-dirs": log_dirs,
}
