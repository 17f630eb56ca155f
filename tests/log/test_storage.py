"""The disk and its twin in memory: the same rules, descriptors, locks, faults."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from msklite.log.storage import DiskFile, DiskStorage, MemoryStorage
from msklite.world import Storage


@pytest.fixture(params=["disk", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Storage, str]]:
    """A storage and a folder in it."""
    if request.param == "disk":
        disk = DiskStorage()
        yield disk, str(tmp_path)
        disk.close()
    else:
        memory = MemoryStorage()
        memory.make_dirs("/a")
        yield memory, "/a"


def test_files(place: tuple[Storage, str]) -> None:
    disk, folder = place
    file = disk.open(f"{folder}/f")
    file.append(b"0123")
    file.append_parts([b"45", memoryview(b"67"), bytearray(b"89")])
    assert file.size() == disk.size(f"{folder}/f") == 10
    assert file.read(3, 4) == b"3456" and file.read(8, 100) == b"89" and file.read(10, 5) == b""
    file.truncate(5)
    file.append(b"xy")
    file.sync()
    disk.sync(f"{folder}/f")
    file.close()
    assert file.read(0, 100) == b"01234xy"  # a closed one opens itself again
    other = disk.open(f"{folder}/f")
    assert other.size() == 7
    assert disk.list(folder) == ["f"] and disk.exists(f"{folder}/f")
    assert not disk.is_dir(f"{folder}/f") and disk.is_dir(folder)


def test_replacing_is_all_or_nothing(place: tuple[Storage, str]) -> None:
    disk, folder = place
    for sync in (True, False):
        disk.write(f"{folder}/f", b"old")
        disk.write(f"{folder}/f", b"new!", sync=sync)
        assert disk.read(f"{folder}/f") == b"new!"
    assert disk.list(folder) == ["f"]
    with pytest.raises(OSError):
        disk.write(f"{folder}/none/f", b"x")


def test_names(place: tuple[Storage, str]) -> None:
    disk, folder = place
    disk.make_dirs(f"{folder}/x/y")
    disk.write(f"{folder}/x/y/f", b"1")
    disk.rename(f"{folder}/x", f"{folder}/z")
    assert disk.read(f"{folder}/z/y/f") == b"1"
    assert disk.list(folder) == ["z"]
    disk.write(f"{folder}/z/g", b"2")
    disk.rename(f"{folder}/z/g", f"{folder}/z/y/f")
    assert disk.read(f"{folder}/z/y/f") == b"2" and disk.list(f"{folder}/z") == ["y"]
    disk.remove(f"{folder}/z/y/f")
    disk.remove_tree(f"{folder}/z")
    assert disk.list(folder) == []
    for ask in (disk.read, disk.size, disk.remove, disk.list, disk.sync):
        with pytest.raises(FileNotFoundError):
            ask(f"{folder}/none")
    with pytest.raises(FileNotFoundError):
        disk.rename(f"{folder}/none", f"{folder}/n")
    with pytest.raises(OSError):
        disk.open(f"{folder}/none/f")


def test_a_lock_is_held_once(place: tuple[Storage, str]) -> None:
    disk, folder = place
    held = disk.lock(f"{folder}/.lock")
    with pytest.raises(BlockingIOError):
        disk.lock(f"{folder}/.lock")
    held.release()
    disk.lock(f"{folder}/.lock").release()


def test_jobs_run_and_fail_to_whoever_waits(place: tuple[Storage, str]) -> None:
    disk, folder = place

    async def main() -> None:
        assert await disk.run(lambda: 5) == 5
        with pytest.raises(FileNotFoundError):
            await disk.run(lambda: disk.read(f"{folder}/none"))

    asyncio.run(main())


def test_sendfile(place: tuple[Storage, str]) -> None:
    disk, folder = place
    file = disk.open(f"{folder}/f")
    file.append(b"0123456789")
    near, far = socket.socketpair()
    with near, far:
        assert file.sendfile(near.fileno(), 2, 5) == 5
        assert far.recv(100) == b"23456"


# -- the real disk ----------------------------------------------------------------------------


def test_few_descriptors_serve_many_files(tmp_path: Path) -> None:
    disk = DiskStorage(max_open=10)
    files = [disk.open(str(tmp_path / f"{i}")) for i in range(100)]
    for round_ in range(3):
        for i, file in enumerate(files):
            file.append(b"%d," % round_)
            assert disk.open_files <= 10
            assert i < 10 or not files[0].is_open or files[0].used
    assert all(f.read(0, 100) == b"0,1,2," for f in files)
    disk.close()
    assert disk.open_files == 0


def test_when_the_system_has_no_descriptors_left_others_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = DiskStorage()
    files = [disk.open(str(tmp_path / f"{i}")) for i in range(8)]
    real, refusals = os.open, [errno.EMFILE]

    def scarce(*args: object, **kwargs: object) -> int:
        if refusals:
            raise OSError(refusals.pop(), "Too many open files")
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", scarce)
    late = disk.open(str(tmp_path / "late"))
    assert not refusals and disk.open_files < 9
    late.append(b"x")
    for file in files:
        file.append(b"y")
    disk.close()


def test_a_file_that_was_removed_doesnt_come_back_empty(tmp_path: Path) -> None:
    disk = DiskStorage()
    file = disk.open(str(tmp_path / "f"))
    file.append(b"x")
    file.close()
    (tmp_path / "f").unlink()
    with pytest.raises(FileNotFoundError):
        file.read(0, 1)
    assert not (tmp_path / "f").exists()
    disk.close()


def test_syncing_needs_no_descriptor_of_the_cache(tmp_path: Path) -> None:
    """It may run in another thread, and must not take the descriptor of a file in use."""
    disk = DiskStorage(max_open=1)
    first = disk.open(str(tmp_path / "1"))
    second = disk.open(str(tmp_path / "2"))
    assert isinstance(first, DiskFile) and not first.is_open
    first.sync()
    disk.sync(str(tmp_path / "1"))
    assert second.is_open and not first.is_open
    disk.close()


# -- the twin's faults ------------------------------------------------------------------------


def test_a_crash_loses_what_wasnt_synced() -> None:
    disk = MemoryStorage()
    disk.make_dirs("/a")
    file = disk.open("/a/f")
    file.append(b"synced")
    file.sync()
    file.append(b"lost!!")
    disk.write("/a/g", b"synced too")
    disk.write("/a/h", b"lost", sync=False)
    lock = disk.lock("/a/.lock")
    disk.crash()
    assert (disk.read("/a/f"), disk.read("/a/g"), disk.read("/a/h")) == (
        b"synced", b"synced too", b"",
    )  # fmt: skip
    with pytest.raises(OSError):
        file.append(b"x")  # a handle from before
    disk.lock("/a/.lock").release()
    lock.release()
    disk.open("/a/f").append(b"more")
    disk.crash(keep=lambda unsynced: unsynced - 1)
    assert disk.read("/a/f") == b"syncedmor"


def test_change_n_fails_and_changes_nothing() -> None:
    disk = MemoryStorage()
    disk.make_dirs("/a")
    file = disk.open("/a/f")
    disk.fail_at = disk.changes + 2
    file.append(b"1")
    with pytest.raises(OSError):
        file.append(b"2")
    file.append(b"3")
    assert disk.read("/a/f") == b"13"
    disk.fail_at, disk.fail_forever = disk.changes + 1, True
    for _ in range(3):
        with pytest.raises(OSError):
            disk.write("/a/f", b"")
    assert disk.read("/a/f") == b"13"


def test_room_is_counted() -> None:
    disk = MemoryStorage(capacity=10)
    disk.make_dirs("/a")
    file = disk.open("/a/f")
    file.append(b"12345678")
    with pytest.raises(OSError) as e:
        file.append(b"901")
    assert e.value.errno == errno.ENOSPC
    assert disk.space("/a").usable == 2
    file.truncate(0)
    file.append(b"1234567890")
    disk.remove("/a/f")
    assert disk.space("/a").usable == 10
