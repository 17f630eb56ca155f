"""Generated from IncrementalAlterConfigsRequest.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")
_S_b = Struct(">b")
_S_i = Struct(">i")

class AlterableConfig(Message):
    __slots__ = ('name', 'config_operation', 'value', )

    def __init__(
        self,
        name: str = "",
        config_operation: int = 0,
        value: str | None = "",
    ) -> None:
        self.name = name
        self.config_operation = config_operation
        self.value = value

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterableConfig, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        o.config_operation, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 1:
            o.value, pos = read_compact_string_or_none(buf, pos)
        else:
            o.value, pos = read_string_or_none(buf, pos)
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        out += _S_b.pack(self.config_operation)
        if version >= 1:
            write_compact_string(out, self.value)
        else:
            write_string(out, self.value)
        if version >= 1:
            out += b"\0"


class AlterConfigsResource(Message):
    __slots__ = ('resource_type', 'resource_name', 'configs', )

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        configs: list[AlterableConfig] | None = None,
    ) -> None:
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.configs: list[AlterableConfig] = [] if configs is None else configs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterConfigsResource, int]:
        o = cls.__new__(cls)
        o.resource_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 1:
            o.resource_name, pos = read_compact_string(buf, pos)
        else:
            o.resource_name, pos = read_string(buf, pos)
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("configs must not be null")
        else:
            configs_items = []
            for _ in range(n):
                configs_item, pos = AlterableConfig.read(buf, pos, version)
                configs_items.append(configs_item)
            o.configs = configs_items
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_b.pack(self.resource_type)
        if version >= 1:
            write_compact_string(out, self.resource_name)
        else:
            write_string(out, self.resource_name)
        if version >= 1:
            write_uvarint(out, len(self.configs) + 1)
        else:
            out += _S_i.pack(len(self.configs))
        for configs_item in self.configs:
            configs_item.write(out, version)
        if version >= 1:
            out += b"\0"


class IncrementalAlterConfigsRequest(Message):
    __slots__ = ('resources', 'validate_only', )
    API_KEY = 44
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        resources: list[AlterConfigsResource] | None = None,
        validate_only: bool = False,
    ) -> None:
        self.resources: list[AlterConfigsResource] = [] if resources is None else resources
        self.validate_only = validate_only

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[IncrementalAlterConfigsRequest, int]:
        o = cls.__new__(cls)
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("resources must not be null")
        else:
            resources_items = []
            for _ in range(n):
                resources_item, pos = AlterConfigsResource.read(buf, pos, version)
                resources_items.append(resources_item)
            o.resources = resources_items
        o.validate_only, = _S_Z.unpack_from(buf, pos)
        pos += 1
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_uvarint(out, len(self.resources) + 1)
        else:
            out += _S_i.pack(len(self.resources))
        for resources_item in self.resources:
            resources_item.write(out, version)
        out += _S_Z.pack(self.validate_only)
        if version >= 1:
            out += b"\0"

