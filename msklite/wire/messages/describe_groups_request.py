"""Generated from DescribeGroupsRequest.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")
_S_i = Struct(">i")

class DescribeGroupsRequest(Message):
    __slots__ = ('groups', 'include_authorized_operations', )
    API_KEY = 15
    VERSIONS = (0, 6)
    FLEXIBLE = 5

    def __init__(
        self,
        groups: list[str] | None = None,
        include_authorized_operations: bool = False,
    ) -> None:
        self.groups: list[str] = [] if groups is None else groups
        self.include_authorized_operations = include_authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeGroupsRequest, int]:
        o = cls.__new__(cls)
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("groups must not be null")
        else:
            groups_items = []
            for _ in range(n):
                if version >= 5:
                    groups_item, pos = read_compact_string(buf, pos)
                else:
                    groups_item, pos = read_string(buf, pos)
                groups_items.append(groups_item)
            o.groups = groups_items
        if version >= 3:
            o.include_authorized_operations, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.include_authorized_operations = False
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 5:
            write_uvarint(out, len(self.groups) + 1)
        else:
            out += _S_i.pack(len(self.groups))
        for groups_item in self.groups:
            if version >= 5:
                write_compact_string(out, groups_item)
            else:
                write_string(out, groups_item)
        if version >= 3:
            out += _S_Z.pack(self.include_authorized_operations)
        if version >= 5:
            out += b"\0"

