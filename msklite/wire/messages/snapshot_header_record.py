"""Generated from SnapshotHeaderRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_hq = Struct(">hq")

class SnapshotHeaderRecord(Message):
    __slots__ = ('version', 'last_contained_log_timestamp', )
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        version: int = 0,
        last_contained_log_timestamp: int = 0,
    ) -> None:
        self.version = version
        self.last_contained_log_timestamp = last_contained_log_timestamp

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SnapshotHeaderRecord, int]:
        o = cls.__new__(cls)
        o.version, o.last_contained_log_timestamp = _S_hq.unpack_from(buf, pos)
        pos += 10
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hq.pack(self.version, self.last_contained_log_timestamp)
        out += b"\0"

