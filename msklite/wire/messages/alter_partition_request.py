"""Generated from AlterPartitionRequest.json; see tools/generate_messages.py."""

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

_S_bi = Struct(">bi")
_S_i = Struct(">i")
_S_ii = Struct(">ii")
_S_iq = Struct(">iq")
_S_u = Struct(">16s")

class BrokerState(Message):
    __slots__ = ('broker_id', 'broker_epoch', )

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BrokerState, int]:
        o = cls.__new__(cls)
        o.broker_id, o.broker_epoch = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.broker_id, self.broker_epoch)
        out += b"\0"


class PartitionData(Message):
    __slots__ = ('partition_index', 'leader_epoch', 'new_isr', 'new_isr_with_epochs', 'leader_recovery_state', 'partition_epoch', )

    def __init__(
        self,
        partition_index: int = 0,
        leader_epoch: int = 0,
        new_isr: list[int] | None = None,
        new_isr_with_epochs: list[BrokerState] | None = None,
        leader_recovery_state: int = 0,
        partition_epoch: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.leader_epoch = leader_epoch
        self.new_isr: list[int] = [] if new_isr is None else new_isr
        self.new_isr_with_epochs: list[BrokerState] = [] if new_isr_with_epochs is None else new_isr_with_epochs
        self.leader_recovery_state = leader_recovery_state
        self.partition_epoch = partition_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.partition_index, o.leader_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        if version <= 2:
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                raise DecodeError("new_isr must not be null")
            else:
                o.new_isr = list(unpack_from(f">{n}i", buf, pos))
                pos += 4 * n
        else:
            o.new_isr = []
        if version >= 3:
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                raise DecodeError("new_isr_with_epochs must not be null")
            else:
                new_isr_with_epochs_items = []
                for _ in range(n):
                    new_isr_with_epochs_item, pos = BrokerState.read(buf, pos, version)
                    new_isr_with_epochs_items.append(new_isr_with_epochs_item)
                o.new_isr_with_epochs = new_isr_with_epochs_items
        else:
            o.new_isr_with_epochs = []
        o.leader_recovery_state, o.partition_epoch = _S_bi.unpack_from(buf, pos)
        pos += 5
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ii.pack(self.partition_index, self.leader_epoch)
        if version <= 2:
            write_uvarint(out, len(self.new_isr) + 1)
            out += pack(f">{len(self.new_isr)}i", *self.new_isr)
        if version >= 3:
            write_uvarint(out, len(self.new_isr_with_epochs) + 1)
            for new_isr_with_epochs_item in self.new_isr_with_epochs:
                new_isr_with_epochs_item.write(out, version)
        out += _S_bi.pack(self.leader_recovery_state, self.partition_epoch)
        out += b"\0"


class TopicData(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionData] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[PartitionData] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicData, int]:
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


class AlterPartitionRequest(Message):
    __slots__ = ('broker_id', 'broker_epoch', 'topics', )
    API_KEY = 56
    VERSIONS = (2, 3)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
        topics: list[TopicData] | None = None,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.topics: list[TopicData] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterPartitionRequest, int]:
        o = cls.__new__(cls)
        o.broker_id, o.broker_epoch = _S_iq.unpack_from(buf, pos)
        pos += 12
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicData.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.broker_id, self.broker_epoch)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"

