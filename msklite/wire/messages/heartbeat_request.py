"""Generated from HeartbeatRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_compact_string,
    read_compact_string_or_none,
    read_string,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
)

_S_i = Struct(">i")

class HeartbeatRequest(Message):
    __slots__ = ('group_id', 'generation_id', 'member_id', 'group_instance_id', )
    API_KEY = 12
    VERSIONS = (0, 4)
    FLEXIBLE = 4

    def __init__(
        self,
        group_id: str = "",
        generation_id: int = 0,
        member_id: str = "",
        group_instance_id: str | None = None,
    ) -> None:
        self.group_id = group_id
        self.generation_id = generation_id
        self.member_id = member_id
        self.group_instance_id = group_instance_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[HeartbeatRequest, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        o.generation_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 3:
            if version >= 4:
                o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
            else:
                o.group_instance_id, pos = read_string_or_none(buf, pos)
        else:
            o.group_instance_id = None
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        out += _S_i.pack(self.generation_id)
        if version >= 4:
            write_compact_string(out, self.member_id)
        else:
            write_string(out, self.member_id)
        if version >= 3:
            if version >= 4:
                write_compact_string(out, self.group_instance_id)
            else:
                write_string(out, self.group_instance_id)
        if version >= 4:
            out += b"\0"

