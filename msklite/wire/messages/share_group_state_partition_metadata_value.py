"""Generated from ShareGroupStatePartitionMetadataValue.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_u = Struct(">16s")

class TopicPartitionsInfo(Message):
    __slots__ = ('topic_id', 'topic_name', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicPartitionsInfo, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        o.topic_name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        write_compact_string(out, self.topic_name)
        write_uvarint(out, len(self.partitions) + 1)
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        out += b"\0"


class TopicInfo(Message):
    __slots__ = ('topic_id', 'topic_name', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicInfo, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        o.topic_name, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        write_compact_string(out, self.topic_name)
        out += b"\0"


class ShareGroupStatePartitionMetadataValue(Message):
    __slots__ = ('initializing_topics', 'initialized_topics', 'deleting_topics', )
    API_KEY = 15
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        initializing_topics: list[TopicPartitionsInfo] | None = None,
        initialized_topics: list[TopicPartitionsInfo] | None = None,
        deleting_topics: list[TopicInfo] | None = None,
    ) -> None:
        self.initializing_topics: list[TopicPartitionsInfo] = [] if initializing_topics is None else initializing_topics
        self.initialized_topics: list[TopicPartitionsInfo] = [] if initialized_topics is None else initialized_topics
        self.deleting_topics: list[TopicInfo] = [] if deleting_topics is None else deleting_topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareGroupStatePartitionMetadataValue, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("initializing_topics must not be null")
        else:
            initializing_topics_items = []
            for _ in range(n):
                initializing_topics_item, pos = TopicPartitionsInfo.read(buf, pos, version)
                initializing_topics_items.append(initializing_topics_item)
            o.initializing_topics = initializing_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("initialized_topics must not be null")
        else:
            initialized_topics_items = []
            for _ in range(n):
                initialized_topics_item, pos = TopicPartitionsInfo.read(buf, pos, version)
                initialized_topics_items.append(initialized_topics_item)
            o.initialized_topics = initialized_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("deleting_topics must not be null")
        else:
            deleting_topics_items = []
            for _ in range(n):
                deleting_topics_item, pos = TopicInfo.read(buf, pos, version)
                deleting_topics_items.append(deleting_topics_item)
            o.deleting_topics = deleting_topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.initializing_topics) + 1)
        for initializing_topics_item in self.initializing_topics:
            initializing_topics_item.write(out, version)
        write_uvarint(out, len(self.initialized_topics) + 1)
        for initialized_topics_item in self.initialized_topics:
            initialized_topics_item.write(out, version)
        write_uvarint(out, len(self.deleting_topics) + 1)
        for deleting_topics_item in self.deleting_topics:
            deleting_topics_item.write(out, version)
        out += b"\0"

