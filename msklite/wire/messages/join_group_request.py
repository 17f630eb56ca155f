"""Generated from JoinGroupRequest.json; see tools/generate_messages.py."""

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

class JoinGroupRequestProtocol(Message):
    __slots__ = ('name', 'metadata', )

    def __init__(
        self,
        name: str = "",
        metadata: bytes = b"",
    ) -> None:
        self.name = name
        self.metadata = metadata

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[JoinGroupRequestProtocol, int]:
        o = cls.__new__(cls)
        if version >= 6:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
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
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 6:
            write_compact_bytes(out, self.metadata)
        else:
            write_bytes(out, self.metadata)
        if version >= 6:
            out += b"\0"


class JoinGroupRequest(Message):
    __slots__ = ('group_id', 'session_timeout_ms', 'rebalance_timeout_ms', 'member_id', 'group_instance_id', 'protocol_type', 'protocols', 'reason', )
    API_KEY = 11
    VERSIONS = (0, 9)
    FLEXIBLE = 6

    def __init__(
        self,
        group_id: str = "",
        session_timeout_ms: int = 0,
        rebalance_timeout_ms: int = -1,
        member_id: str = "",
        group_instance_id: str | None = None,
        protocol_type: str = "",
        protocols: list[JoinGroupRequestProtocol] | None = None,
        reason: str | None = None,
    ) -> None:
        self.group_id = group_id
        self.session_timeout_ms = session_timeout_ms
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.protocol_type = protocol_type
        self.protocols: list[JoinGroupRequestProtocol] = [] if protocols is None else protocols
        self.reason = reason

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[JoinGroupRequest, int]:
        o = cls.__new__(cls)
        if version >= 6:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        o.session_timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            o.rebalance_timeout_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.rebalance_timeout_ms = -1
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
            o.protocol_type, pos = read_compact_string(buf, pos)
        else:
            o.protocol_type, pos = read_string(buf, pos)
        if version >= 6:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("protocols must not be null")
        else:
            protocols_items = []
            for _ in range(n):
                protocols_item, pos = JoinGroupRequestProtocol.read(buf, pos, version)
                protocols_items.append(protocols_item)
            o.protocols = protocols_items
        if version >= 8:
            if version >= 6:
                o.reason, pos = read_compact_string_or_none(buf, pos)
            else:
                o.reason, pos = read_string_or_none(buf, pos)
        else:
            o.reason = None
        if version >= 6:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 6:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        out += _S_i.pack(self.session_timeout_ms)
        if version >= 1:
            out += _S_i.pack(self.rebalance_timeout_ms)
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
            write_compact_string(out, self.protocol_type)
        else:
            write_string(out, self.protocol_type)
        if version >= 6:
            write_uvarint(out, len(self.protocols) + 1)
        else:
            out += _S_i.pack(len(self.protocols))
        for protocols_item in self.protocols:
            protocols_item.write(out, version)
        if version >= 8:
            if version >= 6:
                write_compact_string(out, self.reason)
            else:
                write_string(out, self.reason)
        if version >= 6:
            out += b"\0"

