"""Generated from StreamsGroupDescribeRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_Z = Struct(">?")
_S_i = Struct(">i")

class StreamsGroupDescribeRequest(Message):
    __slots__ = ('group_ids', 'include_authorized_operations', )
    API_KEY = 89
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        group_ids: list[str] | None = None,
        include_authorized_operations: bool = False,
    ) -> None:
        self.group_ids: list[str] = [] if group_ids is None else group_ids
        self.include_authorized_operations = include_authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupDescribeRequest, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("group_ids must not be null")
        else:
            group_ids_items = []
            for _ in range(n):
                group_ids_item, pos = read_compact_string(buf, pos)
                group_ids_items.append(group_ids_item)
            o.group_ids = group_ids_items
        o.include_authorized_operations, = _S_Z.unpack_from(buf, pos)
        pos += 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.group_ids) + 1)
        for group_ids_item in self.group_ids:
            write_compact_string(out, group_ids_item)
        out += _S_Z.pack(self.include_authorized_operations)
        out += b"\0"

