"""Generated from OffsetFetchResponse.json; see tools/generate_messages.py."""

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

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_iq = Struct(">iq")
_S_iqi = Struct(">iqi")
_S_u = Struct(">16s")

class OffsetFetchResponsePartition(Message):
    __slots__ = ('partition_index', 'committed_offset', 'committed_leader_epoch', 'metadata', 'error_code', )

    def __init__(
        self,
        partition_index: int = 0,
        committed_offset: int = 0,
        committed_leader_epoch: int = -1,
        metadata: str | None = "",
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.metadata = metadata
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchResponsePartition, int]:
        o = cls.__new__(cls)
        o.partition_index, o.committed_offset = _S_iq.unpack_from(buf, pos)
        pos += 12
        if version >= 5:
            o.committed_leader_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.committed_leader_epoch = -1
        if version >= 6:
            o.metadata, pos = read_compact_string_or_none(buf, pos)
        else:
            o.metadata, pos = read_string_or_none(buf, pos)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.partition_index, self.committed_offset)
        if version >= 5:
            out += _S_i.pack(self.committed_leader_epoch)
        if version >= 6:
            write_compact_string(out, self.metadata)
        else:
            write_string(out, self.metadata)
        out += _S_h.pack(self.error_code)
        if version >= 6:
            out += b"\0"


class OffsetFetchResponseTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[OffsetFetchResponsePartition] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[OffsetFetchResponsePartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchResponseTopic, int]:
        o = cls.__new__(cls)
        if version >= 6:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 6:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = OffsetFetchResponsePartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 6:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 6:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 6:
            out += b"\0"


class OffsetFetchResponsePartitions(Message):
    __slots__ = ('partition_index', 'committed_offset', 'committed_leader_epoch', 'metadata', 'error_code', )

    def __init__(
        self,
        partition_index: int = 0,
        committed_offset: int = 0,
        committed_leader_epoch: int = -1,
        metadata: str | None = "",
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.committed_offset = committed_offset
        self.committed_leader_epoch = committed_leader_epoch
        self.metadata = metadata
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchResponsePartitions, int]:
        o = cls.__new__(cls)
        o.partition_index, o.committed_offset, o.committed_leader_epoch = _S_iqi.unpack_from(buf, pos)
        pos += 16
        o.metadata, pos = read_compact_string_or_none(buf, pos)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iqi.pack(self.partition_index, self.committed_offset, self.committed_leader_epoch)
        write_compact_string(out, self.metadata)
        out += _S_h.pack(self.error_code)
        out += b"\0"


class OffsetFetchResponseTopics(Message):
    __slots__ = ('name', 'topic_id', 'partitions', )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[OffsetFetchResponsePartitions] | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions: list[OffsetFetchResponsePartitions] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchResponseTopics, int]:
        o = cls.__new__(cls)
        if version <= 9:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name = ""
        if version >= 10:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = OffsetFetchResponsePartitions.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 9:
            write_compact_string(out, self.name)
        if version >= 10:
            out += _S_u.pack(self.topic_id)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class OffsetFetchResponseGroup(Message):
    __slots__ = ('group_id', 'topics', 'error_code', )

    def __init__(
        self,
        group_id: str = "",
        topics: list[OffsetFetchResponseTopics] | None = None,
        error_code: int = 0,
    ) -> None:
        self.group_id = group_id
        self.topics: list[OffsetFetchResponseTopics] = [] if topics is None else topics
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchResponseGroup, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = OffsetFetchResponseTopics.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
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
        out += _S_h.pack(self.error_code)
        out += b"\0"


class OffsetFetchResponse(Message):
    __slots__ = ('throttle_time_ms', 'topics', 'error_code', 'groups', )
    API_KEY = 9
    VERSIONS = (1, 10)
    FLEXIBLE = 6

    def __init__(
        self,
        throttle_time_ms: int = 0,
        topics: list[OffsetFetchResponseTopic] | None = None,
        error_code: int = 0,
        groups: list[OffsetFetchResponseGroup] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.topics: list[OffsetFetchResponseTopic] = [] if topics is None else topics
        self.error_code = error_code
        self.groups: list[OffsetFetchResponseGroup] = [] if groups is None else groups

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchResponse, int]:
        o = cls.__new__(cls)
        if version >= 3:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        if version <= 7:
            if version >= 6:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("topics must not be null")
            else:
                topics_items = []
                for _ in range(n):
                    topics_item, pos = OffsetFetchResponseTopic.read(buf, pos, version)
                    topics_items.append(topics_item)
                o.topics = topics_items
        else:
            o.topics = []
        if 2 <= version <= 7:
            o.error_code, = _S_h.unpack_from(buf, pos)
            pos += 2
        else:
            o.error_code = 0
        if version >= 8:
            if version >= 6:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("groups must not be null")
            else:
                groups_items = []
                for _ in range(n):
                    groups_item, pos = OffsetFetchResponseGroup.read(buf, pos, version)
                    groups_items.append(groups_item)
                o.groups = groups_items
        else:
            o.groups = []
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            out += _S_i.pack(self.throttle_time_ms)
        if version <= 7:
            if version >= 6:
                write_uvarint(out, len(self.topics) + 1)
            else:
                out += _S_i.pack(len(self.topics))
            for topics_item in self.topics:
                topics_item.write(out, version)
        if 2 <= version <= 7:
            out += _S_h.pack(self.error_code)
        if version >= 8:
            if version >= 6:
                write_uvarint(out, len(self.groups) + 1)
            else:
                out += _S_i.pack(len(self.groups))
            for groups_item in self.groups:
                groups_item.write(out, version)
        if version >= 6:
            out += b"\0"

