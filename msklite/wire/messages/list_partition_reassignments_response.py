"""Generated from ListPartitionReassignmentsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_ih = Struct(">ih")

class OngoingPartitionReassignment(Message):
    __slots__ = ('partition_index', 'replicas', 'adding_replicas', 'removing_replicas', )

    def __init__(
        self,
        partition_index: int = 0,
        replicas: list[int] | None = None,
        adding_replicas: list[int] | None = None,
        removing_replicas: list[int] | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.replicas: list[int] = [] if replicas is None else replicas
        self.adding_replicas: list[int] = [] if adding_replicas is None else adding_replicas
        self.removing_replicas: list[int] = [] if removing_replicas is None else removing_replicas

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OngoingPartitionReassignment, int]:
        o = cls.__new__(cls)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("replicas must not be null")
        else:
            o.replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("adding_replicas must not be null")
        else:
            o.adding_replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("removing_replicas must not be null")
        else:
            o.removing_replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition_index)
        write_uvarint(out, len(self.replicas) + 1)
        out += pack(f">{len(self.replicas)}i", *self.replicas)
        write_uvarint(out, len(self.adding_replicas) + 1)
        out += pack(f">{len(self.adding_replicas)}i", *self.adding_replicas)
        write_uvarint(out, len(self.removing_replicas) + 1)
        out += pack(f">{len(self.removing_replicas)}i", *self.removing_replicas)
        out += b"\0"


class OngoingTopicReassignment(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[OngoingPartitionReassignment] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[OngoingPartitionReassignment] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OngoingTopicReassignment, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = OngoingPartitionReassignment.read(buf, pos, version)
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


class ListPartitionReassignmentsResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'topics', )
    API_KEY = 46
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        topics: list[OngoingTopicReassignment] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.topics: list[OngoingTopicReassignment] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListPartitionReassignmentsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = OngoingTopicReassignment.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_compact_string(out, self.error_message)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"

