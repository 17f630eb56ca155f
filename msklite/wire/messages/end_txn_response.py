"""Generated from EndTxnResponse.json; see tools/generate_messages.py."""

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
_S_qh = Struct(">qh")

class EndTxnResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'producer_id', 'producer_epoch', )
    API_KEY = 26
    VERSIONS = (0, 5)
    FLEXIBLE = 3

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        producer_id: int = -1,
        producer_epoch: int = -1,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EndTxnResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        if version >= 5:
            o.producer_id, o.producer_epoch = _S_qh.unpack_from(buf, pos)
            pos += 10
        else:
            o.producer_id = -1
            o.producer_epoch = -1
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        if version >= 5:
            out += _S_qh.pack(self.producer_id, self.producer_epoch)
        if version >= 3:
            out += b"\0"

