"""Generated from RemoveUserScramCredentialRecord.json; see tools/generate_messages.py."""

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

_S_b = Struct(">b")

class RemoveUserScramCredentialRecord(Message):
    __slots__ = ('name', 'mechanism', )
    API_KEY = 22
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
    ) -> None:
        self.name = name
        self.mechanism = mechanism

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[RemoveUserScramCredentialRecord, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.mechanism, = _S_b.unpack_from(buf, pos)
        pos += 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_b.pack(self.mechanism)
        out += b"\0"

