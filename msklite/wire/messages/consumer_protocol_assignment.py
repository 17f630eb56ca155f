"""Generated from ConsumerProtocolAssignment.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_bytes_or_none,
    read_count,
    read_string,
    unpack_from,
    write_bytes,
    write_string,
)

_S_i = Struct(">i")

class TopicPartition(Message):
    __slots__ = ('topic', 'partitions', )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.topic = topic
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicPartition, int]:
        o = cls.__new__(cls)
        o.topic, pos = read_string(buf, pos)
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.topic)
        out += _S_i.pack(len(self.partitions))
        out += pack(f">{len(self.partitions)}i", *self.partitions)


class ConsumerProtocolAssignment(Message):
    __slots__ = ('assigned_partitions', 'user_data', )
    VERSIONS = (0, 3)
    FLEXIBLE = 32767

    def __init__(
        self,
        assigned_partitions: list[TopicPartition] | None = None,
        user_data: bytes | None = None,
    ) -> None:
        self.assigned_partitions: list[TopicPartition] = [] if assigned_partitions is None else assigned_partitions
        self.user_data = user_data

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerProtocolAssignment, int]:
        o = cls.__new__(cls)
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("assigned_partitions must not be null")
        else:
            assigned_partitions_items = []
            for _ in range(n):
                assigned_partitions_item, pos = TopicPartition.read(buf, pos, version)
                assigned_partitions_items.append(assigned_partitions_item)
            o.assigned_partitions = assigned_partitions_items
        o.user_data, pos = read_bytes_or_none(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(len(self.assigned_partitions))
        for assigned_partitions_item in self.assigned_partitions:
            assigned_partitions_item.write(out, version)
        write_bytes(out, self.user_data)

