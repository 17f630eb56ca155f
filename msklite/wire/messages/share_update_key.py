"""Generated from ShareUpdateKey.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    ZERO_UUID,
    pack,
    read_string,
    unpack_from,
    write_string,
)

_S_ui = Struct(">16si")

class ShareUpdateKey(Message):
    __slots__ = ('group_id', 'topic_id', 'partition', )
    API_KEY = 1
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        group_id: str = "",
        topic_id: bytes = ZERO_UUID,
        partition: int = 0,
    ) -> None:
        self.group_id = group_id
        self.topic_id = topic_id
        self.partition = partition

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareUpdateKey, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_string(buf, pos)
        o.topic_id, o.partition = _S_ui.unpack_from(buf, pos)
        pos += 20
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.group_id)
        out += _S_ui.pack(self.topic_id, self.partition)

