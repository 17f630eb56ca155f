"""Generated from CreateTopicsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    read_count,
    read_string,
    read_string_or_none,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_tags,
    write_uvarint,
)

_S_ZbZ = Struct(">?b?")
_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_u = Struct(">16s")

class CreatableTopicConfigs(Message):
    __slots__ = ('name', 'value', 'read_only', 'config_source', 'is_sensitive', )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
        read_only: bool = False,
        config_source: int = -1,
        is_sensitive: bool = False,
    ) -> None:
        self.name = name
        self.value = value
        self.read_only = read_only
        self.config_source = config_source
        self.is_sensitive = is_sensitive

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatableTopicConfigs, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.value, pos = read_compact_string_or_none(buf, pos)
        o.read_only, o.config_source, o.is_sensitive = _S_ZbZ.unpack_from(buf, pos)
        pos += 3
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_compact_string(out, self.value)
        out += _S_ZbZ.pack(self.read_only, self.config_source, self.is_sensitive)
        out += b"\0"


class CreatableTopicResult(Message):
    __slots__ = ('name', 'topic_id', 'error_code', 'error_message', 'topic_config_error_code', 'num_partitions', 'replication_factor', 'configs', )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        error_code: int = 0,
        error_message: str | None = "",
        topic_config_error_code: int = 0,
        num_partitions: int = -1,
        replication_factor: int = -1,
        configs: list[CreatableTopicConfigs] | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.error_code = error_code
        self.error_message = error_message
        self.topic_config_error_code = topic_config_error_code
        self.num_partitions = num_partitions
        self.replication_factor = replication_factor
        self.configs: list[CreatableTopicConfigs] | None = [] if configs is None else configs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatableTopicResult, int]:
        o = cls.__new__(cls)
        o.topic_config_error_code = 0
        if version >= 5:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 7:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 5:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        if version >= 5:
            o.num_partitions, o.replication_factor = _S_ih.unpack_from(buf, pos)
            pos += 6
            if version >= 5:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                o.configs = None
            else:
                configs_items = []
                for _ in range(n):
                    configs_item, pos = CreatableTopicConfigs.read(buf, pos, version)
                    configs_items.append(configs_item)
                o.configs = configs_items
        else:
            o.num_partitions = -1
            o.replication_factor = -1
            o.configs = []
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 5:
                        o.topic_config_error_code, = _S_h.unpack_from(buf, pos)
                        pos += 2
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 5:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 7:
            out += _S_u.pack(self.topic_id)
        out += _S_h.pack(self.error_code)
        if version >= 5:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        if version >= 5:
            out += _S_ih.pack(self.num_partitions, self.replication_factor)
            if self.configs is None:
                if version >= 5:
                    out += b"\0"
                else:
                    out += b"\xff\xff\xff\xff"
            else:
                if version >= 5:
                    write_uvarint(out, len(self.configs) + 1)
                else:
                    out += _S_i.pack(len(self.configs))
                for configs_item in self.configs:
                    configs_item.write(out, version)
        if version >= 5:
            tags: list[tuple[int, bytearray]] = []
            if version >= 5 and self.topic_config_error_code != 0:
                part = bytearray()
                part += _S_h.pack(self.topic_config_error_code)
                tags.append((0, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"


class CreateTopicsResponse(Message):
    __slots__ = ('throttle_time_ms', 'topics', )
    API_KEY = 19
    VERSIONS = (2, 7)
    FLEXIBLE = 5

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[CreatableTopicResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.topics: list[CreatableTopicResult] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreateTopicsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = CreatableTopicResult.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 5:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 5:
            out += b"\0"

