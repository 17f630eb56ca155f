"""Generated from ShareGroupMetadataValue.json; see tools/generate_messages.py."""

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

class ShareGroupMetadataValue(Message):
    __slots__ = ('epoch', 'metadata_hash', )
    API_KEY = 11
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        epoch: int = 0,
        metadata_hash: int = 0,
    ) -> None:
        self.epoch = epoch
        self.metadata_hash = metadata_hash

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareGroupMetadataValue, int]:
        o = cls.__new__(cls)
        o.epoch, o.metadata_hash = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.epoch, self.metadata_hash)
        out += b"\0"

