"""Generated from AccessControlEntryRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    ZERO_UUID,
    pack,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
)

_S_b = Struct(">b")
_S_bb = Struct(">bb")
_S_ub = Struct(">16sb")

class AccessControlEntryRecord(Message):
    __slots__ = ('id', 'resource_type', 'resource_name', 'pattern_type', 'principal', 'host', 'operation', 'permission_type', )
    API_KEY = 18
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        id: bytes = ZERO_UUID,
        resource_type: int = 0,
        resource_name: str = "",
        pattern_type: int = 0,
        principal: str = "",
        host: str = "",
        operation: int = 0,
        permission_type: int = 0,
    ) -> None:
        self.id = id
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.pattern_type = pattern_type
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission_type = permission_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AccessControlEntryRecord, int]:
        o = cls.__new__(cls)
        o.id, o.resource_type = _S_ub.unpack_from(buf, pos)
        pos += 17
        o.resource_name, pos = read_compact_string(buf, pos)
        o.pattern_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        o.principal, pos = read_compact_string(buf, pos)
        o.host, pos = read_compact_string(buf, pos)
        o.operation, o.permission_type = _S_bb.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ub.pack(self.id, self.resource_type)
        write_compact_string(out, self.resource_name)
        out += _S_b.pack(self.pattern_type)
        write_compact_string(out, self.principal)
        write_compact_string(out, self.host)
        out += _S_bb.pack(self.operation, self.permission_type)
        out += b"\0"

