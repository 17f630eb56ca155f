"""Checking a segment's bytes after a crash, and building its indexes anew.

A batch counts if it is whole, of magic 2, with the right CRC and an offset that goes on. What
follows the last good batch is one of two things:
- a torn tail, left by a write that didn't finish: it is cut off;
- damage: good batches follow further on, its own or an earlier offset is wrong, or the segment
  isn't the last one. Cutting there would throw away records that were acknowledged, so `CorruptLog`
  is raised and nothing is touched. (Kafka cuts in both cases.)
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msklite.log.index import MAX_RELATIVE
from msklite.log.segment import LOG, IndexBuilder, Segment
from msklite.wire.batch import (
    HEADER_SIZE,
    MAGIC,
    BatchError,
    BatchHeader,
    batch_length,
    check_batch,
    parse_header,
)
from msklite.wire.primitives import Buffer

_CHUNK = 1024 * 1024
_SEARCH = 64 * 1024 * 1024
Found = Callable[[BatchHeader, Buffer, int], None]


class CorruptLog(Exception):
    """A log that can't be opened without losing records: where, and one sentence."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(f"{path}: {sentence}")
        self.path = path


def good_batches(segment: Segment, found: Found, next_offset: int) -> tuple[int, int]:
    """Call `found` for each batch that counts, from the start; (position, next offset) after them.

    `found` gets the header, a buffer and the batch's place in it.
    """
    file = segment.open()
    position = 0
    size = segment.size
    buffer = b""
    while position < size:
        at = 0
        buffer = file.read(position, _CHUNK)
        end = len(buffer)
        while at + HEADER_SIZE <= end:
            length = batch_length(buffer, at)
            if length < HEADER_SIZE or position + at + length > size:
                return position + at, next_offset
            if at + length > end:
                break
            try:
                header = check_batch(buffer, at, end, client=False)
            except BatchError:
                return position + at, next_offset
            if not _goes_on(segment, header, next_offset):
                return position + at, next_offset
            found(header, buffer, at)
            next_offset = header.next_offset
            at += length
        if at == 0:
            # one batch longer than a chunk, or less than a header is left
            if len(buffer) < HEADER_SIZE:
                break
            buffer = file.read(position, batch_length(buffer))
            try:
                header = check_batch(buffer, 0, len(buffer), client=False)
            except BatchError:
                break
            if not _goes_on(segment, header, next_offset):
                break
            found(header, buffer, 0)
            next_offset = header.next_offset
            at = header.length
        position += at
    return position, next_offset


def _goes_on(segment: Segment, header: BatchHeader, next_offset: int) -> bool:
    """Whether the batch's offsets, which no checksum covers, can be right."""
    return (
        header.base_offset >= next_offset
        and header.last_offset_delta >= 0
        and header.last_offset - segment.base_offset <= MAX_RELATIVE
    )


def batch_follows(segment: Segment, position: int, next_offset: int) -> int | None:
    """Where, from `position` on, there is a sound batch: it, or one with a later offset."""
    data = segment.open().read(position, _SEARCH)
    if _is_sound(data, 0) is not None:
        return position  # only its offset is wrong
    # Offsets near `next_offset` share their upper four bytes; byte 16 is the magic.
    high = re.escape((next_offset >> 32).to_bytes(4, "big"))
    for match in re.finditer(b"(?s)(?=" + high + b".{12}\x02)", data):
        at = match.start()
        # Not `next_offset` itself: that belongs to what was torn, which may have batches inside.
        header = _is_sound(data, at) if at else None
        if header is not None and header.base_offset > next_offset:
            return position + at
    return None


def _is_sound(data: bytes, at: int) -> BatchHeader | None:
    try:
        return check_batch(data, at, len(data), client=False)
    except BatchError:
        return None


def recover(
    segment: Segment, found: Found, *, last: bool, durable: int = 0, cut: bool = False
) -> int:
    """Check a whole segment, cut a torn tail, rebuild its indexes; the next offset after it.

    Offsets below `durable` are known to have been on the disk. What is damaged beyond is cut if
    `cut`, whatever it is.
    """
    builder = IndexBuilder(segment)

    def note(header: BatchHeader, buffer: Buffer, at: int) -> None:
        builder.add(header)
        found(header, buffer, at)

    position, next_offset = good_batches(segment, note, segment.base_offset)
    if position < segment.size:
        if not cut or next_offset < durable:
            _judge_rest(segment, position, next_offset, last, durable)
        segment.open().truncate(position)
        segment.size = position
    builder.finish()
    return next_offset


def _judge_rest(
    segment: Segment, position: int, next_offset: int, last: bool, durable: int
) -> None:
    path = segment.path + LOG
    if next_offset < durable:
        raise CorruptLog(
            path,
            f"the batch at byte {position} is damaged, and records up to offset {durable - 1} had "
            "been written completely; nothing was changed. Restore the file, or cut it at byte "
            f"{position} and remove recovery-point-offset-checkpoint to give up what follows.",
        )
    if not _may_be_torn(segment, position, next_offset):
        raise CorruptLog(
            path,
            f"what stands at byte {position} is no part of a record batch; nothing was changed. "
            f"Restore the file, or cut it at byte {position} to give up what follows.",
        )
    if not last:
        raise CorruptLog(
            path, f"the batch at byte {position} is damaged, and later segments follow it."
        )
    follows = batch_follows(segment, position, next_offset)
    if follows is not None:
        what = "is damaged" if follows > position else "or one before it has a wrong offset"
        raise CorruptLog(
            path,
            f"the batch at byte {position} {what}, but sound records follow from byte {follows} "
            f"on; nothing was changed. Restore the file, or cut it at byte {position} to give up "
            "what follows.",
        )


def _may_be_torn(segment: Segment, position: int, next_offset: int) -> bool:
    """Whether a write that didn't finish can have left this: part of a batch, or nothing yet.

    A power loss may leave zeros where sectors never came, in the middle of a header too.
    """
    head = segment.open().read(position, HEADER_SIZE)
    if len(head) < HEADER_SIZE or not any(head):
        return True
    header = parse_header(head)
    if header.magic == MAGIC and header.length >= HEADER_SIZE:
        return header.base_offset >= next_offset
    return not head[-1] and _only_zeros(segment, position + HEADER_SIZE)


def _only_zeros(segment: Segment, position: int) -> bool:
    while data := segment.open().read(position, _SEARCH):
        if any(data):
            return False
        position += len(data)
    return True
