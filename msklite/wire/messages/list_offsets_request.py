"""Generated from ListOffsetsRequest.json; see tools/generate_messages.py."""

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

_S_b = Struct(">b")
_S_i = Struct(">i")
_S_q = Struct(">q")

class ListOffsetsPartition(Message):
    __slots__ = ('partition_index', 'current_leader_epoch', 'timestamp', )

    def __init__(
        self,
        partition_index: int = 0,
        current_leader_epoch: int = -1,
        timestamp: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.current_leader_epoch = current_leader_epoch
        self.timestamp = timestamp

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListOffsetsPartition, int]:
        o = cls.__new__(cls)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            o.current_leader_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.current_leader_epoch = -1
        o.timestamp, = _S_q.unpack_from(buf, pos)
        pos += 8
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition_index)
        if version >= 4:
            out += _S_i.pack(self.current_leader_epoch)
        out += _S_q.pack(self.timestamp)
        if version >= 6:
            out += b"\0"


class ListOffsetsTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[ListOffsetsPartition] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[ListOffsetsPartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListOffsetsTopic, int]:
        o = cls.__new__(cls)
        if version >= 6:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 6:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = ListOffsetsPartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 6:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 6:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 6:
            out += b"\0"


class ListOffsetsRequest(Message):
    __slots__ = ('replica_id', 'isolation_level', 'topics', 'timeout_ms', )
    API_KEY = 2
    VERSIONS = (1, 11)
    FLEXIBLE = 6

    def __init__(
        self,
        replica_id: int = 0,
        isolation_level: int = 0,
        topics: list[ListOffsetsTopic] | None = None,
        timeout_ms: int = 0,
    ) -> None:
        self.replica_id = replica_id
        self.isolation_level = isolation_level
        self.topics: list[ListOffsetsTopic] = [] if topics is None else topics
        self.timeout_ms = timeout_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListOffsetsRequest, int]:
        o = cls.__new__(cls)
        o.replica_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            o.isolation_level, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.isolation_level = 0
        if version >= 6:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = ListOffsetsTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 10:
            o.timeout_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.timeout_ms = 0
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.replica_id)
        if version >= 2:
            out += _S_b.pack(self.isolation_level)
        if version >= 6:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 10:
            out += _S_i.pack(self.timeout_ms)
        if version >= 6:
            out += b"\0"

