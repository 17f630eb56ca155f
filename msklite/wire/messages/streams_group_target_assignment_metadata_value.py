"""Generated from StreamsGroupTargetAssignmentMetadataValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_i = Struct(">i")

class StreamsGroupTargetAssignmentMetadataValue(Message):
    __slots__ = ('assignment_epoch', )
    API_KEY = 20
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        assignment_epoch: int = 0,
    ) -> None:
        self.assignment_epoch = assignment_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupTargetAssignmentMetadataValue, int]:
        o = cls.__new__(cls)
        o.assignment_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.assignment_epoch)
        out += b"\0"

