"""Generated from UnfenceBrokerRecord.json; see tools/generate_messages.py."""

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

class UnfenceBrokerRecord(Message):
    __slots__ = ('id', 'epoch', )
    API_KEY = 8
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        id: int = 0,
        epoch: int = 0,
    ) -> None:
        self.id = id
        self.epoch = epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UnfenceBrokerRecord, int]:
        o = cls.__new__(cls)
        o.id, o.epoch = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.id, self.epoch)
        out += b"\0"

