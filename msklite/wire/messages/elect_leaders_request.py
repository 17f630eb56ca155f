"""Generated from ElectLeadersRequest.json; see tools/generate_messages.py."""

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

class TopicPartitions(Message):
    __slots__ = ('topic', 'partitions', )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.topic = topic
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicPartitions, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.topic, pos = read_compact_string(buf, pos)
        else:
            o.topic, pos = read_string(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.topic)
        else:
            write_string(out, self.topic)
        if version >= 2:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        if version >= 2:
            out += b"\0"


class ElectLeadersRequest(Message):
    __slots__ = ('election_type', 'topic_partitions', 'timeout_ms', )
    API_KEY = 43
    VERSIONS = (0, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        election_type: int = 0,
        topic_partitions: list[TopicPartitions] | None = None,
        timeout_ms: int = 60000,
    ) -> None:
        self.election_type = election_type
        self.topic_partitions: list[TopicPartitions] | None = [] if topic_partitions is None else topic_partitions
        self.timeout_ms = timeout_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ElectLeadersRequest, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.election_type, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.election_type = 0
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.topic_partitions = None
        else:
            topic_partitions_items = []
            for _ in range(n):
                topic_partitions_item, pos = TopicPartitions.read(buf, pos, version)
                topic_partitions_items.append(topic_partitions_item)
            o.topic_partitions = topic_partitions_items
        o.timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            out += _S_b.pack(self.election_type)
        if self.topic_partitions is None:
            if version >= 2:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 2:
                write_uvarint(out, len(self.topic_partitions) + 1)
            else:
                out += _S_i.pack(len(self.topic_partitions))
            for topic_partitions_item in self.topic_partitions:
                topic_partitions_item.write(out, version)
        out += _S_i.pack(self.timeout_ms)
        if version >= 2:
            out += b"\0"

