"""Generated from ExpireDelegationTokenResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_hqi = Struct(">hqi")

class ExpireDelegationTokenResponse(Message):
    __slots__ = ('error_code', 'expiry_timestamp_ms', 'throttle_time_ms', )
    API_KEY = 40
    VERSIONS = (1, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        error_code: int = 0,
        expiry_timestamp_ms: int = 0,
        throttle_time_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.expiry_timestamp_ms = expiry_timestamp_ms
        self.throttle_time_ms = throttle_time_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ExpireDelegationTokenResponse, int]:
        o = cls.__new__(cls)
        o.error_code, o.expiry_timestamp_ms, o.throttle_time_ms = _S_hqi.unpack_from(buf, pos)
        pos += 14
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hqi.pack(self.error_code, self.expiry_timestamp_ms, self.throttle_time_ms)
        if version >= 2:
            out += b"\0"

