"""Generated from ConsumerGroupHeartbeatRequest.json; see tools/generate_messages.py."""

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

_S_i = Struct(">i")
_S_u = Struct(">16s")

class TopicPartitions(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicPartitions, int]:
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


class ConsumerGroupHeartbeatRequest(Message):
    __slots__ = ('group_id', 'member_id', 'member_epoch', 'instance_id', 'rack_id', 'rebalance_timeout_ms', 'subscribed_topic_names', 'subscribed_topic_regex', 'server_assignor', 'topic_partitions', )
    API_KEY = 68
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        member_epoch: int = 0,
        instance_id: str | None = None,
        rack_id: str | None = None,
        rebalance_timeout_ms: int = -1,
        subscribed_topic_names: list[str] | None = None,
        subscribed_topic_regex: str | None = None,
        server_assignor: str | None = None,
        topic_partitions: list[TopicPartitions] | None = None,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.subscribed_topic_names = subscribed_topic_names
        self.subscribed_topic_regex = subscribed_topic_regex
        self.server_assignor = server_assignor
        self.topic_partitions = topic_partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupHeartbeatRequest, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string(buf, pos)
        o.member_id, pos = read_compact_string(buf, pos)
        o.member_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.instance_id, pos = read_compact_string_or_none(buf, pos)
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        o.rebalance_timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.subscribed_topic_names = None
        else:
            subscribed_topic_names_items = []
            for _ in range(n):
                subscribed_topic_names_item, pos = read_compact_string(buf, pos)
                subscribed_topic_names_items.append(subscribed_topic_names_item)
            o.subscribed_topic_names = subscribed_topic_names_items
        if version >= 1:
            o.subscribed_topic_regex, pos = read_compact_string_or_none(buf, pos)
        else:
            o.subscribed_topic_regex = None
        o.server_assignor, pos = read_compact_string_or_none(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.topic_partitions = None
        else:
            topic_partitions_items = []
            for _ in range(n):
                topic_partitions_item, pos = TopicPartitions.read(buf, pos, version)
                topic_partitions_items.append(topic_partitions_item)
            o.topic_partitions = topic_partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.group_id)
        write_compact_string(out, self.member_id)
        out += _S_i.pack(self.member_epoch)
        write_compact_string(out, self.instance_id)
        write_compact_string(out, self.rack_id)
        out += _S_i.pack(self.rebalance_timeout_ms)
        if self.subscribed_topic_names is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.subscribed_topic_names) + 1)
            for subscribed_topic_names_item in self.subscribed_topic_names:
                write_compact_string(out, subscribed_topic_names_item)
        if version >= 1:
            write_compact_string(out, self.subscribed_topic_regex)
        write_compact_string(out, self.server_assignor)
        if self.topic_partitions is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.topic_partitions) + 1)
            for topic_partitions_item in self.topic_partitions:
                topic_partitions_item.write(out, version)
        out += b"\0"

