"""Generated from SaslHandshakeResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_count,
    read_string,
    unpack_from,
    write_string,
)

_S_h = Struct(">h")
_S_i = Struct(">i")

class SaslHandshakeResponse(Message):
    __slots__ = ('error_code', 'mechanisms', )
    API_KEY = 17
    VERSIONS = (0, 1)
    FLEXIBLE = 32767

    def __init__(
        self,
        error_code: int = 0,
        mechanisms: list[str] | None = None,
    ) -> None:
        self.error_code = error_code
        self.mechanisms: list[str] = [] if mechanisms is None else mechanisms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SaslHandshakeResponse, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("mechanisms must not be null")
        else:
            mechanisms_items = []
            for _ in range(n):
                mechanisms_item, pos = read_string(buf, pos)
                mechanisms_items.append(mechanisms_item)
            o.mechanisms = mechanisms_items
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        out += _S_i.pack(len(self.mechanisms))
        for mechanisms_item in self.mechanisms:
            write_string(out, mechanisms_item)

