"""Generated from OffsetFetchRequest.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_Z = Struct(">?")
_S_i = Struct(">i")
_S_u = Struct(">16s")

class OffsetFetchRequestTopic(Message):
    __slots__ = ('name', 'partition_indexes', )

    def __init__(
        self,
        name: str = "",
        partition_indexes: list[int] | None = None,
    ) -> None:
        self.name = name
        self.partition_indexes: list[int] = [] if partition_indexes is None else partition_indexes

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchRequestTopic, int]:
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
            raise DecodeError("partition_indexes must not be null")
        else:
            o.partition_indexes = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
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
            write_uvarint(out, len(self.partition_indexes) + 1)
        else:
            out += _S_i.pack(len(self.partition_indexes))
        out += pack(f">{len(self.partition_indexes)}i", *self.partition_indexes)
        if version >= 6:
            out += b"\0"


class OffsetFetchRequestTopics(Message):
    __slots__ = ('name', 'topic_id', 'partition_indexes', )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partition_indexes: list[int] | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_indexes: list[int] = [] if partition_indexes is None else partition_indexes

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchRequestTopics, int]:
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
            raise DecodeError("partition_indexes must not be null")
        else:
            o.partition_indexes = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
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
        write_uvarint(out, len(self.partition_indexes) + 1)
        out += pack(f">{len(self.partition_indexes)}i", *self.partition_indexes)
        out += b"\0"


class OffsetFetchRequestGroup(Message):
    __slots__ = ('group_id', 'member_id', 'member_epoch', 'topics', )

    def __init__(
        self,
        group_id: str = "",
        member_id: str | None = None,
        member_epoch: int = -1,
        topics: list[OffsetFetchRequestTopics] | None = None,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.topics: list[OffsetFetchRequestTopics] | None = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchRequestGroup, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string(buf, pos)
        if version >= 9:
            o.member_id, pos = read_compact_string_or_none(buf, pos)
            o.member_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.member_id = None
            o.member_epoch = -1
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.topics = None
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = OffsetFetchRequestTopics.read(buf, pos, version)
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
        if version >= 9:
            write_compact_string(out, self.member_id)
            out += _S_i.pack(self.member_epoch)
        if self.topics is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.topics) + 1)
            for topics_item in self.topics:
                topics_item.write(out, version)
        out += b"\0"


class OffsetFetchRequest(Message):
    __slots__ = ('group_id', 'topics', 'groups', 'require_stable', )
    API_KEY = 9
    VERSIONS = (1, 10)
    FLEXIBLE = 6

    def __init__(
        self,
        group_id: str = "",
        topics: list[OffsetFetchRequestTopic] | None = None,
        groups: list[OffsetFetchRequestGroup] | None = None,
        require_stable: bool = False,
    ) -> None:
        self.group_id = group_id
        self.topics: list[OffsetFetchRequestTopic] | None = [] if topics is None else topics
        self.groups: list[OffsetFetchRequestGroup] = [] if groups is None else groups
        self.require_stable = require_stable

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetFetchRequest, int]:
        o = cls.__new__(cls)
        if version <= 7:
            if version >= 6:
                o.group_id, pos = read_compact_string(buf, pos)
            else:
                o.group_id, pos = read_string(buf, pos)
            if version >= 6:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                o.topics = None
            else:
                topics_items = []
                for _ in range(n):
                    topics_item, pos = OffsetFetchRequestTopic.read(buf, pos, version)
                    topics_items.append(topics_item)
                o.topics = topics_items
            if o.topics is None and not version >= 2:
                raise DecodeError("topics must not be null")
        else:
            o.group_id = ""
            o.topics = []
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
                    groups_item, pos = OffsetFetchRequestGroup.read(buf, pos, version)
                    groups_items.append(groups_item)
                o.groups = groups_items
        else:
            o.groups = []
        if version >= 7:
            o.require_stable, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.require_stable = False
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 7:
            if version >= 6:
                write_compact_string(out, self.group_id)
            else:
                write_string(out, self.group_id)
            if self.topics is None:
                if version >= 6:
                    out += b"\0"
                else:
                    out += b"\xff\xff\xff\xff"
            else:
                if version >= 6:
                    write_uvarint(out, len(self.topics) + 1)
                else:
                    out += _S_i.pack(len(self.topics))
                for topics_item in self.topics:
                    topics_item.write(out, version)
        if version >= 8:
            if version >= 6:
                write_uvarint(out, len(self.groups) + 1)
            else:
                out += _S_i.pack(len(self.groups))
            for groups_item in self.groups:
                groups_item.write(out, version)
        if version >= 7:
            out += _S_Z.pack(self.require_stable)
        if version >= 6:
            out += b"\0"

