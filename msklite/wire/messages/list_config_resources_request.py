"""Generated from ListConfigResourcesRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    skip_tags,
    unpack_from,
    write_uvarint,
)

_S_i = Struct(">i")

class ListConfigResourcesRequest(Message):
    __slots__ = ('resource_types', )
    API_KEY = 74
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        resource_types: list[int] | None = None,
    ) -> None:
        self.resource_types: list[int] = [] if resource_types is None else resource_types

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListConfigResourcesRequest, int]:
        o = cls.__new__(cls)
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                raise DecodeError("resource_types must not be null")
            else:
                o.resource_types = list(unpack_from(f">{n}b", buf, pos))
                pos += 1 * n
        else:
            o.resource_types = []
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_uvarint(out, len(self.resource_types) + 1)
            out += pack(f">{len(self.resource_types)}b", *self.resource_types)
        out += b"\0"

