"""Generated from DescribeTopicPartitionsResponse.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_h = Struct(">h")
_S_hiii = Struct(">hiii")
_S_i = Struct(">i")
_S_uZ = Struct(">16s?")

class DescribeTopicPartitionsResponsePartition(Message):
    __slots__ = ('error_code', 'partition_index', 'leader_id', 'leader_epoch', 'replica_nodes', 'isr_nodes', 'eligible_leader_replicas', 'last_known_elr', 'offline_replicas', )

    def __init__(
        self,
        error_code: int = 0,
        partition_index: int = 0,
        leader_id: int = 0,
        leader_epoch: int = -1,
        replica_nodes: list[int] | None = None,
        isr_nodes: list[int] | None = None,
        eligible_leader_replicas: list[int] | None = None,
        last_known_elr: list[int] | None = None,
        offline_replicas: list[int] | None = None,
    ) -> None:
        self.error_code = error_code
        self.partition_index = partition_index
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.replica_nodes: list[int] = [] if replica_nodes is None else replica_nodes
        self.isr_nodes: list[int] = [] if isr_nodes is None else isr_nodes
        self.eligible_leader_replicas = eligible_leader_replicas
        self.last_known_elr = last_known_elr
        self.offline_replicas: list[int] = [] if offline_replicas is None else offline_replicas

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeTopicPartitionsResponsePartition, int]:
        o = cls.__new__(cls)
        o.error_code, o.partition_index, o.leader_id, o.leader_epoch = _S_hiii.unpack_from(buf, pos)
        pos += 14
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("replica_nodes must not be null")
        else:
            o.replica_nodes = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("isr_nodes must not be null")
        else:
            o.isr_nodes = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.eligible_leader_replicas = None
        else:
            o.eligible_leader_replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.last_known_elr = None
        else:
            o.last_known_elr = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("offline_replicas must not be null")
        else:
            o.offline_replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hiii.pack(self.error_code, self.partition_index, self.leader_id, self.leader_epoch)
        write_uvarint(out, len(self.replica_nodes) + 1)
        out += pack(f">{len(self.replica_nodes)}i", *self.replica_nodes)
        write_uvarint(out, len(self.isr_nodes) + 1)
        out += pack(f">{len(self.isr_nodes)}i", *self.isr_nodes)
        if self.eligible_leader_replicas is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.eligible_leader_replicas) + 1)
            out += pack(f">{len(self.eligible_leader_replicas)}i", *self.eligible_leader_replicas)
        if self.last_known_elr is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.last_known_elr) + 1)
            out += pack(f">{len(self.last_known_elr)}i", *self.last_known_elr)
        write_uvarint(out, len(self.offline_replicas) + 1)
        out += pack(f">{len(self.offline_replicas)}i", *self.offline_replicas)
        out += b"\0"


class DescribeTopicPartitionsResponseTopic(Message):
    __slots__ = ('error_code', 'name', 'topic_id', 'is_internal', 'partitions', 'topic_authorized_operations', )

    def __init__(
        self,
        error_code: int = 0,
        name: str | None = "",
        topic_id: bytes = ZERO_UUID,
        is_internal: bool = False,
        partitions: list[DescribeTopicPartitionsResponsePartition] | None = None,
        topic_authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.name = name
        self.topic_id = topic_id
        self.is_internal = is_internal
        self.partitions: list[DescribeTopicPartitionsResponsePartition] = [] if partitions is None else partitions
        self.topic_authorized_operations = topic_authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeTopicPartitionsResponseTopic, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        o.name, pos = read_compact_string_or_none(buf, pos)
        o.topic_id, o.is_internal = _S_uZ.unpack_from(buf, pos)
        pos += 17
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = DescribeTopicPartitionsResponsePartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        o.topic_authorized_operations, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        write_compact_string(out, self.name)
        out += _S_uZ.pack(self.topic_id, self.is_internal)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += _S_i.pack(self.topic_authorized_operations)
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


class DescribeTopicPartitionsResponse(Message):
    __slots__ = ('throttle_time_ms', 'topics', 'next_cursor', )
    API_KEY = 75
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[DescribeTopicPartitionsResponseTopic] | None = None,
        next_cursor: Cursor | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.topics: list[DescribeTopicPartitionsResponseTopic] = [] if topics is None else topics
        self.next_cursor = next_cursor

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeTopicPartitionsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = DescribeTopicPartitionsResponseTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        pos += 1
        if pos > len(buf):
            raise DecodeError("a struct runs past the end")
        if buf[pos - 1] == 255:
            o.next_cursor = None
        else:
            o.next_cursor, pos = Cursor.read(buf, pos, version)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        if self.next_cursor is None:
            out += b"\xff"
        else:
            out += b"\x01"
            self.next_cursor.write(out, version)
        out += b"\0"

