"""Generated from SyncGroupRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_bytes,
    read_compact_bytes,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    read_count,
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

_S_i = Struct(">i")

class SyncGroupRequestAssignment(Message):
    __slots__ = ('member_id', 'assignment', )

    def __init__(
        self,
        member_id: str = "",
        assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.assignment = assignment

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SyncGroupRequestAssignment, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 4:
            o.assignment, pos = read_compact_bytes(buf, pos)
        else:
            o.assignment, pos = read_bytes(buf, pos)
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_compact_string(out, self.member_id)
        else:
            write_string(out, self.member_id)
        if version >= 4:
            write_compact_bytes(out, self.assignment)
        else:
            write_bytes(out, self.assignment)
        if version >= 4:
            out += b"\0"


class SyncGroupRequest(Message):
    __slots__ = ('group_id', 'generation_id', 'member_id', 'group_instance_id', 'protocol_type', 'protocol_name', 'assignments', )
    API_KEY = 14
    VERSIONS = (0, 5)
    FLEXIBLE = 4

    def __init__(
        self,
        group_id: str = "",
        generation_id: int = 0,
        member_id: str = "",
        group_instance_id: str | None = None,
        protocol_type: str | None = None,
        protocol_name: str | None = None,
        assignments: list[SyncGroupRequestAssignment] | None = None,
    ) -> None:
        self.group_id = group_id
        self.generation_id = generation_id
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.protocol_type = protocol_type
        self.protocol_name = protocol_name
        self.assignments: list[SyncGroupRequestAssignment] = [] if assignments is None else assignments

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SyncGroupRequest, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        o.generation_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 3:
            if version >= 4:
                o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
            else:
                o.group_instance_id, pos = read_string_or_none(buf, pos)
        else:
            o.group_instance_id = None
        if version >= 5:
            if version >= 4:
                o.protocol_type, pos = read_compact_string_or_none(buf, pos)
            else:
                o.protocol_type, pos = read_string_or_none(buf, pos)
            if version >= 4:
                o.protocol_name, pos = read_compact_string_or_none(buf, pos)
            else:
                o.protocol_name, pos = read_string_or_none(buf, pos)
        else:
            o.protocol_type = None
            o.protocol_name = None
        if version >= 4:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("assignments must not be null")
        else:
            assignments_items = []
            for _ in range(n):
                assignments_item, pos = SyncGroupRequestAssignment.read(buf, pos, version)
                assignments_items.append(assignments_item)
            o.assignments = assignments_items
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        out += _S_i.pack(self.generation_id)
        if version >= 4:
            write_compact_string(out, self.member_id)
        else:
            write_string(out, self.member_id)
        if version >= 3:
            if version >= 4:
                write_compact_string(out, self.group_instance_id)
            else:
                write_string(out, self.group_instance_id)
        if version >= 5:
            if version >= 4:
                write_compact_string(out, self.protocol_type)
            else:
                write_string(out, self.protocol_type)
            if version >= 4:
                write_compact_string(out, self.protocol_name)
            else:
                write_string(out, self.protocol_name)
        if version >= 4:
            write_uvarint(out, len(self.assignments) + 1)
        else:
            out += _S_i.pack(len(self.assignments))
        for assignments_item in self.assignments:
            assignments_item.write(out, version)
        if version >= 4:
            out += b"\0"

