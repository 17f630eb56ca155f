"""Opening a log's folder: after clean stops, crashes, damage, and with strays in it."""

from __future__ import annotations

import pytest

from msklite.errors import UserError
from msklite.log.directories import write_topic_id
from msklite.log.log import CorruptLog, Log, LogConfig
from msklite.log.memory import MemoryStorage
from tests.log.logs import (
    NOW,
    PATH,
    batch,
    contents,
    copy_of,
    names,
    open_log,
    put,
    replicate,
    storage,
)

CONFIG = LogConfig(segment_bytes=500, index_interval_bytes=100)


def log_file(base: int) -> str:
    return f"{PATH}/{base:020d}.log"


def closed(disk: MemoryStorage, count: int = 20) -> list[int]:
    """A log of `count` one-record batches, cleanly closed; the bases of its segments."""
    log = open_log(disk, CONFIG)
    for i in range(count):
        put(log, b"%d" % i, timestamp=NOW + i)
    log.close()
    assert len(log.segments) >= 3
    return [s.base_offset for s in log.segments]


def values(start: int, end: int) -> list[tuple[int, bytes]]:
    return [(i, b"%d" % i) for i in range(start, end)]


def test_a_clean_stop_leaves_nothing_to_check() -> None:
    disk = storage()
    closed(disk)
    before = disk.changes
    log = open_log(disk, CONFIG)
    assert log.recovery_point == log.end_offset == 20
    assert disk.changes == before  # and nothing to write
    log.close()
    assert disk.changes == before
    assert contents(open_log(disk, CONFIG)) == values(0, 20)


@pytest.mark.parametrize("kept", range(80))
def test_a_torn_tail_is_cut(kept: int) -> None:
    disk = storage()
    log = open_log(disk, CONFIG)
    for i in range(5):
        put(log, b"%d" % i, epoch=1)
    log.flush()
    put(log, b"torn", b"torn", epoch=3)
    assert log.size - 5 * len(batch(b"0")) > 80
    disk.crash(keep=lambda unsynced: min(kept, unsynced))
    log = open_log(disk, CONFIG, clean=False, recovery_point=5)
    assert contents(log) == values(0, 5)
    assert log.latest_epoch == 1
    assert disk.size(log_file(0)) == log.size
    assert put(log, b"5", epoch=4).first_offset == 5
    log.close()
    assert contents(open_log(disk, CONFIG)) == values(0, 6)


def test_zeros_at_the_end_are_cut() -> None:
    disk = storage()
    bases = closed(disk)
    disk.open(log_file(bases[-1])).append(bytes(5000))
    log = open_log(disk, CONFIG, clean=False)
    assert contents(log) == values(0, 20)
    assert disk.size(log_file(bases[-1])) == log.segments[-1].size


def test_a_tail_that_a_clean_stop_cant_explain_is_checked_too() -> None:
    disk = storage()
    bases = closed(disk)
    disk.open(log_file(bases[-1])).append(b"half a batch, or what somebody wrote")
    assert contents(open_log(disk, CONFIG)) == values(0, 20)


@pytest.mark.parametrize("clean", [True, False])
def test_all_indexes_are_rebuilt_as_they_were(clean: bool) -> None:
    disk = storage()
    closed(disk)
    kinds = (".index", ".timeindex")
    right = {n: disk.read(f"{PATH}/{n}") for n in names(disk, *kinds)}
    for name in right:
        disk.remove(f"{PATH}/{name}")
    log = open_log(disk, CONFIG, clean=clean)
    log.close()
    assert {n: disk.read(f"{PATH}/{n}") for n in names(disk, *kinds)} == right
    for name in right:
        disk.write(f"{PATH}/{name}", b"\xff" * 36)
    log = open_log(disk, CONFIG, clean=False)
    log.close()
    assert {n: disk.read(f"{PATH}/{n}") for n in names(disk, *kinds)} == right


def damage(disk: MemoryStorage, base: int, at: int) -> None:
    node = disk._files[log_file(base)]
    node.data[at] ^= 0xFF


def fails(disk: MemoryStorage, path: str, recovery_point: int = 0) -> None:
    """Opening names the path, and changes nothing."""
    before = {p: bytes(n.data) for p, n in disk._files.items() if p.endswith((".log", ".snapshot"))}
    with pytest.raises(CorruptLog) as e:
        open_log(disk, CONFIG, clean=False, recovery_point=recovery_point)
    assert path in str(e.value)
    after = {p: bytes(n.data) for p, n in disk._files.items() if p.endswith((".log", ".snapshot"))}
    assert after == before


def test_damage_in_the_middle_is_reported_and_nothing_is_deleted() -> None:
    """Kafka would cut there, and lose records that were acknowledged."""
    one = len(batch(b"0"))
    for at in (0, 8, 16, 17, 30, 65):
        for which in (0, 1):
            disk = storage()
            bases = closed(disk)
            damage(disk, bases[which], one + at)
            fails(disk, log_file(bases[which]))


def test_damage_in_the_active_segment_with_sound_batches_behind_it() -> None:
    one = len(batch(b"0"))
    for at in (0, 3, 8, 11, 16, 17, 23, 30, 65):
        disk = storage()
        log = open_log(disk, CONFIG)
        for i in range(6):
            put(log, b"%d" % i)
        log.close()
        damage(disk, 0, 2 * one + at)
        fails(disk, log_file(0))


def test_an_offset_that_leaps_is_no_reason_to_cut_what_follows() -> None:
    """Offsets aren't under the checksum: a damaged one makes later, sound batches look too old."""
    one = len(batch(b"0"))
    for at, byte in ((7, 99), (6, 1), (5, 1), (3, 1)):
        disk = storage()
        log = open_log(disk, LogConfig())
        for i in range(6):
            put(log, b"%d" % i)
        log.close()
        disk._files[log_file(0)].data[2 * one + at] = byte
        fails(disk, log_file(0))


def test_a_batch_inside_a_torn_one_is_no_reason_to_keep_it() -> None:
    """Somebody stores batches as values; the last append didn't finish."""
    disk = storage()
    log = open_log(disk, LogConfig())
    inner = bytes(batch(b"inside"))
    put(log, inner, bytes(100))
    disk._files[log_file(0)].data[-20:] = b""
    assert contents(open_log(disk, clean=False)) == []


def test_damage_below_the_recovery_point_is_met_when_read() -> None:
    """What is known to be on the disk isn't checked at start: that would take ages."""
    disk = storage()
    bases = closed(disk)
    one = len(batch(b"0"))
    node = disk._files[log_file(bases[0])]
    node.data[one + 8 : one + 12] = (3).to_bytes(4, "big")
    log = open_log(disk, CONFIG, clean=False, recovery_point=20)
    with pytest.raises(OSError, match=log_file(bases[0])):
        log.read(1, 1, 20, True)
    assert contents_from(log, bases[1]) == values(bases[1], 20)


def contents_from(log: Log, start: int) -> list[tuple[int, bytes | None]]:
    log.start_offset = start
    return contents(log)


def test_a_file_shorter_than_it_was_is_no_endless_search() -> None:
    disk = storage()
    bases = closed(disk)
    log = open_log(disk, CONFIG)
    del disk._files[log_file(bases[0])].data[100:]
    with pytest.raises(OSError, match=log_file(bases[0])):
        log.read(bases[1] - 1, 1, 20, True)


def test_only_segments_from_the_recovery_point_on_are_checked() -> None:
    disk = storage()
    bases = closed(disk)
    damage(disk, bases[0], 30)
    fails(disk, log_file(bases[0]), recovery_point=bases[1] - 1)
    log = open_log(disk, CONFIG, clean=False, recovery_point=bases[1])
    assert log.end_offset == 20


# -- what else may lie there ------------------------------------------------------------------


def test_strays_are_left_alone() -> None:
    disk = storage()
    closed(disk)
    strays = ["notes.txt", "1.log", "backup.log", "x.snapshot", "12345.index", "quorum-state",
              "00000000000000000000.log.bak", "00000000000000000007-0000000001.checkpoint",
              "00000000000000000007-0000000001.checkpoint.deleted", "mine.tmp"]  # fmt: skip
    for name in strays:
        disk.write(f"{PATH}/{name}", b"kept")
    for clean in (True, False):
        log = open_log(disk, CONFIG, clean=clean)
        assert contents(log) == values(0, 20)
        log.close()
        assert all(disk.read(f"{PATH}/{n}") == b"kept" for n in strays)


def test_left_overs_are_removed() -> None:
    disk = storage()
    bases = closed(disk)
    gone = [f"{bases[1]:020d}.log.deleted", f"{7777:020d}.index", f"{7777:020d}.timeindex",
            f"{bases[0]:020d}.log.cleaned", f"{bases[0]:020d}.timeindex.cleaned",
            "leader-epoch-checkpoint.tmp", f"{5:020d}.snapshot.tmp", f"{5:020d}.snapshot.deleted",
            "partition.metadata.tmp"]  # fmt: skip
    before = names(disk)
    for name in gone:
        disk.write(f"{PATH}/{name}", b"x")
    assert contents(open_log(disk, CONFIG)) == values(0, 20)
    assert names(disk) == before


def swapped(disk: MemoryStorage, base: int, end: int) -> None:
    """What Kafka's cleaner has finished but not yet swapped: only even offsets are left."""
    twin = storage()
    log = open_log(twin, LogConfig())
    log.truncate_fully(base, NOW)
    for i in range(base, end, 2):
        replicate(log, i, b"%d" % i)
    log.close()
    for suffix in (".log", ".index", ".timeindex"):
        name = f"{PATH}/{base:020d}{suffix}"
        disk.write(f"{name}.swap", twin.read(name))


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("renamed", range(4))
def test_an_interrupted_swap_is_finished(clean: bool, renamed: int) -> None:
    """At whatever point Kafka was killed: before the old segments went, or after."""
    disk = storage()
    bases = closed(disk)
    swapped(disk, bases[0], bases[2])
    for base in bases[: min(renamed, 2)]:
        disk.rename(log_file(base), log_file(base) + ".deleted")
    if renamed == 3:
        disk.rename(log_file(bases[0]) + ".swap", log_file(bases[0]))
    log = open_log(disk, CONFIG, clean=clean)
    kept = [v for v in values(0, 20) if v[0] >= bases[2] or v[0] % 2 == 0]
    assert contents(log) == kept
    assert names(disk, ".swap", ".deleted") == []
    assert bases[1] not in [s.base_offset for s in log.segments]
    log.close()
    assert contents(open_log(disk, CONFIG)) == kept


def test_a_swap_behind_unfinished_cleaning_isnt_trusted() -> None:
    """It may belong to a split that didn't finish (KAFKA-6264)."""
    disk = storage()
    bases = closed(disk)
    swapped(disk, bases[1], bases[2])
    disk.write(f"{PATH}/{bases[1]:020d}.log.cleaned", b"")
    assert contents(open_log(disk, CONFIG)) == values(0, 20)
    assert names(disk, ".swap", ".cleaned") == []


# -- small files ------------------------------------------------------------------------------


def test_a_folder_without_segments_begins_at_the_log_start() -> None:
    disk = storage()
    disk.make_dirs(PATH)
    disk.write(f"{PATH}/leader-epoch-checkpoint", b"0\n1\n3 5\n")
    log = open_log(disk, CONFIG, start=9)
    assert (log.start_offset, log.end_offset) == (9, 9)
    assert log.epochs.entries == []
    assert put(log, b"x").first_offset == 9


def test_another_topics_folder_is_refused() -> None:
    disk = storage()
    closed(disk)
    write_topic_id(disk, PATH, bytes(16))
    with pytest.raises(CorruptLog, match=r"partition.metadata"):
        open_log(disk, CONFIG)
    disk.write(f"{PATH}/partition.metadata", b"version: 0\ntopic_id: " + b"!" * 22)
    with pytest.raises(UserError, match=r"partition.metadata"):
        open_log(disk, CONFIG)


@pytest.mark.parametrize("content", [None, b""])
def test_a_lost_topic_id_is_written_again(content: bytes | None) -> None:
    disk = storage()
    closed(disk)
    right = disk.read(f"{PATH}/partition.metadata")
    if content is None:
        disk.remove(f"{PATH}/partition.metadata")
    else:
        disk.write(f"{PATH}/partition.metadata", content)
    open_log(disk, CONFIG)
    assert disk.read(f"{PATH}/partition.metadata") == right


def test_opening_survives_being_killed_anywhere() -> None:
    """A start after a crash fails at change 1, 2, ...; the next start finds the same records."""
    disk = storage()
    bases = closed(disk)
    disk.open(log_file(bases[-1])).append(b"torn")
    for name in names(disk, ".index"):
        disk.remove(f"{PATH}/{name}")
    disk.write(f"{PATH}/{bases[1]:020d}.log.cleaned", b"x")
    failed = 0
    while True:
        twin = copy_of(disk)
        twin.fail_at = failed + 1 + twin.changes
        try:
            open_log(twin, CONFIG, clean=False)
        except OSError:
            failed += 1
            twin.crash()
            assert contents(open_log(twin, CONFIG, clean=False)) == values(0, 20)
            continue
        break
    assert failed > 5
