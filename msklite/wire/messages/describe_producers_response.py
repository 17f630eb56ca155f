"""Generated from DescribeProducersResponse.json; see tools/generate_messages.py."""

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
_S_qiiqiq = Struct(">qiiqiq")

class ProducerState(Message):
    __slots__ = ('producer_id', 'producer_epoch', 'last_sequence', 'last_timestamp', 'coordinator_epoch', 'current_txn_start_offset', )

    def __init__(
        self,
        producer_id: int = 0,
        producer_epoch: int = 0,
        last_sequence: int = -1,
        last_timestamp: int = -1,
        coordinator_epoch: int = 0,
        current_txn_start_offset: int = -1,
    ) -> None:
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.last_sequence = last_sequence
        self.last_timestamp = last_timestamp
        self.coordinator_epoch = coordinator_epoch
        self.current_txn_start_offset = current_txn_start_offset

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ProducerState, int]:
        o = cls.__new__(cls)
        o.producer_id, o.producer_epoch, o.last_sequence, o.last_timestamp, o.coordinator_epoch, o.current_txn_start_offset = _S_qiiqiq.unpack_from(buf, pos)
        pos += 36
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qiiqiq.pack(self.producer_id, self.producer_epoch, self.last_sequence, self.last_timestamp, self.coordinator_epoch, self.current_txn_start_offset)
        out += b"\0"


class PartitionResponse(Message):
    __slots__ = ('partition_index', 'error_code', 'error_message', 'active_producers', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        active_producers: list[ProducerState] | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.active_producers: list[ProducerState] = [] if active_producers is None else active_producers

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionResponse, int]:
        o = cls.__new__(cls)
        o.partition_index, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("active_producers must not be null")
        else:
            active_producers_items = []
            for _ in range(n):
                active_producers_item, pos = ProducerState.read(buf, pos, version)
                active_producers_items.append(active_producers_item)
            o.active_producers = active_producers_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_index, self.error_code)
        write_compact_string(out, self.error_message)
        write_uvarint(out, len(self.active_producers) + 1)
        for active_producers_item in self.active_producers:
            active_producers_item.write(out, version)
        out += b"\0"


class TopicResponse(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[PartitionResponse] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[PartitionResponse] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicResponse, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = PartitionResponse.read(buf, pos, version)
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


class DescribeProducersResponse(Message):
    __slots__ = ('throttle_time_ms', 'topics', )
    API_KEY = 61
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[TopicResponse] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.topics: list[TopicResponse] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeProducersResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicResponse.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
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
        out += b"\0"

