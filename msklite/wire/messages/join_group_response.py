"""Generated from JoinGroupResponse.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")
_S_hi = Struct(">hi")
_S_i = Struct(">i")

class JoinGroupResponseMember(Message):
    __slots__ = ('member_id', 'group_instance_id', 'metadata', )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        metadata: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.metadata = metadata

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[JoinGroupResponseMember, int]:
        o = cls.__new__(cls)
        if version >= 6:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 5:
            if version >= 6:
                o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
            else:
                o.group_instance_id, pos = read_string_or_none(buf, pos)
        else:
            o.group_instance_id = None
        if version >= 6:
            o.metadata, pos = read_compact_bytes(buf, pos)
        else:
            o.metadata, pos = read_bytes(buf, pos)
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 6:
            write_compact_string(out, self.member_id)
        else:
            write_string(out, self.member_id)
        if version >= 5:
            if version >= 6:
                write_compact_string(out, self.group_instance_id)
            else:
                write_string(out, self.group_instance_id)
        if version >= 6:
            write_compact_bytes(out, self.metadata)
        else:
            write_bytes(out, self.metadata)
        if version >= 6:
            out += b"\0"


class JoinGroupResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'generation_id', 'protocol_type', 'protocol_name', 'leader', 'skip_assignment', 'member_id', 'members', )
    API_KEY = 11
    VERSIONS = (0, 9)
    FLEXIBLE = 6

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        generation_id: int = -1,
        protocol_type: str | None = None,
        protocol_name: str | None = "",
        leader: str = "",
        skip_assignment: bool = False,
        member_id: str = "",
        members: list[JoinGroupResponseMember] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.generation_id = generation_id
        self.protocol_type = protocol_type
        self.protocol_name = protocol_name
        self.leader = leader
        self.skip_assignment = skip_assignment
        self.member_id = member_id
        self.members: list[JoinGroupResponseMember] = [] if members is None else members

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[JoinGroupResponse, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        o.error_code, o.generation_id = _S_hi.unpack_from(buf, pos)
        pos += 6
        if version >= 7:
            if version >= 6:
                o.protocol_type, pos = read_compact_string_or_none(buf, pos)
            else:
                o.protocol_type, pos = read_string_or_none(buf, pos)
        else:
            o.protocol_type = None
        if version >= 6:
            o.protocol_name, pos = read_compact_string_or_none(buf, pos)
        else:
            o.protocol_name, pos = read_string_or_none(buf, pos)
        if o.protocol_name is None and not version >= 7:
            raise DecodeError("protocol_name must not be null")
        if version >= 6:
            o.leader, pos = read_compact_string(buf, pos)
        else:
            o.leader, pos = read_string(buf, pos)
        if version >= 9:
            o.skip_assignment, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.skip_assignment = False
        if version >= 6:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 6:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("members must not be null")
        else:
            members_items = []
            for _ in range(n):
                members_item, pos = JoinGroupResponseMember.read(buf, pos, version)
                members_items.append(members_item)
            o.members = members_items
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            out += _S_i.pack(self.throttle_time_ms)
        out += _S_hi.pack(self.error_code, self.generation_id)
        if version >= 7:
            if version >= 6:
                write_compact_string(out, self.protocol_type)
            else:
                write_string(out, self.protocol_type)
        if version >= 6:
            write_compact_string(out, self.protocol_name)
        else:
            write_string(out, self.protocol_name)
        if version >= 6:
            write_compact_string(out, self.leader)
        else:
            write_string(out, self.leader)
        if version >= 9:
            out += _S_Z.pack(self.skip_assignment)
        if version >= 6:
            write_compact_string(out, self.member_id)
        else:
            write_string(out, self.member_id)
        if version >= 6:
            write_uvarint(out, len(self.members) + 1)
        else:
            out += _S_i.pack(len(self.members))
        for members_item in self.members:
            members_item.write(out, version)
        if version >= 6:
            out += b"\0"

