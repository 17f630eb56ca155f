"""Generated from DescribeConfigsResponse.json; see tools/generate_messages.py."""

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

_S_ZbZ = Struct(">?b?")
_S_b = Struct(">b")
_S_h = Struct(">h")
_S_i = Struct(">i")

class DescribeConfigsSynonym(Message):
    __slots__ = ('name', 'value', 'source', )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
        source: int = 0,
    ) -> None:
        self.name = name
        self.value = value
        self.source = source

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeConfigsSynonym, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 4:
            o.value, pos = read_compact_string_or_none(buf, pos)
        else:
            o.value, pos = read_string_or_none(buf, pos)
        o.source, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 4:
            write_compact_string(out, self.value)
        else:
            write_string(out, self.value)
        out += _S_b.pack(self.source)
        if version >= 4:
            out += b"\0"


class DescribeConfigsResourceResult(Message):
    __slots__ = ('name', 'value', 'read_only', 'config_source', 'is_sensitive', 'synonyms', 'config_type', 'documentation', )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
        read_only: bool = False,
        config_source: int = -1,
        is_sensitive: bool = False,
        synonyms: list[DescribeConfigsSynonym] | None = None,
        config_type: int = 0,
        documentation: str | None = "",
    ) -> None:
        self.name = name
        self.value = value
        self.read_only = read_only
        self.config_source = config_source
        self.is_sensitive = is_sensitive
        self.synonyms: list[DescribeConfigsSynonym] = [] if synonyms is None else synonyms
        self.config_type = config_type
        self.documentation = documentation

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeConfigsResourceResult, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 4:
            o.value, pos = read_compact_string_or_none(buf, pos)
        else:
            o.value, pos = read_string_or_none(buf, pos)
        o.read_only, o.config_source, o.is_sensitive = _S_ZbZ.unpack_from(buf, pos)
        pos += 3
        if version >= 4:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("synonyms must not be null")
        else:
            synonyms_items = []
            for _ in range(n):
                synonyms_item, pos = DescribeConfigsSynonym.read(buf, pos, version)
                synonyms_items.append(synonyms_item)
            o.synonyms = synonyms_items
        if version >= 3:
            o.config_type, = _S_b.unpack_from(buf, pos)
            pos += 1
            if version >= 4:
                o.documentation, pos = read_compact_string_or_none(buf, pos)
            else:
                o.documentation, pos = read_string_or_none(buf, pos)
        else:
            o.config_type = 0
            o.documentation = ""
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 4:
            write_compact_string(out, self.value)
        else:
            write_string(out, self.value)
        out += _S_ZbZ.pack(self.read_only, self.config_source, self.is_sensitive)
        if version >= 4:
            write_uvarint(out, len(self.synonyms) + 1)
        else:
            out += _S_i.pack(len(self.synonyms))
        for synonyms_item in self.synonyms:
            synonyms_item.write(out, version)
        if version >= 3:
            out += _S_b.pack(self.config_type)
            if version >= 4:
                write_compact_string(out, self.documentation)
            else:
                write_string(out, self.documentation)
        if version >= 4:
            out += b"\0"


class DescribeConfigsResult(Message):
    __slots__ = ('error_code', 'error_message', 'resource_type', 'resource_name', 'configs', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        resource_type: int = 0,
        resource_name: str = "",
        configs: list[DescribeConfigsResourceResult] | None = None,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.configs: list[DescribeConfigsResourceResult] = [] if configs is None else configs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeConfigsResult, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 4:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
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
            raise DecodeError("configs must not be null")
        else:
            configs_items = []
            for _ in range(n):
                configs_item, pos = DescribeConfigsResourceResult.read(buf, pos, version)
                configs_items.append(configs_item)
            o.configs = configs_items
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 4:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        out += _S_b.pack(self.resource_type)
        if version >= 4:
            write_compact_string(out, self.resource_name)
        else:
            write_string(out, self.resource_name)
        if version >= 4:
            write_uvarint(out, len(self.configs) + 1)
        else:
            out += _S_i.pack(len(self.configs))
        for configs_item in self.configs:
            configs_item.write(out, version)
        if version >= 4:
            out += b"\0"


class DescribeConfigsResponse(Message):
    __slots__ = ('throttle_time_ms', 'results', )
    API_KEY = 32
    VERSIONS = (1, 4)
    FLEXIBLE = 4

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[DescribeConfigsResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.results: list[DescribeConfigsResult] = [] if results is None else results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeConfigsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("results must not be null")
        else:
            results_items = []
            for _ in range(n):
                results_item, pos = DescribeConfigsResult.read(buf, pos, version)
                results_items.append(results_item)
            o.results = results_items
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 4:
            write_uvarint(out, len(self.results) + 1)
        else:
            out += _S_i.pack(len(self.results))
        for results_item in self.results:
            results_item.write(out, version)
        if version >= 4:
            out += b"\0"

