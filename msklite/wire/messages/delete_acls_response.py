"""Generated from DeleteAclsResponse.json; see tools/generate_messages.py."""

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
_S_h = Struct(">h")
_S_i = Struct(">i")

class DeleteAclsMatchingAcl(Message):
    __slots__ = ('error_code', 'error_message', 'resource_type', 'resource_name', 'pattern_type', 'principal', 'host', 'operation', 'permission_type', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        resource_type: int = 0,
        resource_name: str = "",
        pattern_type: int = 3,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.pattern_type = pattern_type
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission_type = permission_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteAclsMatchingAcl, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        o.resource_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            o.resource_name, pos = read_compact_string(buf, pos)
        else:
            o.resource_name, pos = read_string(buf, pos)
        o.pattern_type, = _S_b.unpack_from(buf, pos)
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
        out += _S_h.pack(self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        out += _S_b.pack(self.resource_type)
        if version >= 2:
            write_compact_string(out, self.resource_name)
        else:
            write_string(out, self.resource_name)
        out += _S_b.pack(self.pattern_type)
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


class DeleteAclsFilterResult(Message):
    __slots__ = ('error_code', 'error_message', 'matching_acls', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        matching_acls: list[DeleteAclsMatchingAcl] | None = None,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.matching_acls: list[DeleteAclsMatchingAcl] = [] if matching_acls is None else matching_acls

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteAclsFilterResult, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("matching_acls must not be null")
        else:
            matching_acls_items = []
            for _ in range(n):
                matching_acls_item, pos = DeleteAclsMatchingAcl.read(buf, pos, version)
                matching_acls_items.append(matching_acls_item)
            o.matching_acls = matching_acls_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        if version >= 2:
            write_uvarint(out, len(self.matching_acls) + 1)
        else:
            out += _S_i.pack(len(self.matching_acls))
        for matching_acls_item in self.matching_acls:
            matching_acls_item.write(out, version)
        if version >= 2:
            out += b"\0"


class DeleteAclsResponse(Message):
    __slots__ = ('throttle_time_ms', 'filter_results', )
    API_KEY = 31
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        throttle_time_ms: int = 0,
        filter_results: list[DeleteAclsFilterResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.filter_results: list[DeleteAclsFilterResult] = [] if filter_results is None else filter_results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteAclsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("filter_results must not be null")
        else:
            filter_results_items = []
            for _ in range(n):
                filter_results_item, pos = DeleteAclsFilterResult.read(buf, pos, version)
                filter_results_items.append(filter_results_item)
            o.filter_results = filter_results_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 2:
            write_uvarint(out, len(self.filter_results) + 1)
        else:
            out += _S_i.pack(len(self.filter_results))
        for filter_results_item in self.filter_results:
            filter_results_item.write(out, version)
        if version >= 2:
            out += b"\0"

