"""Generated from DeleteAclsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string_or_none,
    read_count,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_b = Struct(">b")
_S_bb = Struct(">bb")
_S_i = Struct(">i")

class DeleteAclsFilter(Message):
    __slots__ = ('resource_type_filter', 'resource_name_filter', 'pattern_type_filter', 'principal_filter', 'host_filter', 'operation', 'permission_type', )

    def __init__(
        self,
        resource_type_filter: int = 0,
        resource_name_filter: str | None = "",
        pattern_type_filter: int = 3,
        principal_filter: str | None = "",
        host_filter: str | None = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.resource_type_filter = resource_type_filter
        self.resource_name_filter = resource_name_filter
        self.pattern_type_filter = pattern_type_filter
        self.principal_filter = principal_filter
        self.host_filter = host_filter
        self.operation = operation
        self.permission_type = permission_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteAclsFilter, int]:
        o = cls.__new__(cls)
        o.resource_type_filter, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            o.resource_name_filter, pos = read_compact_string_or_none(buf, pos)
        else:
            o.resource_name_filter, pos = read_string_or_none(buf, pos)
        o.pattern_type_filter, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            o.principal_filter, pos = read_compact_string_or_none(buf, pos)
        else:
            o.principal_filter, pos = read_string_or_none(buf, pos)
        if version >= 2:
            o.host_filter, pos = read_compact_string_or_none(buf, pos)
        else:
            o.host_filter, pos = read_string_or_none(buf, pos)
        o.operation, o.permission_type = _S_bb.unpack_from(buf, pos)
        pos += 2
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_b.pack(self.resource_type_filter)
        if version >= 2:
            write_compact_string(out, self.resource_name_filter)
        else:
            write_string(out, self.resource_name_filter)
        out += _S_b.pack(self.pattern_type_filter)
        if version >= 2:
            write_compact_string(out, self.principal_filter)
        else:
            write_string(out, self.principal_filter)
        if version >= 2:
            write_compact_string(out, self.host_filter)
        else:
            write_string(out, self.host_filter)
        out += _S_bb.pack(self.operation, self.permission_type)
        if version >= 2:
            out += b"\0"


class DeleteAclsRequest(Message):
    __slots__ = ('filters', )
    API_KEY = 31
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        filters: list[DeleteAclsFilter] | None = None,
    ) -> None:
        self.filters: list[DeleteAclsFilter] = [] if filters is None else filters

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteAclsRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("filters must not be null")
        else:
            filters_items = []
            for _ in range(n):
                filters_item, pos = DeleteAclsFilter.read(buf, pos, version)
                filters_items.append(filters_item)
            o.filters = filters_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_uvarint(out, len(self.filters) + 1)
        else:
            out += _S_i.pack(len(self.filters))
        for filters_item in self.filters:
            filters_item.write(out, version)
        if version >= 2:
            out += b"\0"

