"""Generated from ConsumerGroupCurrentMemberAssignmentValue.json; see tools/generate_messages.py."""

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
_S_iib = Struct(">iib")
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


class ConsumerGroupCurrentMemberAssignmentValue(Message):
    __slots__ = ('member_epoch', 'previous_member_epoch', 'state', 'assigned_partitions', 'partitions_pending_revocation', )
    API_KEY = 8
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        member_epoch: int = 0,
        previous_member_epoch: int = 0,
        state: int = 0,
        assigned_partitions: list[TopicPartitions] | None = None,
        partitions_pending_revocation: list[TopicPartitions] | None = None,
    ) -> None:
        self.member_epoch = member_epoch
        self.previous_member_epoch = previous_member_epoch
        self.state = state
        self.assigned_partitions: list[TopicPartitions] = [] if assigned_partitions is None else assigned_partitions
        self.partitions_pending_revocation: list[TopicPartitions] = [] if partitions_pending_revocation is None else partitions_pending_revocation

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupCurrentMemberAssignmentValue, int]:
        o = cls.__new__(cls)
        o.member_epoch, o.previous_member_epoch, o.state = _S_iib.unpack_from(buf, pos)
        pos += 9
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("assigned_partitions must not be null")
        else:
            assigned_partitions_items = []
            for _ in range(n):
                assigned_partitions_item, pos = TopicPartitions.read(buf, pos, version)
                assigned_partitions_items.append(assigned_partitions_item)
            o.assigned_partitions = assigned_partitions_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions_pending_revocation must not be null")
        else:
            partitions_pending_revocation_items = []
            for _ in range(n):
                partitions_pending_revocation_item, pos = TopicPartitions.read(buf, pos, version)
                partitions_pending_revocation_items.append(partitions_pending_revocation_item)
            o.partitions_pending_revocation = partitions_pending_revocation_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iib.pack(self.member_epoch, self.previous_member_epoch, self.state)
        write_uvarint(out, len(self.assigned_partitions) + 1)
        for assigned_partitions_item in self.assigned_partitions:
            assigned_partitions_item.write(out, version)
        write_uvarint(out, len(self.partitions_pending_revocation) + 1)
        for partitions_pending_revocation_item in self.partitions_pending_revocation:
            partitions_pending_revocation_item.write(out, version)
        out += b"\0"

