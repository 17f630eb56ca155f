"""Generated from SyncGroupResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_bytes,
    read_compact_bytes,
    read_compact_string_or_none,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_bytes,
    write_compact_bytes,
    write_compact_string,
    write_string,
)

_S_h = Struct(">h")
_S_i = Struct(">i")

class SyncGroupResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'protocol_type', 'protocol_name', 'assignment', )
    API_KEY = 14
    VERSIONS = (0, 5)
    FLEXIBLE = 4

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        protocol_type: str | None = None,
        protocol_name: str | None = None,
        assignment: bytes = b"",
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.protocol_type = protocol_type
        self.protocol_name = protocol_name
        self.assignment = assignment

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SyncGroupResponse, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
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
        if version >= 1:
            out += _S_i.pack(self.throttle_time_ms)
        out += _S_h.pack(self.error_code)
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
            write_compact_bytes(out, self.assignment)
        else:
            write_bytes(out, self.assignment)
        if version >= 4:
            out += b"\0"

