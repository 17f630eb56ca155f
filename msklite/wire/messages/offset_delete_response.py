"""Generated from OffsetDeleteResponse.json; see tools/generate_messages.py."""

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

_S_hi = Struct(">hi")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class OffsetDeleteResponsePartition(Message):
    __slots__ = ('partition_index', 'error_code', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetDeleteResponsePartition, int]:
        o = cls.__new__(cls)
        o.partition_index, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_index, self.error_code)


class OffsetDeleteResponseTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[OffsetDeleteResponsePartition] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[OffsetDeleteResponsePartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetDeleteResponseTopic, int]:
        o = cls.__new__(cls)
        o.name, pos = read_string(buf, pos)
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = OffsetDeleteResponsePartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.name)
        out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)


class OffsetDeleteResponse(Message):
    __slots__ = ('error_code', 'throttle_time_ms', 'topics', )
    API_KEY = 47
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        error_code: int = 0,
        throttle_time_ms: int = 0,
        topics: list[OffsetDeleteResponseTopic] | None = None,
    ) -> None:
        self.error_code = error_code
        self.throttle_time_ms = throttle_time_ms
        self.topics: list[OffsetDeleteResponseTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetDeleteResponse, int]:
        o = cls.__new__(cls)
        o.error_code, o.throttle_time_ms = _S_hi.unpack_from(buf, pos)
        pos += 6
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = OffsetDeleteResponseTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hi.pack(self.error_code, self.throttle_time_ms)
        out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)

