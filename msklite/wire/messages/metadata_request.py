"""Generated from MetadataRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
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

_S_Z = Struct(">?")
_S_i = Struct(">i")
_S_u = Struct(">16s")

class MetadataRequestTopic(Message):
    __slots__ = ('topic_id', 'name', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        name: str | None = "",
    ) -> None:
        self.topic_id = topic_id
        self.name = name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MetadataRequestTopic, int]:
        o = cls.__new__(cls)
        if version >= 10:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        if version >= 9:
            o.name, pos = read_compact_string_or_none(buf, pos)
        else:
            o.name, pos = read_string_or_none(buf, pos)
        if o.name is None and not version >= 10:
            raise DecodeError("name must not be null")
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 10:
            out += _S_u.pack(self.topic_id)
        if version >= 9:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 9:
            out += b"\0"


class MetadataRequest(Message):
    __slots__ = ('topics', 'allow_auto_topic_creation', 'include_cluster_authorized_operations', 'include_topic_authorized_operations', )
    API_KEY = 3
    VERSIONS = (0, 13)
    FLEXIBLE = 9

    def __init__(
        self,
        topics: list[MetadataRequestTopic] | None = None,
        allow_auto_topic_creation: bool = True,
        include_cluster_authorized_operations: bool = False,
        include_topic_authorized_operations: bool = False,
    ) -> None:
        self.topics: list[MetadataRequestTopic] | None = [] if topics is None else topics
        self.allow_auto_topic_creation = allow_auto_topic_creation
        self.include_cluster_authorized_operations = include_cluster_authorized_operations
        self.include_topic_authorized_operations = include_topic_authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MetadataRequest, int]:
        o = cls.__new__(cls)
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.topics = None
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = MetadataRequestTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if o.topics is None and not version >= 1:
            raise DecodeError("topics must not be null")
        if version >= 4:
            o.allow_auto_topic_creation, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.allow_auto_topic_creation = True
        if 8 <= version <= 10:
            o.include_cluster_authorized_operations, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.include_cluster_authorized_operations = False
        if version >= 8:
            o.include_topic_authorized_operations, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.include_topic_authorized_operations = False
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if self.topics is None:
            if version >= 9:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 9:
                write_uvarint(out, len(self.topics) + 1)
            else:
                out += _S_i.pack(len(self.topics))
            for topics_item in self.topics:
                topics_item.write(out, version)
        if version >= 4:
            out += _S_Z.pack(self.allow_auto_topic_creation)
        if 8 <= version <= 10:
            out += _S_Z.pack(self.include_cluster_authorized_operations)
        if version >= 8:
            out += _S_Z.pack(self.include_topic_authorized_operations)
        if version >= 9:
            out += b"\0"

