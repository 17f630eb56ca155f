"""Leader epochs: which began where, and OffsetForLeaderEpoch's answers (KIP-101, KIP-320)."""

from __future__ import annotations

import pytest

from msklite.log.checkpoints import DamagedCheckpoint
from msklite.log.epochs import EpochCache
from msklite.log.log import LogConfig
from tests.log.logs import PATH, open_log, put, replicate, storage

FILE = f"{PATH}/leader-epoch-checkpoint"


def cache(*entries: tuple[int, int]) -> EpochCache:
    made = EpochCache(storage(), "/data/epochs")
    for epoch, start in entries:
        made.assign(epoch, start)
    return made


def test_the_file_is_kafkas() -> None:
    disk = storage()
    log = open_log(disk)
    put(log, b"a", epoch=2)
    put(log, b"b", epoch=2)
    put(log, b"c", epoch=5)
    assert disk.read(FILE) == b"0\n2\n2 0\n5 2\n"


def test_end_offsets() -> None:
    epochs = cache((2, 0), (4, 10), (7, 25))
    answers = {e: epochs.end_offset(e, 40) for e in range(-1, 9)}
    assert answers == {
        -1: (-1, -1),  # undefined
        0: (0, 0),  # older than all: ended where the oldest known one begins
        1: (1, 0),
        2: (2, 10),
        3: (2, 10),  # the largest at or below it
        4: (4, 25),
        5: (4, 25),
        6: (4, 25),
        7: (7, 40),  # the current one: the log's end
        8: (-1, -1),  # newer than all
    }
    assert cache().end_offset(0, 40) == (-1, -1)


def test_the_epoch_at_an_offset() -> None:
    epochs = cache((2, 5), (4, 10))
    assert [epochs.epoch_at(o) for o in (4, 5, 9, 10, 99)] == [-1, 2, 2, 4, 4]


def test_assignments_that_contradict_later_entries_drop_them() -> None:
    assert cache((1, 0), (2, 10), (3, 20), (2, 15)).entries == [(1, 0), (2, 15)]
    assert cache((1, 0), (2, 10), (3, 20), (4, 10)).entries == [(1, 0), (4, 10)]
    assert cache((1, 0), (1, 5)).entries == [(1, 0)]
    assert cache((1, 5), (1, 3)).entries == [(1, 3)]
    assert cache((-1, 0)).entries == []


def test_truncating_both_ends() -> None:
    epochs = cache((1, 0), (2, 10), (3, 20))
    epochs.truncate_end(20)
    assert epochs.entries == [(1, 0), (2, 10)]
    epochs.truncate_end(11)
    assert epochs.entries == [(1, 0), (2, 10)]
    epochs.truncate_start(12)
    assert epochs.entries == [(2, 12)]
    epochs.truncate_start(12)
    assert epochs.entries == [(2, 12)]
    epochs.clear()
    assert epochs.entries == [] and epochs.latest == -1
    again = EpochCache.read(epochs._storage, "/data/epochs")
    assert again.entries == []


def test_a_log_answers_across_its_segments() -> None:
    log = open_log(storage(), LogConfig(segment_bytes=150))
    for i in range(10):
        put(log, b"%d" % i, epoch=i // 3)
    assert log.epoch_end_offset(0) == (0, 3)
    assert log.epoch_end_offset(1) == (1, 6)
    assert log.epoch_end_offset(3) == (3, 10)
    assert log.epoch_at(5) == 1
    log.start_epoch(9)
    assert log.epoch_end_offset(9) == (9, 10)
    assert log.epoch_end_offset(4) == (3, 10)


def test_a_follower_notes_the_epochs_of_its_batches() -> None:
    log = open_log(storage())
    replicate(log, 0, b"a", epoch=3)
    replicate(log, 1, b"b", epoch=8)
    assert log.epochs.entries == [(3, 0), (8, 1)]


@pytest.mark.parametrize(
    "content", [None, b"", b"0\n1\n", b"garbage", b"0\n2\n3 0\n2 9\n", b"0\n1\nx y\n"]
)
@pytest.mark.parametrize("clean", [True, False])
def test_a_lost_file_is_made_from_the_batches(content: bytes | None, clean: bool) -> None:
    disk = storage()
    config = LogConfig(segment_bytes=150)
    log = open_log(disk, config)
    for i in range(10):
        put(log, b"%d" % i, epoch=i // 3)
    log.close()
    right = disk.read(FILE)
    if content is None:
        disk.remove(FILE)
    else:
        disk.write(FILE, content)
    log = open_log(disk, config, clean=clean, recovery_point=0 if clean else 10)
    assert log.epochs.entries == [(0, 0), (1, 3), (2, 6), (3, 9)]
    assert disk.read(FILE) == right


def test_a_file_that_was_cut_short_is_noticed_wherever_it_was_cut() -> None:
    """It isn't synced when it is written: a power loss may cut it inside a number."""
    disk = storage()
    made = EpochCache(disk, "/data/epochs")
    for epoch, start in ((0, 0), (1, 10), (12, 345)):
        made.assign(epoch, start)
    whole = disk.read("/data/epochs")
    for end in range(1, len(whole)):
        disk.write("/data/epochs", whole[:end])
        with pytest.raises(DamagedCheckpoint):
            EpochCache.read(disk, "/data/epochs")


def test_damage_is_named() -> None:
    disk = storage()
    disk.write("/data/epochs", b"0\n1\nx y\n")
    with pytest.raises(DamagedCheckpoint, match="/data/epochs"):
        EpochCache.read(disk, "/data/epochs")


def test_a_file_that_cant_be_written_is_written_with_the_next_flush() -> None:
    disk = storage()
    log = open_log(disk)
    put(log, b"a", epoch=1)
    disk.fail_at = disk.changes + 2  # the batch, then the checkpoint
    put(log, b"b", epoch=2)
    disk.fail_at = None
    assert log.epochs.entries == [(1, 0), (2, 1)]
    assert disk.read(FILE) == b"0\n1\n1 0\n"
    log.flush()
    assert disk.read(FILE) == b"0\n2\n1 0\n2 1\n"
