"""Generated from GroupMetadataValue.json; see tools/generate_messages.py."""

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
_S_q = Struct(">q")

class MemberMetadata(Message):
    __slots__ = ('member_id', 'group_instance_id', 'client_id', 'client_host', 'rebalance_timeout', 'session_timeout', 'subscription', 'assignment', )

    def __init__(
        self,
        member_id: str = "",
        group_instance_id: str | None = None,
        client_id: str = "",
        client_host: str = "",
        rebalance_timeout: int = -1,
        session_timeout: int = 0,
        subscription: bytes = b"",
        assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.rebalance_timeout = rebalance_timeout
        self.session_timeout = session_timeout
        self.subscription = subscription
        self.assignment = assignment

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MemberMetadata, int]:
        o = cls.__new__(cls)
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
        if version >= 4:
            o.client_id, pos = read_compact_string(buf, pos)
        else:
            o.client_id, pos = read_string(buf, pos)
        if version >= 4:
            o.client_host, pos = read_compact_string(buf, pos)
        else:
            o.client_host, pos = read_string(buf, pos)
        if version >= 1:
            o.rebalance_timeout, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.rebalance_timeout = -1
        o.session_timeout, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            o.subscription, pos = read_compact_bytes(buf, pos)
        else:
            o.subscription, pos = read_bytes(buf, pos)
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
        if version >= 3:
            if version >= 4:
                write_compact_string(out, self.group_instance_id)
            else:
                write_string(out, self.group_instance_id)
        if version >= 4:
            write_compact_string(out, self.client_id)
        else:
            write_string(out, self.client_id)
        if version >= 4:
            write_compact_string(out, self.client_host)
        else:
            write_string(out, self.client_host)
        if version >= 1:
            out += _S_i.pack(self.rebalance_timeout)
        out += _S_i.pack(self.session_timeout)
        if version >= 4:
            write_compact_bytes(out, self.subscription)
        else:
            write_bytes(out, self.subscription)
        if version >= 4:
            write_compact_bytes(out, self.assignment)
        else:
            write_bytes(out, self.assignment)
        if version >= 4:
            out += b"\0"


class GroupMetadataValue(Message):
    __slots__ = ('protocol_type', 'generation', 'protocol', 'leader', 'current_state_timestamp', 'members', )
    API_KEY = 2
    VERSIONS = (0, 4)
    FLEXIBLE = 4

    def __init__(
        self,
        protocol_type: str = "",
        generation: int = 0,
        protocol: str | None = "",
        leader: str | None = "",
        current_state_timestamp: int = -1,
        members: list[MemberMetadata] | None = None,
    ) -> None:
        self.protocol_type = protocol_type
        self.generation = generation
        self.protocol = protocol
        self.leader = leader
        self.current_state_timestamp = current_state_timestamp
        self.members: list[MemberMetadata] = [] if members is None else members

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[GroupMetadataValue, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.protocol_type, pos = read_compact_string(buf, pos)
        else:
            o.protocol_type, pos = read_string(buf, pos)
        o.generation, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            o.protocol, pos = read_compact_string_or_none(buf, pos)
        else:
            o.protocol, pos = read_string_or_none(buf, pos)
        if version >= 4:
            o.leader, pos = read_compact_string_or_none(buf, pos)
        else:
            o.leader, pos = read_string_or_none(buf, pos)
        if version >= 2:
            o.current_state_timestamp, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.current_state_timestamp = -1
        if version >= 4:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("members must not be null")
        else:
            members_items = []
            for _ in range(n):
                members_item, pos = MemberMetadata.read(buf, pos, version)
                members_items.append(members_item)
            o.members = members_items
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_compact_string(out, self.protocol_type)
        else:
            write_string(out, self.protocol_type)
        out += _S_i.pack(self.generation)
        if version >= 4:
            write_compact_string(out, self.protocol)
        else:
            write_string(out, self.protocol)
        if version >= 4:
            write_compact_string(out, self.leader)
        else:
            write_string(out, self.leader)
        if version >= 2:
            out += _S_q.pack(self.current_state_timestamp)
        if version >= 4:
            write_uvarint(out, len(self.members) + 1)
        else:
            out += _S_i.pack(len(self.members))
        for members_item in self.members:
            members_item.write(out, version)
        if version >= 4:
            out += b"\0"

