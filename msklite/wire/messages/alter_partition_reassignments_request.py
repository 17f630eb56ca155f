"""Generated from AlterPartitionReassignmentsRequest.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")
_S_i = Struct(">i")

class ReassignablePartition(Message):
    __slots__ = ('partition_index', 'replicas', )

    def __init__(
        self,
        partition_index: int = 0,
        replicas: list[int] | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.replicas = replicas

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ReassignablePartition, int]:
        o = cls.__new__(cls)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.replicas = None
        else:
            o.replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition_index)
        if self.replicas is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.replicas) + 1)
            out += pack(f">{len(self.replicas)}i", *self.replicas)
        out += b"\0"


class ReassignableTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[ReassignablePartition] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[ReassignablePartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ReassignableTopic, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = ReassignablePartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class AlterPartitionReassignmentsRequest(Message):
    __slots__ = ('timeout_ms', 'allow_replication_factor_change', 'topics', )
    API_KEY = 45
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        timeout_ms: int = 60000,
        allow_replication_factor_change: bool = True,
        topics: list[ReassignableTopic] | None = None,
    ) -> None:
        self.timeout_ms = timeout_ms
        self.allow_replication_factor_change = allow_replication_factor_change
        self.topics: list[ReassignableTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterPartitionReassignmentsRequest, int]:
        o = cls.__new__(cls)
        o.timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            o.allow_replication_factor_change, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.allow_replication_factor_change = True
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = ReassignableTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.timeout_ms)
        if version >= 1:
            out += _S_Z.pack(self.allow_replication_factor_change)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"

