"""Generated from ExpireDelegationTokenRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_bytes,
    read_compact_bytes,
    skip_tags,
    unpack_from,
    write_bytes,
    write_compact_bytes,
)

_S_q = Struct(">q")

class ExpireDelegationTokenRequest(Message):
    __slots__ = ('hmac', 'expiry_time_period_ms', )
    API_KEY = 40
    VERSIONS = (1, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        hmac: bytes = b"",
        expiry_time_period_ms: int = 0,
    ) -> None:
        self.hmac = hmac
        self.expiry_time_period_ms = expiry_time_period_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ExpireDelegationTokenRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.hmac, pos = read_compact_bytes(buf, pos)
        else:
            o.hmac, pos = read_bytes(buf, pos)
        o.expiry_time_period_ms, = _S_q.unpack_from(buf, pos)
        pos += 8
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_bytes(out, self.hmac)
        else:
            write_bytes(out, self.hmac)
        out += _S_q.pack(self.expiry_time_period_ms)
        if version >= 2:
            out += b"\0"

