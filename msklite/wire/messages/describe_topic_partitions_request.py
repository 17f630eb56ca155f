"""Generated from DescribeTopicPartitionsRequest.json; see tools/generate_messages.py."""

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

_S_i = Struct(">i")

class TopicRequest(Message):
    __slots__ = ('name', )

    def __init__(
        self,
        name: str = "",
    ) -> None:
        self.name = name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicRequest, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += b"\0"


class Cursor(Message):
    __slots__ = ('topic_name', 'partition_index', )

    def __init__(
        self,
        topic_name: str = "",
        partition_index: int = 0,
    ) -> None:
        self.topic_name = topic_name
        self.partition_index = partition_index

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Cursor, int]:
        o = cls.__new__(cls)
        o.topic_name, pos = read_compact_string(buf, pos)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.topic_name)
        out += _S_i.pack(self.partition_index)
        out += b"\0"


class DescribeTopicPartitionsRequest(Message):
    __slots__ = ('topics', 'response_partition_limit', 'cursor', )
    API_KEY = 75
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        topics: list[TopicRequest] | None = None,
        response_partition_limit: int = 2000,
        cursor: Cursor | None = None,
    ) -> None:
        self.topics: list[TopicRequest] = [] if topics is None else topics
        self.response_partition_limit = response_partition_limit
        self.cursor = cursor

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeTopicPartitionsRequest, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicRequest.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        o.response_partition_limit, = _S_i.unpack_from(buf, pos)
        pos += 4
        pos += 1
        if pos > len(buf):
            raise DecodeError("a struct runs past the end")
        if buf[pos - 1] == 255:
            o.cursor = None
        else:
            o.cursor, pos = Cursor.read(buf, pos, version)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += _S_i.pack(self.response_partition_limit)
        if self.cursor is None:
            out += b"\xff"
        else:
            out += b"\x01"
            self.cursor.write(out, version)
        out += b"\0"

