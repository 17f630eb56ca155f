"""Generated from LeaveGroupRequest.json; see tools/generate_messages.py."""

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
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_i = Struct(">i")

class MemberIdentity(Message):
    __slots__ = ('member_id', 'group_instance_id', 'reason', )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.reason = reason

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MemberIdentity, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 4:
            o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
        else:
            o.group_instance_id, pos = read_string_or_none(buf, pos)
        if version >= 5:
            if version >= 4:
                o.reason, pos = read_compact_string_or_none(buf, pos)
            else:
                o.reason, pos = read_string_or_none(buf, pos)
        else:
            o.reason = None
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
        if version >= 5:
            if version >= 4:
                write_compact_string(out, self.reason)
            else:
                write_string(out, self.reason)
        if version >= 4:
            out += b"\0"


class LeaveGroupRequest(Message):
    __slots__ = ('group_id', 'member_id', 'members', )
    API_KEY = 13
    VERSIONS = (0, 5)
    FLEXIBLE = 4

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        members: list[MemberIdentity] | None = None,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.members: list[MemberIdentity] = [] if members is None else members

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LeaveGroupRequest, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        if version <= 2:
            if version >= 4:
                o.member_id, pos = read_compact_string(buf, pos)
            else:
                o.member_id, pos = read_string(buf, pos)
        else:
            o.member_id = ""
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
                    members_item, pos = MemberIdentity.read(buf, pos, version)
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
        if version >= 4:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        if version <= 2:
            if version >= 4:
                write_compact_string(out, self.member_id)
            else:
                write_string(out, self.member_id)
        if version >= 3:
            if version >= 4:
                write_uvarint(out, len(self.members) + 1)
            else:
                out += _S_i.pack(len(self.members))
            for members_item in self.members:
                members_item.write(out, version)
        if version >= 4:
            out += b"\0"

