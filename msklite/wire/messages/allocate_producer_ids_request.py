"""Generated from AllocateProducerIdsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_iq = Struct(">iq")

class AllocateProducerIdsRequest(Message):
    __slots__ = ('broker_id', 'broker_epoch', )
    API_KEY = 67
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AllocateProducerIdsRequest, int]:
        o = cls.__new__(cls)
        o.broker_id, o.broker_epoch = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.broker_id, self.broker_epoch)
        out += b"\0"

