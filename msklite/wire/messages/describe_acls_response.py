"""Generated from DescribeAclsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    read_count,
    read_string,
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
_S_ih = Struct(">ih")

class AclDescription(Message):
    __slots__ = ('principal', 'host', 'operation', 'permission_type', )

    def __init__(
        self,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission_type = permission_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AclDescription, int]:
        o = cls.__new__(cls)
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


class DescribeAclsResource(Message):
    __slots__ = ('resource_type', 'resource_name', 'pattern_type', 'acls', )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        pattern_type: int = 3,
        acls: list[AclDescription] | None = None,
    ) -> None:
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.pattern_type = pattern_type
        self.acls: list[AclDescription] = [] if acls is None else acls

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeAclsResource, int]:
        o = cls.__new__(cls)
        o.resource_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            o.resource_name, pos = read_compact_string(buf, pos)
        else:
            o.resource_name, pos = read_string(buf, pos)
        o.pattern_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("acls must not be null")
        else:
            acls_items = []
            for _ in range(n):
                acls_item, pos = AclDescription.read(buf, pos, version)
                acls_items.append(acls_item)
            o.acls = acls_items
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
        out += _S_b.pack(self.pattern_type)
        if version >= 2:
            write_uvarint(out, len(self.acls) + 1)
        else:
            out += _S_i.pack(len(self.acls))
        for acls_item in self.acls:
            acls_item.write(out, version)
        if version >= 2:
            out += b"\0"


class DescribeAclsResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'resources', )
    API_KEY = 29
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        resources: list[DescribeAclsResource] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.resources: list[DescribeAclsResource] = [] if resources is None else resources

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeAclsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("resources must not be null")
        else:
            resources_items = []
            for _ in range(n):
                resources_item, pos = DescribeAclsResource.read(buf, pos, version)
                resources_items.append(resources_item)
            o.resources = resources_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        if version >= 2:
            write_uvarint(out, len(self.resources) + 1)
        else:
            out += _S_i.pack(len(self.resources))
        for resources_item in self.resources:
            resources_item.write(out, version)
        if version >= 2:
            out += b"\0"

