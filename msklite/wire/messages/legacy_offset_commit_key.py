"""Generated from LegacyOffsetCommitKey.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_string,
    unpack_from,
    write_string,
)

_S_i = Struct(">i")

class LegacyOffsetCommitKey(Message):
    __slots__ = ('group', 'topic', 'partition', )
    API_KEY = 0
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        group: str = "",
        topic: str = "",
        partition: int = 0,
    ) -> None:
        self.group = group
        self.topic = topic
        self.partition = partition

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LegacyOffsetCommitKey, int]:
        o = cls.__new__(cls)
        o.group, pos = read_string(buf, pos)
        o.topic, pos = read_string(buf, pos)
        o.partition, = _S_i.unpack_from(buf, pos)
        pos += 4
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.group)
        write_string(out, self.topic)
        out += _S_i.pack(self.partition)

