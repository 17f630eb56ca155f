"""Giving produced batches their place: base offset and leader epoch, both outside the CRC.

And what is told of an append afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from msklite.wire.batch import BatchHeader, set_base, set_place
from msklite.wire.primitives import Buffer

_PATCHED = 16


@dataclass(slots=True)
class AppendInfo:
    """What became of an append. `append_time` is -1 where producers' times are kept."""

    first_offset: int
    last_offset: int
    max_timestamp: int
    append_time: int
    duplicate: bool
    start_offset: int


class Placed(NamedTuple):
    """Batches ready to be written, in one or more buffers."""

    parts: list[Buffer]
    length: int
    next_offset: int
    max_timestamp: int


def place(data: Buffer, headers: list[BatchHeader], first: int, leader_epoch: int) -> Placed:
    """Number the batches of `data` from `first` on, in place where it may be written to.

    What may not is left alone: a single batch then goes out in two parts, without being copied.
    """
    writable = isinstance(data, bytearray) or (isinstance(data, memoryview) and not data.readonly)
    if writable and len(headers) == 1:  # every Produce comes this way
        header = headers[0]
        header.base_offset = first
        header.leader_epoch = leader_epoch
        set_place(data, header)  # type: ignore[arg-type]
        following = first + header.last_offset_delta + 1
        return Placed([data], header.length, following, max(header.max_timestamp, -1))
    if not writable and len(headers) > 1:
        data, writable = bytearray(data), True
    offset = first
    position = 0
    max_timestamp = -1
    for header in headers:
        header.base_offset = offset
        header.leader_epoch = leader_epoch
        if writable:
            set_base(data, position, offset, leader_epoch)  # type: ignore[arg-type]
        offset += header.last_offset_delta + 1
        position += header.length
        if header.max_timestamp > max_timestamp:
            max_timestamp = header.max_timestamp
    if writable:
        return Placed([data], position, offset, max_timestamp)
    top = bytearray(data[:_PATCHED])
    set_base(top, 0, first, leader_epoch)
    return Placed([top, memoryview(data)[_PATCHED:]], position, offset, max_timestamp)
