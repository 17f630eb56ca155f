"""Generated from HeartbeatResponse.json; see tools/generate_messages.py."""

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
_S_i = Struct(">i")

class HeartbeatResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', )
    API_KEY = 12
    VERSIONS = (0, 4)
    FLEXIBLE = 4

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[HeartbeatResponse, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            out += _S_i.pack(self.throttle_time_ms)
        out += _S_h.pack(self.error_code)
        if version >= 4:
            out += b"\0"

