"""Generated from CreateTopicsRequest.json; see tools/generate_messages.py."""

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
_S_iZ = Struct(">i?")
_S_ih = Struct(">ih")

class CreatableReplicaAssignment(Message):
    __slots__ = ('partition_index', 'broker_ids', )

    def __init__(
        self,
        partition_index: int = 0,
        broker_ids: list[int] | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.broker_ids: list[int] = [] if broker_ids is None else broker_ids

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatableReplicaAssignment, int]:
        o = cls.__new__(cls)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("broker_ids must not be null")
        else:
            o.broker_ids = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition_index)
        if version >= 5:
            write_uvarint(out, len(self.broker_ids) + 1)
        else:
            out += _S_i.pack(len(self.broker_ids))
        out += pack(f">{len(self.broker_ids)}i", *self.broker_ids)
        if version >= 5:
            out += b"\0"


class CreatableTopicConfig(Message):
    __slots__ = ('name', 'value', )

    def __init__(
        self,
        name: str = "",
        value: str | None = "",
    ) -> None:
        self.name = name
        self.value = value

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatableTopicConfig, int]:
        o = cls.__new__(cls)
        if version >= 5:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 5:
            o.value, pos = read_compact_string_or_none(buf, pos)
        else:
            o.value, pos = read_string_or_none(buf, pos)
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 5:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 5:
            write_compact_string(out, self.value)
        else:
            write_string(out, self.value)
        if version >= 5:
            out += b"\0"


class CreatableTopic(Message):
    __slots__ = ('name', 'num_partitions', 'replication_factor', 'assignments', 'configs', )

    def __init__(
        self,
        name: str = "",
        num_partitions: int = 0,
        replication_factor: int = 0,
        assignments: list[CreatableReplicaAssignment] | None = None,
        configs: list[CreatableTopicConfig] | None = None,
    ) -> None:
        self.name = name
        self.num_partitions = num_partitions
        self.replication_factor = replication_factor
        self.assignments: list[CreatableReplicaAssignment] = [] if assignments is None else assignments
        self.configs: list[CreatableTopicConfig] = [] if configs is None else configs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatableTopic, int]:
        o = cls.__new__(cls)
        if version >= 5:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        o.num_partitions, o.replication_factor = _S_ih.unpack_from(buf, pos)
        pos += 6
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("assignments must not be null")
        else:
            assignments_items = []
            for _ in range(n):
                assignments_item, pos = CreatableReplicaAssignment.read(buf, pos, version)
                assignments_items.append(assignments_item)
            o.assignments = assignments_items
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("configs must not be null")
        else:
            configs_items = []
            for _ in range(n):
                configs_item, pos = CreatableTopicConfig.read(buf, pos, version)
                configs_items.append(configs_item)
            o.configs = configs_items
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 5:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        out += _S_ih.pack(self.num_partitions, self.replication_factor)
        if version >= 5:
            write_uvarint(out, len(self.assignments) + 1)
        else:
            out += _S_i.pack(len(self.assignments))
        for assignments_item in self.assignments:
            assignments_item.write(out, version)
        if version >= 5:
            write_uvarint(out, len(self.configs) + 1)
        else:
            out += _S_i.pack(len(self.configs))
        for configs_item in self.configs:
            configs_item.write(out, version)
        if version >= 5:
            out += b"\0"


class CreateTopicsRequest(Message):
    __slots__ = ('topics', 'timeout_ms', 'validate_only', )
    API_KEY = 19
    VERSIONS = (2, 7)
    FLEXIBLE = 5

    def __init__(
        self,
        topics: list[CreatableTopic] | None = None,
        timeout_ms: int = 60000,
        validate_only: bool = False,
    ) -> None:
        self.topics: list[CreatableTopic] = [] if topics is None else topics
        self.timeout_ms = timeout_ms
        self.validate_only = validate_only

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreateTopicsRequest, int]:
        o = cls.__new__(cls)
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = CreatableTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        o.timeout_ms, o.validate_only = _S_iZ.unpack_from(buf, pos)
        pos += 5
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 5:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += _S_iZ.pack(self.timeout_ms, self.validate_only)
        if version >= 5:
            out += b"\0"

