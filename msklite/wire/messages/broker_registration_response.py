"""Generated from BrokerRegistrationResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_ihq = Struct(">ihq")

class BrokerRegistrationResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'broker_epoch', )
    API_KEY = 62
    VERSIONS = (0, 4)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        broker_epoch: int = -1,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.broker_epoch = broker_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BrokerRegistrationResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code, o.broker_epoch = _S_ihq.unpack_from(buf, pos)
        pos += 14
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ihq.pack(self.throttle_time_ms, self.error_code, self.broker_epoch)
        out += b"\0"

