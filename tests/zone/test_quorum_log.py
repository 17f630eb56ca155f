"""The metadata log on disk behaves as raft's log in memory, and survives what a crash leaves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.errors import UserError
from msklite.log.directories import read_topic_id
from msklite.log.memory import MemoryStorage
from msklite.raft.log import MemoryLog
from msklite.wire.batch import iter_headers
from msklite.wire.records import Record, build_batch
from msklite.zone.quorum_log import TOPIC_ID, LogLimits, MetadataLog, open_log
from tests.zone.quorums import world

DIR = "/c/__cluster_metadata-0"
SMALL = LogLimits(segment_bytes=1000)


def batch(base: int, epoch: int, count: int = 1, size: int = 50) -> bytes:
    records = [Record(1_700_000_000_000 + base + i, None, b"v" * size) for i in range(count)]
    return build_batch(records, base_offset=base, leader_epoch=epoch)


def reopen(storage: MemoryStorage, limits: LogLimits = SMALL) -> MetadataLog:
    return open_log(world(storage), DIR, limits)


def everything(log: MetadataLog | MemoryLog) -> bytes:
    out, offset = b"", log.start_offset
    while offset < log.end_offset:
        data = log.read(offset, 300)
        out += data
        offset = [h.next_offset for h in iter_headers(data)][-1]
    return out


_OPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 5), st.booleans()),
        st.tuples(st.just("truncate"), st.integers(0, 10), st.booleans()),
        st.tuples(st.just("restart"), st.integers(0, 20), st.booleans()),
        st.tuples(st.just("reopen"), st.just(0), st.booleans()),
        st.tuples(st.just("roll"), st.just(0), st.booleans()),
    ),
    max_size=25,
)


@given(_OPS)
@settings(max_examples=150, deadline=None)
def test_it_does_as_the_log_in_memory(ops: list[tuple[str, int, bool]]) -> None:
    storage = MemoryStorage()
    disk, memory, epoch = reopen(storage), MemoryLog(), 1
    for name, number, flag in ops:
        if name == "append":
            epoch += flag
            data = batch(memory.end_offset, epoch, number)
            disk.append(data)
            memory.append(data)
        elif name == "truncate":
            # Raft cuts between batches, never below the start.
            ends = [h.next_offset for h in iter_headers(everything(memory))]
            cut = ([memory.start_offset, *ends])[-1 - min(number, len(ends))]
            disk.truncate(cut)
            memory.truncate(cut)
        elif name == "restart":
            at = memory.end_offset + number
            disk.restart_at(at)
            memory.restart_at(at)
        elif name == "roll":
            disk.roll()
        else:
            disk.sync()
            if flag:
                disk.close()
            else:
                storage.crash()
            disk = reopen(storage)
        assert (disk.start_offset, disk.end_offset) == (memory.start_offset, memory.end_offset)
        assert disk.epochs() == memory.epochs()
        assert everything(disk) == everything(memory)


def test_a_torn_tail_is_cut_wherever_it_tears() -> None:
    last = batch(4, 2, 3)
    for kept in range(len(last) + 1):
        storage = MemoryStorage()
        log = reopen(storage)
        log.append(batch(0, 1, 4))
        log.sync()
        log.append(last)
        storage.crash(lambda n, kept=kept: min(n, kept))  # type: ignore[misc]
        again = reopen(storage)
        assert again.end_offset == (7 if kept == len(last) else 4)
        assert again.epochs() == ([(1, 0), (2, 4)] if kept == len(last) else [(1, 0)])
        again.append(batch(again.end_offset, 3))
        again.close()
        assert reopen(storage).epochs()[-1] == (3, 7 if kept == len(last) else 4)


def test_damage_before_sound_batches_is_named_and_nothing_is_cut() -> None:
    storage = MemoryStorage()
    log = reopen(storage, LogLimits())
    for i in range(5):
        log.append(batch(i, 1))
    log.close()
    path = f"{DIR}/{0:020d}.log"
    data = bytearray(storage.read(path))
    data[200] ^= 1
    storage.write(path, bytes(data))
    with pytest.raises(UserError, match=rf"{path}.*damaged"):
        reopen(storage, LogLimits())
    assert storage.read(path) == data


@pytest.mark.parametrize("left", [b"", b"0\n2\n1", b"0\n"])
def test_epochs_are_read_from_the_batches_when_their_file_was_torn(left: bytes) -> None:
    storage = MemoryStorage()
    log = reopen(storage)
    for i in range(30):
        log.append(batch(i, 1 + i // 7))
    log.sync()
    wanted = log.epochs()
    log.close()
    storage.write(f"{DIR}/leader-epoch-checkpoint", left)
    assert reopen(storage).epochs() == wanted == [(1 + i, 7 * i) for i in range(5)]


def test_it_is_the_metadata_topics_folder() -> None:
    storage = MemoryStorage()
    reopen(storage).close()
    assert read_topic_id(storage, DIR) == TOPIC_ID


def test_a_read_gives_whole_batches_and_at_least_one() -> None:
    log = reopen(MemoryStorage())
    one = batch(0, 1, 1, 400)
    log.append(one)
    log.append(batch(1, 1, 1, 20))
    assert log.read(0, 1) == one
    assert log.read(0, len(one) + 60) == one
    assert log.read(2, 100) == b""
