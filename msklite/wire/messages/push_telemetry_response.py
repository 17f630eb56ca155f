"""Generated from PushTelemetryResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_ih = Struct(">ih")

class PushTelemetryResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', )
    API_KEY = 72
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PushTelemetryResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        out += b"\0"

