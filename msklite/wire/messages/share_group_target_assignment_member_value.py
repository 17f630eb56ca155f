"""Generated from ShareGroupTargetAssignmentMemberValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    skip_tags,
    unpack_from,
    write_uvarint,
)

_S_i = Struct(">i")
_S_u = Struct(">16s")

class TopicPartition(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicPartition, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
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
        write_uvarint(out, len(self.partitions) + 1)
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        out += b"\0"


class ShareGroupTargetAssignmentMemberValue(Message):
    __slots__ = ('topic_partitions', )
    API_KEY = 13
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        topic_partitions: list[TopicPartition] | None = None,
    ) -> None:
        self.topic_partitions: list[TopicPartition] = [] if topic_partitions is None else topic_partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareGroupTargetAssignmentMemberValue, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topic_partitions must not be null")
        else:
            topic_partitions_items = []
            for _ in range(n):
                topic_partitions_item, pos = TopicPartition.read(buf, pos, version)
                topic_partitions_items.append(topic_partitions_item)
            o.topic_partitions = topic_partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.topic_partitions) + 1)
        for topic_partitions_item in self.topic_partitions:
            topic_partitions_item.write(out, version)
        out += b"\0"

