"""Generated from CreateDelegationTokenRequest.json; see tools/generate_messages.py."""

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
_S_q = Struct(">q")

class CreatableRenewers(Message):
    __slots__ = ('principal_type', 'principal_name', )

    def __init__(
        self,
        principal_type: str = "",
        principal_name: str = "",
    ) -> None:
        self.principal_type = principal_type
        self.principal_name = principal_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreatableRenewers, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.principal_type, pos = read_compact_string(buf, pos)
        else:
            o.principal_type, pos = read_string(buf, pos)
        if version >= 2:
            o.principal_name, pos = read_compact_string(buf, pos)
        else:
            o.principal_name, pos = read_string(buf, pos)
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.principal_type)
        else:
            write_string(out, self.principal_type)
        if version >= 2:
            write_compact_string(out, self.principal_name)
        else:
            write_string(out, self.principal_name)
        if version >= 2:
            out += b"\0"


class CreateDelegationTokenRequest(Message):
    __slots__ = ('owner_principal_type', 'owner_principal_name', 'renewers', 'max_lifetime_ms', )
    API_KEY = 38
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        owner_principal_type: str | None = "",
        owner_principal_name: str | None = "",
        renewers: list[CreatableRenewers] | None = None,
        max_lifetime_ms: int = 0,
    ) -> None:
        self.owner_principal_type = owner_principal_type
        self.owner_principal_name = owner_principal_name
        self.renewers: list[CreatableRenewers] = [] if renewers is None else renewers
        self.max_lifetime_ms = max_lifetime_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreateDelegationTokenRequest, int]:
        o = cls.__new__(cls)
        if version >= 3:
            if version >= 2:
                o.owner_principal_type, pos = read_compact_string_or_none(buf, pos)
            else:
                o.owner_principal_type, pos = read_string_or_none(buf, pos)
            if version >= 2:
                o.owner_principal_name, pos = read_compact_string_or_none(buf, pos)
            else:
                o.owner_principal_name, pos = read_string_or_none(buf, pos)
        else:
            o.owner_principal_type = ""
            o.owner_principal_name = ""
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("renewers must not be null")
        else:
            renewers_items = []
            for _ in range(n):
                renewers_item, pos = CreatableRenewers.read(buf, pos, version)
                renewers_items.append(renewers_item)
            o.renewers = renewers_items
        o.max_lifetime_ms, = _S_q.unpack_from(buf, pos)
        pos += 8
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            if version >= 2:
                write_compact_string(out, self.owner_principal_type)
            else:
                write_string(out, self.owner_principal_type)
            if version >= 2:
                write_compact_string(out, self.owner_principal_name)
            else:
                write_string(out, self.owner_principal_name)
        if version >= 2:
            write_uvarint(out, len(self.renewers) + 1)
        else:
            out += _S_i.pack(len(self.renewers))
        for renewers_item in self.renewers:
            renewers_item.write(out, version)
        out += _S_q.pack(self.max_lifetime_ms)
        if version >= 2:
            out += b"\0"

