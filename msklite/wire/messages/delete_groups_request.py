"""Generated from DeleteGroupsRequest.json; see tools/generate_messages.py."""

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
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_i = Struct(">i")

class DeleteGroupsRequest(Message):
    __slots__ = ('groups_names', )
    API_KEY = 42
    VERSIONS = (0, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        groups_names: list[str] | None = None,
    ) -> None:
        self.groups_names: list[str] = [] if groups_names is None else groups_names

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteGroupsRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("groups_names must not be null")
        else:
            groups_names_items = []
            for _ in range(n):
                if version >= 2:
                    groups_names_item, pos = read_compact_string(buf, pos)
                else:
                    groups_names_item, pos = read_string(buf, pos)
                groups_names_items.append(groups_names_item)
            o.groups_names = groups_names_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_uvarint(out, len(self.groups_names) + 1)
        else:
            out += _S_i.pack(len(self.groups_names))
        for groups_names_item in self.groups_names:
            if version >= 2:
                write_compact_string(out, groups_names_item)
            else:
                write_string(out, groups_names_item)
        if version >= 2:
            out += b"\0"

