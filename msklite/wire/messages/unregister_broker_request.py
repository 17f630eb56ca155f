"""Generated from UnregisterBrokerRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_i = Struct(">i")

class UnregisterBrokerRequest(Message):
    __slots__ = ('broker_id', )
    API_KEY = 64
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
    ) -> None:
        self.broker_id = broker_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UnregisterBrokerRequest, int]:
        o = cls.__new__(cls)
        o.broker_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.broker_id)
        out += b"\0"

