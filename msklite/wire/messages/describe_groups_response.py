"""Generated from DescribeGroupsResponse.json; see tools/generate_messages.py."""

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

_S_h = Struct(">h")
_S_i = Struct(">i")

class DescribedGroupMember(Message):
    __slots__ = ('member_id', 'group_instance_id', 'client_id', 'client_host', 'member_metadata', 'member_assignment', )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        client_id: str = "",
        client_host: str = "",
        member_metadata: bytes = b"",
        member_assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.member_metadata = member_metadata
        self.member_assignment = member_assignment

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribedGroupMember, int]:
        o = cls.__new__(cls)
        if version >= 5:
            o.member_id, pos = read_compact_string(buf, pos)
        else:
            o.member_id, pos = read_string(buf, pos)
        if version >= 4:
            if version >= 5:
                o.group_instance_id, pos = read_compact_string_or_none(buf, pos)
            else:
                o.group_instance_id, pos = read_string_or_none(buf, pos)
        else:
            o.group_instance_id = None
        if version >= 5:
            o.client_id, pos = read_compact_string(buf, pos)
        else:
            o.client_id, pos = read_string(buf, pos)
        if version >= 5:
            o.client_host, pos = read_compact_string(buf, pos)
        else:
            o.client_host, pos = read_string(buf, pos)
        if version >= 5:
            o.member_metadata, pos = read_compact_bytes(buf, pos)
        else:
            o.member_metadata, pos = read_bytes(buf, pos)
        if version >= 5:
            o.member_assignment, pos = read_compact_bytes(buf, pos)
        else:
            o.member_assignment, pos = read_bytes(buf, pos)
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 5:
            write_compact_string(out, self.member_id)
        else:
            write_string(out, self.member_id)
        if version >= 4:
            if version >= 5:
                write_compact_string(out, self.group_instance_id)
            else:
                write_string(out, self.group_instance_id)
        if version >= 5:
            write_compact_string(out, self.client_id)
        else:
            write_string(out, self.client_id)
        if version >= 5:
            write_compact_string(out, self.client_host)
        else:
            write_string(out, self.client_host)
        if version >= 5:
            write_compact_bytes(out, self.member_metadata)
        else:
            write_bytes(out, self.member_metadata)
        if version >= 5:
            write_compact_bytes(out, self.member_assignment)
        else:
            write_bytes(out, self.member_assignment)
        if version >= 5:
            out += b"\0"


class DescribedGroup(Message):
    __slots__ = ('error_code', 'error_message', 'group_id', 'group_state', 'protocol_type', 'protocol_data', 'members', 'authorized_operations', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = None,
        group_id: str = "",
        group_state: str = "",
        protocol_type: str = "",
        protocol_data: str = "",
        members: list[DescribedGroupMember] | None = None,
        authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.group_id = group_id
        self.group_state = group_state
        self.protocol_type = protocol_type
        self.protocol_data = protocol_data
        self.members: list[DescribedGroupMember] = [] if members is None else members
        self.authorized_operations = authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribedGroup, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 6:
            if version >= 5:
                o.error_message, pos = read_compact_string_or_none(buf, pos)
            else:
                o.error_message, pos = read_string_or_none(buf, pos)
        else:
            o.error_message = None
        if version >= 5:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        if version >= 5:
            o.group_state, pos = read_compact_string(buf, pos)
        else:
            o.group_state, pos = read_string(buf, pos)
        if version >= 5:
            o.protocol_type, pos = read_compact_string(buf, pos)
        else:
            o.protocol_type, pos = read_string(buf, pos)
        if version >= 5:
            o.protocol_data, pos = read_compact_string(buf, pos)
        else:
            o.protocol_data, pos = read_string(buf, pos)
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("members must not be null")
        else:
            members_items = []
            for _ in range(n):
                members_item, pos = DescribedGroupMember.read(buf, pos, version)
                members_items.append(members_item)
            o.members = members_items
        if version >= 3:
            o.authorized_operations, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.authorized_operations = -2147483648
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 6:
            if version >= 5:
                write_compact_string(out, self.error_message)
            else:
                write_string(out, self.error_message)
        if version >= 5:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        if version >= 5:
            write_compact_string(out, self.group_state)
        else:
            write_string(out, self.group_state)
        if version >= 5:
            write_compact_string(out, self.protocol_type)
        else:
            write_string(out, self.protocol_type)
        if version >= 5:
            write_compact_string(out, self.protocol_data)
        else:
            write_string(out, self.protocol_data)
        if version >= 5:
            write_uvarint(out, len(self.members) + 1)
        else:
            out += _S_i.pack(len(self.members))
        for members_item in self.members:
            members_item.write(out, version)
        if version >= 3:
            out += _S_i.pack(self.authorized_operations)
        if version >= 5:
            out += b"\0"


class DescribeGroupsResponse(Message):
    __slots__ = ('throttle_time_ms', 'groups', )
    API_KEY = 15
    VERSIONS = (0, 6)
    FLEXIBLE = 5

    def __init__(
        self,
        throttle_time_ms: int = 0,
        groups: list[DescribedGroup] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.groups: list[DescribedGroup] = [] if groups is None else groups

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeGroupsResponse, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        if version >= 5:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("groups must not be null")
        else:
            groups_items = []
            for _ in range(n):
                groups_item, pos = DescribedGroup.read(buf, pos, version)
                groups_items.append(groups_item)
            o.groups = groups_items
        if version >= 5:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            out += _S_i.pack(self.throttle_time_ms)
        if version >= 5:
            write_uvarint(out, len(self.groups) + 1)
        else:
            out += _S_i.pack(len(self.groups))
        for groups_item in self.groups:
            groups_item.write(out, version)
        if version >= 5:
            out += b"\0"

