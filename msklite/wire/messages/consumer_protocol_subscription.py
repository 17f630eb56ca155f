"""Generated from ConsumerProtocolSubscription.json; see tools/generate_messages.py."""

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
    read_string_or_none,
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


class ConsumerProtocolSubscription(Message):
    __slots__ = ('topics', 'user_data', 'owned_partitions', 'generation_id', 'rack_id', )
    VERSIONS = (0, 3)
    FLEXIBLE = 32767

    def __init__(
        self,
        topics: list[str] | None = None,
        user_data: bytes | None = None,
        owned_partitions: list[TopicPartition] | None = None,
        generation_id: int = -1,
        rack_id: str | None = None,
    ) -> None:
        self.topics: list[str] = [] if topics is None else topics
        self.user_data = user_data
        self.owned_partitions: list[TopicPartition] = [] if owned_partitions is None else owned_partitions
        self.generation_id = generation_id
        self.rack_id = rack_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerProtocolSubscription, int]:
        o = cls.__new__(cls)
        n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = read_string(buf, pos)
                topics_items.append(topics_item)
            o.topics = topics_items
        o.user_data, pos = read_bytes_or_none(buf, pos)
        if version >= 1:
            n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("owned_partitions must not be null")
            else:
                owned_partitions_items = []
                for _ in range(n):
                    owned_partitions_item, pos = TopicPartition.read(buf, pos, version)
                    owned_partitions_items.append(owned_partitions_item)
                o.owned_partitions = owned_partitions_items
        else:
            o.owned_partitions = []
        if version >= 2:
            o.generation_id, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.generation_id = -1
        if version >= 3:
            o.rack_id, pos = read_string_or_none(buf, pos)
        else:
            o.rack_id = None
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            write_string(out, topics_item)
        write_bytes(out, self.user_data)
        if version >= 1:
            out += _S_i.pack(len(self.owned_partitions))
            for owned_partitions_item in self.owned_partitions:
                owned_partitions_item.write(out, version)
        if version >= 2:
            out += _S_i.pack(self.generation_id)
        if version >= 3:
            write_string(out, self.rack_id)

