"""Generated from ListGroupsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_count,
    read_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_h = Struct(">h")
_S_i = Struct(">i")

class ListedGroup(Message):
    __slots__ = ('group_id', 'protocol_type', 'group_state', 'group_type', )

    def __init__(
        self,
        group_id: str = "",
        protocol_type: str = "",
        group_state: str = "",
        group_type: str = "",
    ) -> None:
        self.group_id = group_id
        self.protocol_type = protocol_type
        self.group_state = group_state
        self.group_type = group_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListedGroup, int]:
        o = cls.__new__(cls)
        if version >= 3:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        if version >= 3:
            o.protocol_type, pos = read_compact_string(buf, pos)
        else:
            o.protocol_type, pos = read_string(buf, pos)
        if version >= 4:
            if version >= 3:
                o.group_state, pos = read_compact_string(buf, pos)
            else:
                o.group_state, pos = read_string(buf, pos)
        else:
            o.group_state = ""
        if version >= 5:
            if version >= 3:
                o.group_type, pos = read_compact_string(buf, pos)
            else:
                o.group_type, pos = read_string(buf, pos)
        else:
            o.group_type = ""
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        if version >= 3:
            write_compact_string(out, self.protocol_type)
        else:
            write_string(out, self.protocol_type)
        if version >= 4:
            if version >= 3:
                write_compact_string(out, self.group_state)
            else:
                write_string(out, self.group_state)
        if version >= 5:
            if version >= 3:
                write_compact_string(out, self.group_type)
            else:
                write_string(out, self.group_type)
        if version >= 3:
            out += b"\0"


class ListGroupsResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'groups', )
    API_KEY = 16
    VERSIONS = (0, 5)
    FLEXIBLE = 3

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        groups: list[ListedGroup] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.groups: list[ListedGroup] = [] if groups is None else groups

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListGroupsResponse, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 3:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("groups must not be null")
        else:
            groups_items = []
            for _ in range(n):
                groups_item, pos = ListedGroup.read(buf, pos, version)
                groups_items.append(groups_item)
            o.groups = groups_items
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            out += _S_i.pack(self.throttle_time_ms)
        out += _S_h.pack(self.error_code)
        if version >= 3:
            write_uvarint(out, len(self.groups) + 1)
        else:
            out += _S_i.pack(len(self.groups))
        for groups_item in self.groups:
            groups_item.write(out, version)
        if version >= 3:
            out += b"\0"

