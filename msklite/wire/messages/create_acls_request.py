"""Generated from CreateAclsRequest.json; see tools/generate_messages.py."""

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

_S_b = Struct(">b")
_S_bb = Struct(">bb")
_S_i = Struct(">i")

class AclCreation(Message):
    __slots__ = ('resource_type', 'resource_name', 'resource_pattern_type', 'principal', 'host', 'operation', 'permission_type', )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        resource_pattern_type: int = 3,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.resource_pattern_type = resource_pattern_type
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission_type = permission_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AclCreation, int]:
        o = cls.__new__(cls)
        o.resource_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            o.resource_name, pos = read_compact_string(buf, pos)
        else:
            o.resource_name, pos = read_string(buf, pos)
        o.resource_pattern_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            o.principal, pos = read_compact_string(buf, pos)
        else:
            o.principal, pos = read_string(buf, pos)
        if version >= 2:
            o.host, pos = read_compact_string(buf, pos)
        else:
            o.host, pos = read_string(buf, pos)
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
        out += _S_b.pack(self.resource_type)
        if version >= 2:
            write_compact_string(out, self.resource_name)
        else:
            write_string(out, self.resource_name)
        out += _S_b.pack(self.resource_pattern_type)
        if version >= 2:
            write_compact_string(out, self.principal)
        else:
            write_string(out, self.principal)
        if version >= 2:
            write_compact_string(out, self.host)
        else:
            write_string(out, self.host)
        out += _S_bb.pack(self.operation, self.permission_type)
        if version >= 2:
            out += b"\0"


class CreateAclsRequest(Message):
    __slots__ = ('creations', )
    API_KEY = 30
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        creations: list[AclCreation] | None = None,
    ) -> None:
        self.creations: list[AclCreation] = [] if creations is None else creations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreateAclsRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("creations must not be null")
        else:
            creations_items = []
            for _ in range(n):
                creations_item, pos = AclCreation.read(buf, pos, version)
                creations_items.append(creations_item)
            o.creations = creations_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_uvarint(out, len(self.creations) + 1)
        else:
            out += _S_i.pack(len(self.creations))
        for creations_item in self.creations:
            creations_item.write(out, version)
        if version >= 2:
            out += b"\0"

