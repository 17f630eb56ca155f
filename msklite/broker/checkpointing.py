"""The checkpoint files of a broker: how far its logs are written, committed, deleted and cleaned.

Written when they changed, one at a time, synced off the loop. A damaged one isn't fatal, as in
Kafka: without recovery points everything is checked, without log starts the first segments' bases
count, high watermarks are found anew, and cleaning begins at the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from logging import Logger

from msklite.log.checkpoints import (
    CLEANER,
    LOG_START,
    RECOVERY_POINT,
    REPLICATION,
    DamagedCheckpoint,
    read_offsets,
    write_offsets,
)
from msklite.partition.partition import Partition
from msklite.world import Storage

Offsets = dict[tuple[str, int], int]


def _log_start(p: Partition) -> int | None:
    """Only where it isn't plain from the first segment's name."""
    start = p.log.start_offset
    return start if start > p.log.segments[0].base_offset else None


def _cleaned(p: Partition) -> int | None:
    """Only of logs that were cleaned."""
    return p.log.cleaned_offset if p.log.config.compacted and p.log.cleaned_offset >= 0 else None


_VALUES: dict[str, Callable[[Partition], int | None]] = {
    RECOVERY_POINT: lambda p: p.log.recovery_point,
    REPLICATION: lambda p: p.high_watermark,
    LOG_START: _log_start,
    CLEANER: _cleaned,
}


class Checkpoints:
    """The files in `directory`, of the partitions that `hosted` names."""

    def __init__(
        self,
        storage: Storage,
        directory: str,
        hosted: Callable[[], Iterable[Partition]],
        log: Logger,
    ) -> None:
        self._storage = storage
        self._directory = directory
        self._hosted = hosted
        self._log = log
        self._lock = asyncio.Lock()
        self._written: dict[str, Offsets] = {}
        self._kept: set[tuple[str, int]] = set()

    def read(self) -> dict[str, Offsets]:
        """What the files say."""
        found: dict[str, Offsets] = {}
        for name in _VALUES:
            path = f"{self._directory}/{name}"
            try:
                found[name] = read_offsets(self._storage, path)
                if self._storage.exists(path):
                    self._written[name] = found[name]
            except DamagedCheckpoint as e:
                self._log.warning("%s Going on without it.", e)
                found[name] = {}
        return {name: dict(entries) for name, entries in found.items()}

    def keep(self, key: tuple[str, int]) -> None:
        """This log can't be opened now: what is known of it must not be forgotten."""
        self._kept.add(key)

    def forget(self, key: tuple[str, int]) -> None:
        """A new log begins under an old name: the old one's offsets aren't its own."""
        self._kept.discard(key)
        for name, entries in self._written.items():
            if entries.pop(key, None) is not None:
                write_offsets(self._storage, f"{self._directory}/{name}", entries)

    def lower(self, partition: Partition) -> None:
        """The log was cut: what its recovery point said of it until now no longer holds."""
        key, entries = (partition.topic, partition.index), self._written.get(RECOVERY_POINT, {})
        if entries.get(key, 0) > partition.log.recovery_point:
            entries[key] = partition.log.recovery_point
            write_offsets(self._storage, f"{self._directory}/{RECOVERY_POINT}", entries)

    async def write(self, *names: str) -> None:
        """Write those of the files whose entries changed."""
        async with self._lock:
            for name in names:
                value = _VALUES[name]
                before = self._written.get(name)
                written = before or {}
                entries = {key: written[key] for key in self._kept if key in written}
                for p in self._hosted():
                    offset = value(p)
                    if offset is not None:
                        entries[p.topic, p.index] = offset
                if entries == before:
                    continue
                path = f"{self._directory}/{name}"
                self._written[name] = entries
                try:
                    copy: Offsets | None = None
                    while copy != entries:  # `forget` may have come between
                        copy = dict(entries)
                        await self._storage.run(partial(write_offsets, self._storage, path, copy))
                except BaseException:
                    if before is None:
                        del self._written[name]
                    else:
                        self._written[name] = before
                    raise
