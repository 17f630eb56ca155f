"""Generated from TxnOffsetCommitRequest.json; see tools/generate_messages.py."""

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
    read_count,
    read_string,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_iq = Struct(">iq")
_S_qh = Struct(">qh")

class TxnOffsetCommitRequestPartition(Message):
    __slots__ = ('partition_index', 'committed_offset', 'committed_leader_epoch', 'committed_metadata', )

    def __init__(
        self,
        partition_index: int = 0,
        committed_offset: int = 0,
        committed_leader_epoch: int = -1,
        committed_metadata: str | None = "",
    ) -> None:
        self.partition_index = partition_index
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.committed_metadata = committed_metadata

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TxnOffsetCommitRequestPartition, int]:
        o = cls.__new__(cls)
        o.partition_index, o.committed_offset = _S_iq.unpack_from(buf, pos)
        pos += 12
        if version >= 2:
            o.committed_leader_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.committed_leader_epoch = -1
        if version >= 3:
            o.committed_metadata, pos = read_compact_string_or_none(buf, pos)
        else:
            o.committed_metadata, pos = read_string_or_none(buf, pos)
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.partition_index, self.committed_offset)
        if version >= 2:
            out += _S_i.pack(self.committed_leader_epoch)
        if version >= 3:
            write_compact_string(out, self.committed_metadata)
        else:
            write_string(out, self.committed_metadata)
        if version >= 3:
            out += b"\0"


class TxnOffsetCommitRequestTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[TxnOffsetCommitRequestPartition] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[TxnOffsetCommitRequestPartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TxnOffsetCommitRequestTopic, int]:
        o = cls.__new__(cls)
        if version >= 3:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 3:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = TxnOffsetCommitRequestPartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 3:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 3:
            out += b"\0"


class TxnOffsetCommitRequest(Message):
    __slots__ = ('transactional_id', 'group_id', 'producer_id', 'producer_epoch', 'generation_id', 'member_id', 'group_instance_id', 'topics', )
    API_KEY = 28
    VERSIONS = (0, 5)
    FLEXIBLE = 3

    def __init__(
        self,
        transactional_id: str = "",
        group_id: str = "",
        producer_id: int = 0,
        producer_epoch: int = 0,
        generation_id: int = -1,
        member_id: str = "",
        group_instance_id: str | None = None,
        topics: list[TxnOffsetCommitRequestTopic] | None = None,
    ) -> None:
        self.transactional_id = transactional_id
        self.group_id = group_id
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.generation_id = generation_id
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.topics: list[TxnOffsetCommitRequestTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TxnOffsetCommitRequest, int]:
        o = cls.__new__(cls)
        if version >= 3:
            o.transactional_id, pos = read_compact_string(buf, pos)
        else:
            o.transactional_id, pos = read_string(buf, pos)
        if version >= 3:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        o.producer_id, o.producer_epoch = _S_qh.unpack_from(buf, pos)
        pos += 10
        if version >= 3:
            o.generation_id, = _S_i.unpack_from(buf, pos)
            pos += 4
            if version >= 3:
                o.member_id, pos = read_compact_string(buf, pos)
            else:
                o.member_id, pos = read_string(buf, pos)
            if version >= 3:
                o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
            else:
                o.group_instance_id, pos = read_string_or_none(buf, pos)
        else:
            o.generation_id = -1
            o.member_id = ""
            o.group_instance_id = None
        if version >= 3:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TxnOffsetCommitRequestTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            write_compact_string(out, self.transactional_id)
        else:
            write_string(out, self.transactional_id)
        if version >= 3:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        out += _S_qh.pack(self.producer_id, self.producer_epoch)
        if version >= 3:
            out += _S_i.pack(self.generation_id)
            if version >= 3:
                write_compact_string(out, self.member_id)
            else:
                write_string(out, self.member_id)
            if version >= 3:
                write_compact_string(out, self.group_instance_id)
            else:
                write_string(out, self.group_instance_id)
        if version >= 3:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 3:
            out += b"\0"

