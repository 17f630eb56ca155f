"""Generated from KRaftVersionRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_hh = Struct(">hh")

class KRaftVersionRecord(Message):
    __slots__ = ('version', 'kraft_version', )
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        version: int = 0,
        kraft_version: int = 0,
    ) -> None:
        self.version = version
        self.kraft_version = kraft_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[KRaftVersionRecord, int]:
        o = cls.__new__(cls)
        o.version, o.kraft_version = _S_hh.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hh.pack(self.version, self.kraft_version)
        out += b"\0"

