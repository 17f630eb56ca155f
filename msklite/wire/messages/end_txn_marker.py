"""Generated from EndTxnMarker.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    unpack_from,
)

_S_i = Struct(">i")

class EndTxnMarker(Message):
    __slots__ = ('coordinator_epoch', )
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        coordinator_epoch: int = 0,
    ) -> None:
        self.coordinator_epoch = coordinator_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EndTxnMarker, int]:
        o = cls.__new__(cls)
        o.coordinator_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.coordinator_epoch)

