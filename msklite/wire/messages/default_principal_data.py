"""Generated from DefaultPrincipalData.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")

class DefaultPrincipalData(Message):
    __slots__ = ('type', 'name', 'token_authenticated', )
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        type: str = "",
        name: str = "",
        token_authenticated: bool = False,
    ) -> None:
        self.type = type
        self.name = name
        self.token_authenticated = token_authenticated

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DefaultPrincipalData, int]:
        o = cls.__new__(cls)
        o.type, pos = read_compact_string(buf, pos)
        o.name, pos = read_compact_string(buf, pos)
        o.token_authenticated, = _S_Z.unpack_from(buf, pos)
        pos += 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.type)
        write_compact_string(out, self.name)
        out += _S_Z.pack(self.token_authenticated)
        out += b"\0"

