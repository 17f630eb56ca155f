"""Generated from OffsetDeleteRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_count,
    read_string,
    unpack_from,
    write_string,
)

_S_i = Struct(">i")

class OffsetDeleteRequestPartition(Message):
    __slots__ = ('partition_index', )

    def __init__(
        self,
        partition_index: int = 0,
    ) -> None:
        self.partition_index = partition_index

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetDeleteRequestPartition, int]:
        o = cls.__new__(cls)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition_index)


class OffsetDeleteRequestTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[OffsetDeleteRequestPartition] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[OffsetDeleteRequestPartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetDeleteRequestTopic, int]:
        o = cls.__new__(cls)
        o.name, pos = read_string(buf, pos)
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = OffsetDeleteRequestPartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.name)
        out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)


class OffsetDeleteRequest(Message):
    __slots__ = ('group_id', 'topics', )
    API_KEY = 47
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        group_id: str = "",
        topics: list[OffsetDeleteRequestTopic] | None = None,
    ) -> None:
        self.group_id = group_id
        self.topics: list[OffsetDeleteRequestTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetDeleteRequest, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_string(buf, pos)
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = OffsetDeleteRequestTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.group_id)
        out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)

