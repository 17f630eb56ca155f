"""Generated from DescribeLogDirsRequest.json; see tools/generate_messages.py."""

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

_S_i = Struct(">i")

class DescribableLogDirTopic(Message):
    __slots__ = ('topic', 'partitions', )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.topic = topic
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribableLogDirTopic, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.topic, pos = read_compact_string(buf, pos)
        else:
            o.topic, pos = read_string(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.topic)
        else:
            write_string(out, self.topic)
        if version >= 2:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        if version >= 2:
            out += b"\0"


class DescribeLogDirsRequest(Message):
    __slots__ = ('topics', )
    API_KEY = 35
    VERSIONS = (1, 4)
    FLEXIBLE = 2

    def __init__(
        self,
        topics: list[DescribableLogDirTopic] | None = None,
    ) -> None:
        self.topics: list[DescribableLogDirTopic] | None = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeLogDirsRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.topics = None
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = DescribableLogDirTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if self.topics is None:
            if version >= 2:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 2:
                write_uvarint(out, len(self.topics) + 1)
            else:
                out += _S_i.pack(len(self.topics))
            for topics_item in self.topics:
                topics_item.write(out, version)
        if version >= 2:
            out += b"\0"

