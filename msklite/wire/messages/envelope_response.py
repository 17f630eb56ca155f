"""Generated from EnvelopeResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_compact_bytes_or_none,
    skip_tags,
    unpack_from,
    write_compact_bytes,
)

_S_h = Struct(">h")

class EnvelopeResponse(Message):
    __slots__ = ('response_data', 'error_code', )
    API_KEY = 58
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        response_data: bytes | None = None,
        error_code: int = 0,
    ) -> None:
        self.response_data = response_data
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EnvelopeResponse, int]:
        o = cls.__new__(cls)
        o.response_data, pos = read_compact_bytes_or_none(buf, pos)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_bytes(out, self.response_data)
        out += _S_h.pack(self.error_code)
        out += b"\0"

