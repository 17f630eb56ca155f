"""Generated from ProducerIdsRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_iqq = Struct(">iqq")

class ProducerIdsRecord(Message):
    __slots__ = ('broker_id', 'broker_epoch', 'next_producer_id', )
    API_KEY = 15
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
        next_producer_id: int = 0,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.next_producer_id = next_producer_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ProducerIdsRecord, int]:
        o = cls.__new__(cls)
        o.broker_id, o.broker_epoch, o.next_producer_id = _S_iqq.unpack_from(buf, pos)
        pos += 20
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iqq.pack(self.broker_id, self.broker_epoch, self.next_producer_id)
        out += b"\0"

