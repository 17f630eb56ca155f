"""Generated from FeatureLevelRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
)

_S_h = Struct(">h")

class FeatureLevelRecord(Message):
    __slots__ = ('name', 'feature_level', )
    API_KEY = 12
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        name: str = "",
        feature_level: int = 0,
    ) -> None:
        self.name = name
        self.feature_level = feature_level

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FeatureLevelRecord, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.feature_level, = _S_h.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_h.pack(self.feature_level)
        out += b"\0"

