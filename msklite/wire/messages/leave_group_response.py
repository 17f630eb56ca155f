"""Generated from LeaveGroupResponse.json; see tools/generate_messages.py."""

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

_S_h = Struct(">h")
_S_i = Struct(">i")

class MemberResponse(Message):
    __slots__ = ('member_id', 'group_instance_id', 'error_code', )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = "",
        error_code: int = 0,
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MemberResponse, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 4:
            o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
        else:
            o.group_instance_id, pos = read_string_or_none(buf, pos)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
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
            write_compact_string(out, self.group_instance_id)
        else:
            write_string(out, self.group_instance_id)
        out += _S_h.pack(self.error_code)
        if version >= 4:
            out += b"\0"


class LeaveGroupResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'members', )
    API_KEY = 13
    VERSIONS = (0, 5)
    FLEXIBLE = 4

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        members: list[MemberResponse] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.members: list[MemberResponse] = [] if members is None else members

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LeaveGroupResponse, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 3:
            if version >= 4:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("members must not be null")
            else:
                members_items = []
                for _ in range(n):
                    members_item, pos = MemberResponse.read(buf, pos, version)
                    members_items.append(members_item)
                o.members = members_items
        else:
            o.members = []
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            out += _S_i.pack(self.throttle_time_ms)
        out += _S_h.pack(self.error_code)
        if version >= 3:
            if version >= 4:
                write_uvarint(out, len(self.members) + 1)
            else:
                out += _S_i.pack(len(self.members))
            for members_item in self.members:
                members_item.write(out, version)
        if version >= 4:
            out += b"\0"

