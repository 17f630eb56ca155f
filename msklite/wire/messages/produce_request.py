"""Generated from ProduceRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_records_or_none,
    read_compact_string,
    read_compact_string_or_none,
    read_count,
    read_records_or_none,
    read_string,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_bytes,
    write_compact_bytes,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_hi = Struct(">hi")
_S_i = Struct(">i")
_S_u = Struct(">16s")

class PartitionProduceData(Message):
    __slots__ = ('index', 'records', )

    def __init__(
        self,
        index: int = 0,
        records: Buffer | None = b"",
    ) -> None:
        self.index = index
        self.records = records

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionProduceData, int]:
        o = cls.__new__(cls)
        o.index, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 9:
            o.records, pos = read_compact_records_or_none(buf, pos)
        else:
            o.records, pos = read_records_or_none(buf, pos)
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.index)
        if version >= 9:
            write_compact_bytes(out, self.records)
        else:
            write_bytes(out, self.records)
        if version >= 9:
            out += b"\0"


class TopicProduceData(Message):
    __slots__ = ('name', 'topic_id', 'partition_data', )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partition_data: list[PartitionProduceData] | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_data: list[PartitionProduceData] = [] if partition_data is None else partition_data

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicProduceData, int]:
        o = cls.__new__(cls)
        if version <= 12:
            if version >= 9:
                o.name, pos = read_compact_string(buf, pos)
            else:
                o.name, pos = read_string(buf, pos)
        else:
            o.name = ""
        if version >= 13:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partition_data must not be null")
        else:
            partition_data_items = []
            for _ in range(n):
                partition_data_item, pos = PartitionProduceData.read(buf, pos, version)
                partition_data_items.append(partition_data_item)
            o.partition_data = partition_data_items
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 12:
            if version >= 9:
                write_compact_string(out, self.name)
            else:
                write_string(out, self.name)
        if version >= 13:
            out += _S_u.pack(self.topic_id)
        if version >= 9:
            write_uvarint(out, len(self.partition_data) + 1)
        else:
            out += _S_i.pack(len(self.partition_data))
        for partition_data_item in self.partition_data:
            partition_data_item.write(out, version)
        if version >= 9:
            out += b"\0"


class ProduceRequest(Message):
    __slots__ = ('transactional_id', 'acks', 'timeout_ms', 'topic_data', )
    API_KEY = 0
    VERSIONS = (3, 13)
    FLEXIBLE = 9

    def __init__(
        self,
        transactional_id: str | None = None,
        acks: int = 0,
        timeout_ms: int = 0,
        topic_data: list[TopicProduceData] | None = None,
    ) -> None:
        self.transactional_id = transactional_id
        self.acks = acks
        self.timeout_ms = timeout_ms
        self.topic_data: list[TopicProduceData] = [] if topic_data is None else topic_data

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ProduceRequest, int]:
        o = cls.__new__(cls)
        if version >= 9:
            o.transactional_id, pos = read_compact_string_or_none(buf, pos)
        else:
            o.transactional_id, pos = read_string_or_none(buf, pos)
        o.acks, o.timeout_ms = _S_hi.unpack_from(buf, pos)
        pos += 6
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topic_data must not be null")
        else:
            topic_data_items = []
            for _ in range(n):
                topic_data_item, pos = TopicProduceData.read(buf, pos, version)
                topic_data_items.append(topic_data_item)
            o.topic_data = topic_data_items
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 9:
            write_compact_string(out, self.transactional_id)
        else:
            write_string(out, self.transactional_id)
        out += _S_hi.pack(self.acks, self.timeout_ms)
        if version >= 9:
            write_uvarint(out, len(self.topic_data) + 1)
        else:
            out += _S_i.pack(len(self.topic_data))
        for topic_data_item in self.topic_data:
            topic_data_item.write(out, version)
        if version >= 9:
            out += b"\0"

