"""The short way of a Produce answers and stores what the long one does, for good and bad requests.

Each request goes to two topics that are alike, by the short way to one and by the long way to the
other; replies are compared each time, and the logs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from msklite.broker.broker import Broker
from msklite.log.memory import MemoryStorage
from msklite.testing import LocalCluster
from msklite.wire.batch import CRC_START, HEADER, HEADER_SIZE
from msklite.wire.crc import crc32c
from msklite.wire.frames import HEADER as REQUEST_HEADER
from msklite.wire.frames import Frame
from msklite.wire.messages.create_topics_request import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.produce_response import ProduceResponse
from msklite.wire.records import Record, build_batch

SETTINGS = {
    "plain": {},
    "small": {"max.message.bytes": "80"},
    "stamped": {"message.timestamp.type": "LogAppendTime"},
    "compact": {"cleanup.policy": "compact"},
    "gzip": {"compression.type": "gzip"},
    "flushed": {"flush.messages": "1"},
    "tiny": {"segment.bytes": "1048576", "min.insync.replicas": "2"},
}
NOW = int(time.time() * 1000)


@dataclass
class Sent:
    """One request, drawn by hypothesis; the first value of each choice is the sound one."""

    version: int
    acks: int
    partition: int
    count: int
    changes: dict[int, int]
    bad_crc: bool
    extra: int
    key: bytes | None
    ahead_ms: int = 0

    def batch(self) -> bytes:
        records = [Record(NOW + self.ahead_ms, self.key, b"value") for _ in range(self.count)]
        batch = bytearray(build_batch(records))
        fields = list(HEADER.unpack_from(batch))
        for at, value in self.changes.items():
            fields[at] = value
        HEADER.pack_into(batch, 0, *fields)
        crc = crc32c(memoryview(batch)[CRC_START:])
        fields[4] = crc ^ self.bad_crc
        HEADER.pack_into(batch, 0, *fields)
        return bytes(batch[: len(batch) + self.extra] if self.extra < 0 else batch) + bytes(
            max(self.extra, 0)
        )

    def frame(self, topic: str, topic_id: bytes) -> bytearray:
        partition = PartitionProduceData(self.partition, self.batch())
        named = TopicProduceData(topic, topic_id, [partition])
        out = bytearray(REQUEST_HEADER.pack(0, self.version, 7) + b"\0\x03me!")
        out += b"\0" if self.version >= 9 else b""
        ProduceRequest(None, self.acks, 1000, [named]).write(out, self.version)
        return out


# Places in the header: 0 base offset, 3 magic, 5 attributes, 6 last delta, 8 max timestamp,
# 9 producer id, 10 its epoch, 11 sequence, 12 count.
CHANGES = st.one_of(
    st.just({}),
    st.builds(lambda s: {9: 7, 10: 0, 11: s}, st.integers(-1, 6)),
    st.builds(lambda e, s: {9: 8, 10: e, 11: s}, st.integers(0, 2), st.integers(0, 3)),
    st.builds(lambda a: {5: a}, st.sampled_from([5, 6, 0x08, 0x10, 0x20, 0x40, 0x100])),
    st.sampled_from([{0: 5}, {3: 1}, {3: 3}, {6: 7}, {12: 0}, {12: 9}]),
)
SENT = st.builds(
    Sent,
    st.sampled_from([13, 12, 9]) | st.integers(3, 13),
    st.just(-1) | st.sampled_from([1, 0, 2]),
    st.just(0) | st.integers(-1, 2),
    st.integers(1, 3),
    CHANGES,
    st.integers(0, 9).map(lambda n: n == 9),
    st.just(0) | st.sampled_from([1, 12, 80, -1, -20, -60]),
    st.just(b"key") | st.none(),
    st.just(0) | st.sampled_from([1_000, 2 * 3_600_000]),
)


class Sink:
    """A connection that keeps the reply."""

    peer = listener = "PLAINTEXT"
    last_mono_ms = 0
    task: Any = None

    def __init__(self) -> None:
        self.reply: Frame | None = None
        self.closed = False

    def send(self, frame: Frame) -> bool:
        self.reply = frame
        return True

    def close(self) -> None:
        self.closed = True

    def wait(self) -> None: ...

    def resume(self) -> None: ...


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(storage="memory") as cluster:
        topics = [
            CreatableTopic(
                name=f"{way}-{name}",
                num_partitions=1,
                replication_factor=1,
                configs=[CreatableTopicConfig(name=k, value=v) for k, v in config.items()],
            )
            for name, config in SETTINGS.items()
            for way in ("short", "along")
        ]
        reply = cluster._run(
            cluster.zone().brokers[1].controller.call(CreateTopicsRequest(topics=topics))
        )
        assert not [t for t in reply.topics if t.error_code]
        yield cluster


async def _answer(broker: Broker, sent: Sent, topic: str, quick: bool) -> tuple[Any, bool]:
    """(what the reply says, as plain data, but for names and exact times; closed)."""
    sink, dispatcher = Sink(), broker.dispatcher
    route = dispatcher.route(0)
    assert route is not None and route.quick is not None
    kept = route.quick
    if not quick:
        route.quick = None
    try:
        frame = sent.frame(topic, broker.image.topics[topic].id)
        dispatcher.request(sink, memoryview(frame))
    finally:
        route.quick = kept
    if sink.task is not None:
        await sink.task
    if sink.reply is None:
        return None, sink.closed
    raw = memoryview(sink.reply)
    assert int.from_bytes(raw[:4], "big") == len(raw) - 4
    assert int.from_bytes(raw[4:8], "big") == 7
    reply, end = ProduceResponse.read(raw, 9 if sent.version >= 9 else 8, sent.version)
    assert end == len(raw)
    plain: dict[str, Any] = reply.plain()
    for t in plain["responses"]:
        t["name"] = t["topic_id"] = ""
        for p in t["partition_responses"]:
            p["log_append_time_ms"] = min(p["log_append_time_ms"], 0)
            for e in p["record_errors"]:  # its end is a range of times around now
                text = e["batch_index_error_message"]
                e["batch_index_error_message"] = text and text.partition("[")[0]
    return plain, sink.closed


def _stored(broker: Broker, topic: str) -> bytes:
    partition = broker.replicas.get(topic, 0)
    assert partition is not None
    return b"".join(s.open().read(0, s.size) for s in partition.log.segments)


@pytest.mark.parametrize("name", list(SETTINGS))
@settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],  # the topics go on from one example to the next: nothing to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(SENT, min_size=1, max_size=8))
def test_both_ways_are_one(cluster: LocalCluster, name: str, requests: list[Sent]) -> None:
    async def run() -> None:
        broker = cluster.zone().brokers[1]
        for sent in requests:
            short = await _answer(broker, sent, f"short-{name}", quick=True)
            along = await _answer(broker, sent, f"along-{name}", quick=False)
            assert short == along, sent
        ends = [broker.replicas.get(f"{way}-{name}", 0) for way in ("short", "along")]
        assert ends[0] is not None and ends[1] is not None
        assert ends[0].high_watermark == ends[1].high_watermark
        assert ends[0].log.recovery_point == ends[1].log.recovery_point
        if name != "stamped":
            assert _stored(broker, f"short-{name}") == _stored(broker, f"along-{name}")

    cluster._run(run())


@pytest.mark.parametrize("version", [9, 12, 13])
def test_the_usual_request_goes_the_short_way(cluster: LocalCluster, version: int) -> None:
    async def run() -> None:
        broker = cluster.zone().brokers[1]
        route = broker.dispatcher.route(0)
        assert route is not None
        kept, route.handle = route.handle, None  # type: ignore[assignment]
        try:
            sent = Sent(version, -1, 0, 2, {}, False, 0, None)
            reply, closed = await _answer(broker, sent, "short-plain", quick=True)
        finally:
            route.handle = kept
        row = reply["responses"][0]["partition_responses"][0]
        assert row["error_code"] == 0 and row["base_offset"] >= 0 and not closed

    cluster._run(run())


def test_a_write_that_fails_once_is_tried_by_the_long_way(cluster: LocalCluster) -> None:
    async def run() -> None:
        broker = cluster.zone().brokers[1]
        storage = broker.world.storage
        assert isinstance(storage, MemoryStorage)
        sent = Sent(13, -1, 0, 2, {}, False, 0, None)
        storage.fail_at = storage.changes + 1
        reply, _ = await _answer(broker, sent, "short-plain", quick=True)
        assert storage.changes > storage.fail_at
        row = reply["responses"][0]["partition_responses"][0]
        assert row["error_code"] == 0
        stored = _stored(broker, "short-plain")[-len(sent.batch()) :]
        assert stored[CRC_START:] == sent.batch()[CRC_START:]
        assert int.from_bytes(stored[:8], "big") == row["base_offset"]

    cluster._run(run())


def test_a_batch_is_as_long_as_it_says() -> None:
    assert len(Sent(9, -1, 0, 1, {}, False, 0, None).batch()) > HEADER_SIZE
