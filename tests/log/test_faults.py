"""Disks that fail, run full or lose what wasn't synced: nothing that was acknowledged is lost.

A log is driven through the same story while change 1, 2, 3, ... of the disk fails, until none does.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from msklite.errors import KafkaError
from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from msklite.log.storage import DiskFile, DiskStorage
from tests.log.logs import NOW, append, contents, idempotent, names, open_log, put, storage

CONFIG = LogConfig(segment_bytes=400, index_interval_bytes=80)


class Story:
    """Appends of an idempotent producer, flushes, truncations, deletions; and what was promised."""

    def __init__(self, disk: MemoryStorage) -> None:
        self.disk = disk
        self.log = open_log(disk, CONFIG)
        self.acknowledged: dict[int, bytes] = {}
        self.flushed = 0
        self.start = 0
        self.sequence = 0
        self.failures = 0
        self.target = 0
        self.cutting = False

    def append(self) -> None:
        data = idempotent(self.sequence, 2)
        values = [b"%d" % (self.sequence + i) for i in range(2)]
        info = append(self.log, data, epoch=self.sequence // 10)
        for i, value in enumerate(values):
            self.acknowledged[info.first_offset + i] = value
        self.sequence += 2

    def flush(self) -> None:
        self.log.flush()
        self.flushed = self.log.end_offset

    def truncate(self) -> None:
        if not self.cutting:
            self.target = self.log.end_offset - 4
        target, self.cutting = self.target, True
        self.flushed = min(self.flushed, target)
        self.acknowledged = {o: v for o, v in self.acknowledged.items() if o < target}
        self.log.truncate_to(target)
        self.sequence, self.cutting = target, False

    def delete(self) -> None:
        target = self.log.end_offset // 2
        self.start = max(self.start, target)
        self.log.advance_start(target)
        self.log.collect()

    def tell(self) -> None:
        """The story; a step that fails is tried once more."""
        steps: list[Callable[[], None]] = []
        steps += [self.append] * 7 + [self.flush] + [self.append] * 3 + [self.delete]
        steps += [self.append] * 3 + [self.truncate] + [self.append] * 6 + [self.flush, self.append]
        for step in steps:
            try:
                step()
            except OSError:
                self.failures += 1
                self.check(self.log)
                step()
        self.check(self.log)

    def check(self, log: Log, least: int | None = None) -> None:
        """All that was acknowledged is there, once; beyond it nothing, but after a crash."""
        found = dict(contents(log))
        assert len(found) == len(contents(log))
        start = max(self.start, log.start_offset)
        end = least if least is not None else max(self.acknowledged, default=-1) + 1
        expected = {o: v for o, v in self.acknowledged.items() if start <= o < end}
        assert {o: v for o, v in found.items() if start <= o < end} == expected
        if least is None and not self.cutting:
            assert log.end_offset == max(self.acknowledged, default=log.end_offset - 1) + 1


def tell(fail_at: int | None, error: int = errno.EIO) -> Story:
    disk = storage()
    open_log(disk, CONFIG)
    disk.fail_errno = error
    disk.fail_at = None if fail_at is None else disk.changes + fail_at
    story = Story(disk)
    story.tell()
    return story


def every_failure() -> int:
    """How many changes the story makes."""
    disk = storage()
    open_log(disk, CONFIG)
    before = disk.changes
    Story(disk).tell()
    return disk.changes - before


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_whatever_change_fails_the_log_goes_on_and_is_whole(error: int) -> None:
    count = every_failure()
    assert count > 60
    failures = 0
    for n in range(1, count + 1):
        story = tell(n, error)
        failures += story.failures
        end = story.log.end_offset
        story.log.close()
        for clean in (True, False):
            log = open_log(story.disk, CONFIG, clean=clean, start=story.start)
            assert log.end_offset == end
            story.check(log)
    assert failures > 20


@pytest.mark.parametrize("keep", ["nothing", "half", "all"])
def test_after_a_crash_all_that_was_flushed_is_there(keep: str) -> None:
    """Whatever change fails, and the power is lost at the end."""
    kept: dict[str, Callable[[int], int]] = {
        "nothing": lambda n: 0,
        "half": lambda n: n // 2,
        "all": lambda n: n,
    }
    for n in range(1, every_failure() + 1):
        story = tell(n)
        recovery_point = story.log.recovery_point
        story.disk.crash(kept[keep])
        log = open_log(
            story.disk, CONFIG, clean=False, recovery_point=recovery_point, start=story.start
        )
        assert log.end_offset >= story.flushed
        story.check(log, story.flushed)
        if keep == "all":
            story.check(log)
        sequence = log.end_offset
        assert append(log, idempotent(sequence, 2), epoch=99).first_offset == sequence
        with pytest.raises(KafkaError):
            append(log, idempotent(sequence + 50, 2), epoch=99)


def test_a_crash_at_any_moment() -> None:
    """The disk fails for good at change n, and is what it was then after the crash."""
    for n in range(1, every_failure() + 1):
        disk = storage()
        story = Story(disk)
        disk.fail_at, disk.fail_forever = disk.changes + n, True
        with pytest.raises(OSError):
            story.tell()
        recovery_point = story.log.recovery_point
        disk.crash(lambda unsynced: unsynced)
        disk.fail_forever = False
        log = open_log(disk, CONFIG, clean=False, recovery_point=recovery_point, start=story.start)
        story.check(log, max(story.acknowledged, default=-1) + 1)


# -- a full disk ------------------------------------------------------------------------------


def test_a_full_disk_takes_whole_batches_or_nothing() -> None:
    disk = storage(capacity=3000)
    log = open_log(disk, CONFIG)
    count = 0
    while True:
        try:
            put(log, b"%d" % count)
        except OSError as e:
            assert e.errno == errno.ENOSPC
            break
        count += 1
    assert [v for _, v in contents(log)] == [b"%d" % i for i in range(count)]
    assert log.size == sum(disk.size(s.path + ".log") for s in log.segments)
    log.advance_start(log.segments[-1].base_offset)  # retention makes room
    log.collect()
    assert put(log, b"again").first_offset == count
    disk.crash(lambda unsynced: unsynced)
    again = open_log(disk, CONFIG, clean=False, start=log.start_offset)
    assert again.end_offset == count + 1


def test_a_write_that_stops_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real disk: the system takes a part, then says that it is full."""
    disk = DiskStorage()
    log = open_log(disk, CONFIG, path=str(tmp_path / "t-0"))
    put(log, b"first")
    size = log.size
    real = os.pwrite
    calls: list[int] = []

    def full(fd: int, data: object, pos: int) -> int:
        calls.append(pos)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, bytes(data)[:10], pos)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(os, "pwrite", full)
    monkeypatch.setattr(os, "pwritev", lambda fd, parts, pos: full(fd, b"".join(parts), pos))
    with pytest.raises(OSError) as e:
        put(log, b"second")
    assert e.value.errno == errno.ENOSPC and len(calls) == 2
    monkeypatch.undo()
    assert os.path.getsize(log.segments[0].path + ".log") == size
    put(log, b"third")
    assert [v for _, v in contents(log)] == [b"first", b"third"]
    log.close()
    disk.close()


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = DiskStorage()
    file = disk.open(str(tmp_path / "f"))
    assert isinstance(file, DiskFile)
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, pos: real(fd, bytes(data)[:7], pos))
    monkeypatch.setattr(os, "pwritev", lambda fd, parts, pos: real(fd, b"".join(parts)[:5], pos))
    file.append(b"0123456789" * 3)
    file.append_parts([b"abc", b"defghijkl"])
    monkeypatch.undo()
    assert disk.read(str(tmp_path / "f")) == b"0123456789" * 3 + b"abcdefghijkl"
    disk.close()


def test_names_of_left_overs_after_the_story() -> None:
    story = tell(None)
    story.log.close()
    assert names(story.disk, ".deleted", ".tmp", ".swap") == []
    assert story.failures == 0 and NOW
