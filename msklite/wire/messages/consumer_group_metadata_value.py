"""Generated from ConsumerGroupMetadataValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_uvarint,
    unpack_from,
    write_tags,
)

_S_i = Struct(">i")
_S_q = Struct(">q")

class ConsumerGroupMetadataValue(Message):
    __slots__ = ('epoch', 'metadata_hash', )
    API_KEY = 3
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
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupMetadataValue, int]:
        o = cls.__new__(cls)
        o.metadata_hash = 0
        o.epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.metadata_hash, = _S_q.unpack_from(buf, pos)
                    pos += 8
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.epoch)
        tags: list[tuple[int, bytearray]] = []
        if self.metadata_hash != 0:
            part = bytearray()
            part += _S_q.pack(self.metadata_hash)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

