"""Generated from RemoveTopicRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    ZERO_UUID,
    pack,
    skip_tags,
    unpack_from,
)

_S_u = Struct(">16s")

class RemoveTopicRecord(Message):
    __slots__ = ('topic_id', )
    API_KEY = 9
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
    ) -> None:
        self.topic_id = topic_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[RemoveTopicRecord, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        out += b"\0"

