"""Generated from ListConfigResourcesResponse.json; see tools/generate_messages.py."""

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

_S_b = Struct(">b")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class ConfigResource(Message):
    __slots__ = ('resource_name', 'resource_type', )

    def __init__(
        self,
        resource_name: str = "",
        resource_type: int = 16,
    ) -> None:
        self.resource_name = resource_name
        self.resource_type = resource_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConfigResource, int]:
        o = cls.__new__(cls)
        o.resource_name, pos = read_compact_string(buf, pos)
        if version >= 1:
            o.resource_type, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.resource_type = 16
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.resource_name)
        if version >= 1:
            out += _S_b.pack(self.resource_type)
        out += b"\0"


class ListConfigResourcesResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'config_resources', )
    API_KEY = 74
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        config_resources: list[ConfigResource] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.config_resources: list[ConfigResource] = [] if config_resources is None else config_resources

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListConfigResourcesResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("config_resources must not be null")
        else:
            config_resources_items = []
            for _ in range(n):
                config_resources_item, pos = ConfigResource.read(buf, pos, version)
                config_resources_items.append(config_resources_item)
            o.config_resources = config_resources_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_uvarint(out, len(self.config_resources) + 1)
        for config_resources_item in self.config_resources:
            config_resources_item.write(out, version)
        out += b"\0"

