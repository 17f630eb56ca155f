"""What a log's folder may hold besides its segments, and what becomes of it when the log is opened.

- `.deleted` files are removed: whoever renamed them had decided. Only checkpoints of the metadata
  log that are marked so are left to their owner.
- `.cleaned` files are the unfinished work of a cleaner: removed, with the `.swap` files that may
  belong to the same unfinished split (KAFKA-6264).
- The other `.swap` files are a cleaner's finished work: the segments that they replace are removed
  and the files get their real names. All swaps were written and flushed before the first rename.
- Indexes without a segment are removed, as are half-written replacements of our own small files.
- Everything else is somebody's: left alone.

Follows Kafka's LogLoader.
"""

from __future__ import annotations

import re

from msklite.log.checkpoints import EPOCHS
from msklite.log.directories import PARTITION_METADATA
from msklite.log.segment import (
    CLEANED,
    DELETED,
    INDEX,
    LOG,
    SNAPSHOT,
    SWAP,
    TIME_INDEX,
    TXN_INDEX,
)
from msklite.wire.batch import HEADER_SIZE, parse_header
from msklite.world import Storage

_OFFSET = re.compile(r"\d{20}")
_REPLACEMENT = re.compile(
    rf"({re.escape(EPOCHS)}|{re.escape(PARTITION_METADATA)}|\d{{20}}\.snapshot|append-times)\.tmp"
)


def offset_of(name: str) -> int | None:
    """The offset that a file's name begins with."""
    return int(name[:20]) if _OFFSET.match(name) else None


def offsets_with(names: set[str], suffix: str) -> list[int]:
    """The offsets of all files NNN with this suffix, ascending."""
    return sorted(int(n[:20]) for n in names if n[20:] == suffix and _OFFSET.match(n))


def tidy(storage: Storage, path: str, names: set[str]) -> None:
    """Finish or undo what was under way in the folder; `names` is kept in step."""

    def remove(name: str) -> None:
        storage.remove(f"{path}/{name}")
        names.discard(name)

    unfinished = [n for n in names if n.endswith(CLEANED)]
    least = min((o for n in unfinished if (o := offset_of(n)) is not None), default=None)
    for name in sorted(names):
        offset = offset_of(name)
        half_split = name.endswith(SWAP) and least is not None and (offset or 0) >= least
        deleted = name.endswith(DELETED) and not name.endswith(".checkpoint" + DELETED)
        if deleted or half_split or _REPLACEMENT.fullmatch(name):
            remove(name)
    for name in unfinished:
        remove(name)
    _finish_swaps(storage, path, names)
    for name in sorted(names):
        if name[20:] in (INDEX, TIME_INDEX, TXN_INDEX) and offset_of(name) is not None:
            if name[:20] + LOG not in names:
                remove(name)


def _finish_swaps(storage: Storage, path: str, names: set[str]) -> None:
    swaps = sorted(n for n in names if n.endswith(SWAP) and offset_of(n) is not None)
    logs = [n for n in swaps if n[20:] == LOG + SWAP]
    if logs:
        first = int(logs[0][:20])
        end = max(_next_offset(storage, f"{path}/{n}", int(n[:20])) for n in logs)
        for name in sorted(names):
            offset = offset_of(name)
            replaced = offset is not None and first <= offset < end
            # A snapshot of producers isn't replaced by cleaning.
            if replaced and not name.endswith((SWAP, SNAPSHOT)):
                storage.remove(f"{path}/{name}")
                names.discard(name)
    # The log itself last: an index that is left without one is found and removed.
    for name in sorted(swaps, key=lambda n: n[20:] == LOG + SWAP):
        plain = name.removesuffix(SWAP)
        storage.rename(f"{path}/{name}", f"{path}/{plain}")
        names.discard(name)
        names.add(plain)


def _next_offset(storage: Storage, file: str, base_offset: int) -> int:
    """The offset after the last batch of a cleaned segment's file."""
    reader = storage.open(file)
    try:
        position, size, following = 0, reader.size(), base_offset
        while position + HEADER_SIZE <= size:
            header = parse_header(reader.read(position, HEADER_SIZE))
            if header.length < HEADER_SIZE:
                break
            following = max(following, header.next_offset)
            position += header.length
        return following
    finally:
        reader.close()
