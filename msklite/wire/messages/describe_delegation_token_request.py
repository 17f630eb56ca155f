"""Generated from DescribeDelegationTokenRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
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

class DescribeDelegationTokenOwner(Message):
    __slots__ = ('principal_type', 'principal_name', )

    def __init__(
        self,
        principal_type: str = "",
        principal_name: str = "",
    ) -> None:
        self.principal_type = principal_type
        self.principal_name = principal_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeDelegationTokenOwner, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.principal_type, pos = read_compact_string(buf, pos)
        else:
            o.principal_type, pos = read_string(buf, pos)
        if version >= 2:
            o.principal_name, pos = read_compact_string(buf, pos)
        else:
            o.principal_name, pos = read_string(buf, pos)
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.principal_type)
        else:
            write_string(out, self.principal_type)
        if version >= 2:
            write_compact_string(out, self.principal_name)
        else:
            write_string(out, self.principal_name)
        if version >= 2:
            out += b"\0"


class DescribeDelegationTokenRequest(Message):
    __slots__ = ('owners', )
    API_KEY = 41
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        owners: list[DescribeDelegationTokenOwner] | None = None,
    ) -> None:
        self.owners: list[DescribeDelegationTokenOwner] | None = [] if owners is None else owners

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeDelegationTokenRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.owners = None
        else:
            owners_items = []
            for _ in range(n):
                owners_item, pos = DescribeDelegationTokenOwner.read(buf, pos, version)
                owners_items.append(owners_item)
            o.owners = owners_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if self.owners is None:
            if version >= 2:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 2:
                write_uvarint(out, len(self.owners) + 1)
            else:
                out += _S_i.pack(len(self.owners))
            for owners_item in self.owners:
                owners_item.write(out, version)
        if version >= 2:
            out += b"\0"

