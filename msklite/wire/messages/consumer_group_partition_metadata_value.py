"""Generated from ConsumerGroupPartitionMetadataValue.json; see tools/generate_messages.py."""

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

class PartitionMetadata(Message):
    __slots__ = ('partition', 'racks', )

    def __init__(
        self,
        partition: int = 0,
        racks: list[str] | None = None,
    ) -> None:
        self.partition = partition
        self.racks: list[str] = [] if racks is None else racks

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionMetadata, int]:
        o = cls.__new__(cls)
        o.partition, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("racks must not be null")
        else:
            racks_items = []
            for _ in range(n):
                racks_item, pos = read_compact_string(buf, pos)
                racks_items.append(racks_item)
            o.racks = racks_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition)
        write_uvarint(out, len(self.racks) + 1)
        for racks_item in self.racks:
            write_compact_string(out, racks_item)
        out += b"\0"


class TopicMetadata(Message):
    __slots__ = ('topic_id', 'topic_name', 'num_partitions', 'partition_metadata', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
        num_partitions: int = 0,
        partition_metadata: list[PartitionMetadata] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name
        self.num_partitions = num_partitions
        self.partition_metadata: list[PartitionMetadata] = [] if partition_metadata is None else partition_metadata

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicMetadata, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        o.topic_name, pos = read_compact_string(buf, pos)
        o.num_partitions, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partition_metadata must not be null")
        else:
            partition_metadata_items = []
            for _ in range(n):
                partition_metadata_item, pos = PartitionMetadata.read(buf, pos, version)
                partition_metadata_items.append(partition_metadata_item)
            o.partition_metadata = partition_metadata_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        write_compact_string(out, self.topic_name)
        out += _S_i.pack(self.num_partitions)
        write_uvarint(out, len(self.partition_metadata) + 1)
        for partition_metadata_item in self.partition_metadata:
            partition_metadata_item.write(out, version)
        out += b"\0"


class ConsumerGroupPartitionMetadataValue(Message):
    __slots__ = ('topics', )
    API_KEY = 4
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        topics: list[TopicMetadata] | None = None,
    ) -> None:
        self.topics: list[TopicMetadata] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupPartitionMetadataValue, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicMetadata.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
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
        out += b"\0"

