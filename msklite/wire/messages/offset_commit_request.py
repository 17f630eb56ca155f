"""Generated from OffsetCommitRequest.json; see tools/generate_messages.py."""

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
_S_q = Struct(">q")
_S_u = Struct(">16s")

class OffsetCommitRequestPartition(Message):
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
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetCommitRequestPartition, int]:
        o = cls.__new__(cls)
        o.partition_index, o.committed_offset = _S_iq.unpack_from(buf, pos)
        pos += 12
        if version >= 6:
            o.committed_leader_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.committed_leader_epoch = -1
        if version >= 8:
            o.committed_metadata, pos = read_compact_string_or_none(buf, pos)
        else:
            o.committed_metadata, pos = read_string_or_none(buf, pos)
        if version >= 8:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.partition_index, self.committed_offset)
        if version >= 6:
            out += _S_i.pack(self.committed_leader_epoch)
        if version >= 8:
            write_compact_string(out, self.committed_metadata)
        else:
            write_string(out, self.committed_metadata)
        if version >= 8:
            out += b"\0"


class OffsetCommitRequestTopic(Message):
    __slots__ = ('name', 'topic_id', 'partitions', )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[OffsetCommitRequestPartition] | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions: list[OffsetCommitRequestPartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetCommitRequestTopic, int]:
        o = cls.__new__(cls)
        if version <= 9:
            if version >= 8:
                o.name, pos = read_compact_string(buf, pos)
            else:
                o.name, pos = read_string(buf, pos)
        else:
            o.name = ""
        if version >= 10:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        if version >= 8:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = OffsetCommitRequestPartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        if version >= 8:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 9:
            if version >= 8:
                write_compact_string(out, self.name)
            else:
                write_string(out, self.name)
        if version >= 10:
            out += _S_u.pack(self.topic_id)
        if version >= 8:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 8:
            out += b"\0"


class OffsetCommitRequest(Message):
    __slots__ = ('group_id', 'generation_id_or_member_epoch', 'member_id', 'group_instance_id', 'retention_time_ms', 'topics', )
    API_KEY = 8
    VERSIONS = (2, 10)
    FLEXIBLE = 8

    def __init__(
        self,
        group_id: str = "",
        generation_id_or_member_epoch: int = -1,
        member_id: str = "",
        group_instance_id: str | None = None,
        retention_time_ms: int = -1,
        topics: list[OffsetCommitRequestTopic] | None = None,
    ) -> None:
        self.group_id = group_id
        self.generation_id_or_member_epoch = generation_id_or_member_epoch
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.retention_time_ms = retention_time_ms
        self.topics: list[OffsetCommitRequestTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetCommitRequest, int]:
        o = cls.__new__(cls)
        if version >= 8:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        o.generation_id_or_member_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 8:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 7:
            if version >= 8:
                o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
            else:
                o.group_instance_id, pos = read_string_or_none(buf, pos)
        else:
            o.group_instance_id = None
        if version <= 4:
            o.retention_time_ms, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.retention_time_ms = -1
        if version >= 8:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = OffsetCommitRequestTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 8:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 8:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        out += _S_i.pack(self.generation_id_or_member_epoch)
        if version >= 8:
            write_compact_string(out, self.member_id)
        else:
            write_string(out, self.member_id)
        if version >= 7:
            if version >= 8:
                write_compact_string(out, self.group_instance_id)
            else:
                write_string(out, self.group_instance_id)
        if version <= 4:
            out += _S_q.pack(self.retention_time_ms)
        if version >= 8:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 8:
            out += b"\0"

