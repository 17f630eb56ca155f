"""Generated from WriteShareGroupStateRequest.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_iiiq = Struct(">iiiq")
_S_qqbh = Struct(">qqbh")
_S_u = Struct(">16s")

class StateBatch(Message):
    __slots__ = ('first_offset', 'last_offset', 'delivery_state', 'delivery_count', )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        delivery_state: int = 0,
        delivery_count: int = 0,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.delivery_state = delivery_state
        self.delivery_count = delivery_count

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StateBatch, int]:
        o = cls.__new__(cls)
        o.first_offset, o.last_offset, o.delivery_state, o.delivery_count = _S_qqbh.unpack_from(buf, pos)
        pos += 19
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qqbh.pack(self.first_offset, self.last_offset, self.delivery_state, self.delivery_count)
        out += b"\0"


class PartitionData(Message):
    __slots__ = ('partition', 'state_epoch', 'leader_epoch', 'start_offset', 'delivery_complete_count', 'state_batches', )

    def __init__(
        self,
        partition: int = 0,
        state_epoch: int = 0,
        leader_epoch: int = 0,
        start_offset: int = 0,
        delivery_complete_count: int = -1,
        state_batches: list[StateBatch] | None = None,
    ) -> None:
        self.partition = partition
        self.state_epoch = state_epoch
        self.leader_epoch = leader_epoch
        self.start_offset = start_offset
        self.delivery_complete_count = delivery_complete_count
        self.state_batches: list[StateBatch] = [] if state_batches is None else state_batches

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.partition, o.state_epoch, o.leader_epoch, o.start_offset = _S_iiiq.unpack_from(buf, pos)
        pos += 20
        if version >= 1:
            o.delivery_complete_count, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.delivery_complete_count = -1
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("state_batches must not be null")
        else:
            state_batches_items = []
            for _ in range(n):
                state_batches_item, pos = StateBatch.read(buf, pos, version)
                state_batches_items.append(state_batches_item)
            o.state_batches = state_batches_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iiiq.pack(self.partition, self.state_epoch, self.leader_epoch, self.start_offset)
        if version >= 1:
            out += _S_i.pack(self.delivery_complete_count)
        write_uvarint(out, len(self.state_batches) + 1)
        for state_batches_item in self.state_batches:
            state_batches_item.write(out, version)
        out += b"\0"


class WriteStateData(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionData] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[PartitionData] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WriteStateData, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = PartitionData.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class WriteShareGroupStateRequest(Message):
    __slots__ = ('group_id', 'topics', )
    API_KEY = 85
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        group_id: str = "",
        topics: list[WriteStateData] | None = None,
    ) -> None:
        self.group_id = group_id
        self.topics: list[WriteStateData] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WriteShareGroupStateRequest, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = WriteStateData.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.group_id)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"

