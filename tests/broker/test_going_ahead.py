"""Produce requests that wait for replicas: later ones are taken, replies stay in order."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from msklite.broker.commit_wait import Committed, Wait
from msklite.broker.connection import _AHEAD, Connection
from msklite.errors import Code
from msklite.partition.partition import Partition
from msklite.wire.batch import check_batch
from msklite.wire.frames import Frame
from msklite.wire.messages.produce_response import PartitionProduceResponse, ProduceResponse
from tests.log.logs import NOW, batch, open_log, storage

PRODUCE, METADATA = 0, 3


class Wire:
    """The transport, and the dispatcher: it notes requests, and answers what isn't a Produce."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.writes = 0
        self.taken: list[int] = []
        self.places: dict[int, object] = {}
        self.cancelled: list[int] = []
        self.at_once: set[int] = set()
        self.reading = True
        self.conn = Connection(self, "PLAINTEXT", 1 << 20)  # type: ignore[arg-type]
        self.conn.connection_made(self)  # type: ignore[arg-type]

    # -- the transport

    def get_extra_info(self, name: str) -> None:
        return None

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.written += [n for (n,) in struct.iter_unpack(">I", bytes(data))]

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    # -- the dispatcher

    def connected(self, conn: Connection) -> None: ...

    def disconnected(self, conn: Connection) -> None: ...

    def request(self, conn: Connection, view: memoryview) -> None:
        key, _, number = struct.unpack_from(">HHI", view)
        self.taken.append(number)
        if key == PRODUCE and number not in self.at_once:
            promised: Any = SimpleNamespace(cancel=partial(self.cancelled.append, number))
            self.places[number] = conn.keep_place(promised)
        else:
            conn.send(reply(number))

    # -- the test

    def send(self, *requests: tuple[int, int]) -> None:
        """(API key, number) of each, in one read."""
        data = b"".join(struct.pack(">IHHI", 8, key, 9, number) for key, number in requests)
        while data:
            room = self.conn.get_buffer(0)
            n = min(len(room), len(data))
            room[:n] = data[:n]
            data = data[n:]
            self.conn.buffer_updated(n)

    async def redeem(self, *numbers: int) -> None:
        for number in numbers:
            self.conn.redeem(self.places.pop(number), reply(number))
        await asyncio.sleep(0)


def reply(number: int) -> Frame:
    return Frame(struct.pack(">I", number))


def run(story: Callable[[Wire], Any]) -> None:
    async def main() -> None:
        await story(Wire())

    asyncio.run(main())


def test_replies_leave_in_the_order_of_requests() -> None:
    async def story(wire: Wire) -> None:
        wire.send((PRODUCE, 1), (PRODUCE, 2), (PRODUCE, 3))
        assert wire.taken == [1, 2, 3]
        await wire.redeem(2)
        assert wire.written == []
        await wire.redeem(1)
        assert wire.written == [1, 2]
        assert wire.writes == 1
        await wire.redeem(3)
        assert wire.written == [1, 2, 3]

    run(story)


def test_what_is_answered_at_once_stands_behind_what_waits() -> None:
    async def story(wire: Wire) -> None:
        wire.at_once = {1, 3}
        wire.send((PRODUCE, 1), (PRODUCE, 2), (PRODUCE, 3), (PRODUCE, 4))
        assert wire.written == [1]
        await wire.redeem(4)
        await wire.redeem(2)
        assert wire.written == [1, 2, 3, 4]

    run(story)


def test_other_requests_wait_until_all_is_answered() -> None:
    async def story(wire: Wire) -> None:
        wire.send((PRODUCE, 1), (PRODUCE, 2), (METADATA, 3), (PRODUCE, 4))
        assert wire.taken == [1, 2]
        await wire.redeem(1)
        assert wire.taken == [1, 2]
        await wire.redeem(2)
        assert wire.taken == [1, 2, 3, 4]
        await wire.redeem(4)
        assert wire.written == [1, 2, 3, 4]

    run(story)


def test_a_client_goes_so_far_ahead_and_no_further() -> None:
    async def story(wire: Wire) -> None:
        count = 500
        wire.send(*((PRODUCE, n) for n in range(count)))
        assert len(wire.taken) == _AHEAD
        for n in range(count):
            await wire.redeem(n)
            await asyncio.sleep(0)
        assert wire.written == wire.taken == list(range(count))
        assert wire.reading

    run(story)


def test_reading_stops_when_what_waits_fills_the_buffer() -> None:
    async def story(wire: Wire) -> None:
        sent = 0
        while wire.reading:
            wire.send(*((PRODUCE, n) for n in range(sent, sent + 100)))
            sent += 100
            assert sent < 100_000
        assert len(wire.taken) == _AHEAD
        for n in range(sent):
            await wire.redeem(n)
        assert wire.written == list(range(sent))
        assert wire.reading

    run(story)


def test_who_hangs_up_waits_for_nothing() -> None:
    async def story(wire: Wire) -> None:
        wire.send((PRODUCE, 1), (PRODUCE, 2))
        place = wire.places[2]
        wire.conn.redeem(place, reply(2))
        wire.conn.connection_lost(None)
        assert wire.cancelled == [1]
        wire.conn.redeem(wire.places[1], reply(1))
        await asyncio.sleep(0)
        assert wire.written == []

    run(story)


# -- the wait itself ------------------------------------------------------------------------------


def led(min_isr: int = 2) -> Partition:
    p = Partition("t", b"t" * 16, 0, open_log(storage()), 0, broker_id=1)
    p.min_isr = min_isr
    p.lead(3, 0, [1, 2], [1, 2])
    return p


def write(p: Partition) -> tuple[PartitionProduceResponse, Wait]:
    data = batch(b"one")
    info = p.append(data, [check_batch(data, 0, len(data))], NOW)
    row = PartitionProduceResponse(base_offset=info.first_offset)
    return row, Wait(row, p, info.last_offset + 1, p.leader_epoch)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (lambda p: p.follower_fetched(2, 1, 1, 0, 0), Code.NONE),
        (lambda p: p.follow(2, 4, 1), Code.NOT_LEADER_OR_FOLLOWER),
        (lambda p: None, Code.REQUEST_TIMED_OUT),
    ],
    ids=["committed", "another leads", "too late"],
)
def test_committed_or_never(what: Callable[[Partition], object], code: Code) -> None:
    async def story() -> None:
        p = led()
        row, wait = write(p)
        answers: list[Any] = []
        timeout_ms = 20 if code == Code.REQUEST_TIMED_OUT else 60_000
        promised = Committed(timeout_ms, [wait], lambda: ProduceResponse(throttle_time_ms=7))
        promised.then(answers.append)
        assert not answers
        what(p)
        for _ in range(10_000):
            if answers:
                break
            await asyncio.sleep(0.001)
        assert answers[0].throttle_time_ms == 7
        assert row.error_code == code
        assert not p.watchers

    asyncio.run(story())


def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    async def story() -> None:
        p = led()
        _, wait = write(p)
        answers: list[Any] = []
        promised = Committed(1, [wait], ProduceResponse)
        promised.then(answers.append)
        promised.cancel()
        assert not p.watchers
        await asyncio.sleep(0.01)
        p.follower_fetched(2, 1, 1, 0, 0)
        assert not answers

    asyncio.run(story())
