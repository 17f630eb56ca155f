"""Generated from CreatePartitionsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_count,
    read_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_iZ = Struct(">i?")

class CreatePartitionsAssignment(Message):
    __slots__ = ('broker_ids', )

    def __init__(
        self,
        broker_ids: list[int] | None = None,
    ) -> None:
        self.broker_ids: list[int] = [] if broker_ids is None else broker_ids

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatePartitionsAssignment, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("broker_ids must not be null")
        else:
            o.broker_ids = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_uvarint(out, len(self.broker_ids) + 1)
        else:
            out += _S_i.pack(len(self.broker_ids))
        out += pack(f">{len(self.broker_ids)}i", *self.broker_ids)
        if version >= 2:
            out += b"\0"


class CreatePartitionsTopic(Message):
    __slots__ = ('name', 'count', 'assignments', )

    def __init__(
        self,
        name: str = "",
        count: int = 0,
        assignments: list[CreatePartitionsAssignment] | None = None,
    ) -> None:
        self.name = name
        self.count = count
        self.assignments: list[CreatePartitionsAssignment] | None = [] if assignments is None else assignments

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatePartitionsTopic, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        o.count, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.assignments = None
        else:
            assignments_items = []
            for _ in range(n):
                assignments_item, pos = CreatePartitionsAssignment.read(buf, pos, version)
                assignments_items.append(assignments_item)
            o.assignments = assignments_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        out += _S_i.pack(self.count)
        if self.assignments is None:
            if version >= 2:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 2:
                write_uvarint(out, len(self.assignments) + 1)
            else:
                out += _S_i.pack(len(self.assignments))
            for assignments_item in self.assignments:
                assignments_item.write(out, version)
        if version >= 2:
            out += b"\0"


class CreatePartitionsRequest(Message):
    __slots__ = ('topics', 'timeout_ms', 'validate_only', )
    API_KEY = 37
    VERSIONS = (0, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        topics: list[CreatePartitionsTopic] | None = None,
        timeout_ms: int = 0,
        validate_only: bool = False,
    ) -> None:
        self.topics: list[CreatePartitionsTopic] = [] if topics is None else topics
        self.timeout_ms = timeout_ms
        self.validate_only = validate_only

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatePartitionsRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = CreatePartitionsTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        o.timeout_ms, o.validate_only = _S_iZ.unpack_from(buf, pos)
        pos += 5
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += _S_iZ.pack(self.timeout_ms, self.validate_only)
        if version >= 2:
            out += b"\0"

