"""Generated from ResponseHeader.json; see tools/generate_messages.py."""

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

class ResponseHeader(Message):
    __slots__ = ('correlation_id', )
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        correlation_id: int = 0,
    ) -> None:
        self.correlation_id = correlation_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ResponseHeader, int]:
        o = cls.__new__(cls)
        o.correlation_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.correlation_id)
        if version >= 1:
            out += b"\0"

