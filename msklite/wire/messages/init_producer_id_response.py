"""Generated from InitProducerIdResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_ihqh = Struct(">ihqh")
_S_qh = Struct(">qh")

class InitProducerIdResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'producer_id', 'producer_epoch', 'ongoing_txn_producer_id', 'ongoing_txn_producer_epoch', )
    API_KEY = 22
    VERSIONS = (0, 6)
    FLEXIBLE = 2

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        producer_id: int = -1,
        producer_epoch: int = 0,
        ongoing_txn_producer_id: int = -1,
        ongoing_txn_producer_epoch: int = -1,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.ongoing_txn_producer_id = ongoing_txn_producer_id
        self.ongoing_txn_producer_epoch = ongoing_txn_producer_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[InitProducerIdResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code, o.producer_id, o.producer_epoch = _S_ihqh.unpack_from(buf, pos)
        pos += 16
        if version >= 6:
            o.ongoing_txn_producer_id, o.ongoing_txn_producer_epoch = _S_qh.unpack_from(buf, pos)
            pos += 10
        else:
            o.ongoing_txn_producer_id = -1
            o.ongoing_txn_producer_epoch = -1
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ihqh.pack(self.throttle_time_ms, self.error_code, self.producer_id, self.producer_epoch)
        if version >= 6:
            out += _S_qh.pack(self.ongoing_txn_producer_id, self.ongoing_txn_producer_epoch)
        if version >= 2:
            out += b"\0"

