"""Generated from DescribeConfigsRequest.json; see tools/generate_messages.py."""

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
_S_b = Struct(">b")
_S_i = Struct(">i")

class DescribeConfigsResource(Message):
    __slots__ = ('resource_type', 'resource_name', 'configuration_keys', )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        configuration_keys: list[str] | None = None,
    ) -> None:
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.configuration_keys: list[str] | None = [] if configuration_keys is None else configuration_keys

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeConfigsResource, int]:
        o = cls.__new__(cls)
        o.resource_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 4:
            o.resource_name, pos = read_compact_string(buf, pos)
        else:
            o.resource_name, pos = read_string(buf, pos)
        if version >= 4:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.configuration_keys = None
        else:
            configuration_keys_items = []
            for _ in range(n):
                if version >= 4:
                    configuration_keys_item, pos = read_compact_string(buf, pos)
                else:
                    configuration_keys_item, pos = read_string(buf, pos)
                configuration_keys_items.append(configuration_keys_item)
            o.configuration_keys = configuration_keys_items
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_b.pack(self.resource_type)
        if version >= 4:
            write_compact_string(out, self.resource_name)
        else:
            write_string(out, self.resource_name)
        if self.configuration_keys is None:
            if version >= 4:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 4:
                write_uvarint(out, len(self.configuration_keys) + 1)
            else:
                out += _S_i.pack(len(self.configuration_keys))
            for configuration_keys_item in self.configuration_keys:
                if version >= 4:
                    write_compact_string(out, configuration_keys_item)
                else:
                    write_string(out, configuration_keys_item)
        if version >= 4:
            out += b"\0"


class DescribeConfigsRequest(Message):
    __slots__ = ('resources', 'include_synonyms', 'include_documentation', )
    API_KEY = 32
    VERSIONS = (1, 4)
    FLEXIBLE = 4

    def __init__(
        self,
        resources: list[DescribeConfigsResource] | None = None,
        include_synonyms: bool = False,
        include_documentation: bool = False,
    ) -> None:
        self.resources: list[DescribeConfigsResource] = [] if resources is None else resources
        self.include_synonyms = include_synonyms
        self.include_documentation = include_documentation

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeConfigsRequest, int]:
        o = cls.__new__(cls)
        if version >= 4:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("resources must not be null")
        else:
            resources_items = []
            for _ in range(n):
                resources_item, pos = DescribeConfigsResource.read(buf, pos, version)
                resources_items.append(resources_item)
            o.resources = resources_items
        o.include_synonyms, = _S_Z.unpack_from(buf, pos)
        pos += 1
        if version >= 3:
            o.include_documentation, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.include_documentation = False
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_uvarint(out, len(self.resources) + 1)
        else:
            out += _S_i.pack(len(self.resources))
        for resources_item in self.resources:
            resources_item.write(out, version)
        out += _S_Z.pack(self.include_synonyms)
        if version >= 3:
            out += _S_Z.pack(self.include_documentation)
        if version >= 4:
            out += b"\0"

