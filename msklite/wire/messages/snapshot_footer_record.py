"""Generated from SnapshotFooterRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_h = Struct(">h")

class SnapshotFooterRecord(Message):
    __slots__ = ('version', )
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        version: int = 0,
    ) -> None:
        self.version = version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SnapshotFooterRecord, int]:
        o = cls.__new__(cls)
        o.version, = _S_h.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.version)
        out += b"\0"

