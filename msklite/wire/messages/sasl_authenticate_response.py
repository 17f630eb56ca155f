"""Generated from SaslAuthenticateResponse.json; see tools/generate_messages.py."""

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
_S_q = Struct(">q")

class SaslAuthenticateResponse(Message):
    __slots__ = ('error_code', 'error_message', 'auth_bytes', 'session_lifetime_ms', )
    API_KEY = 36
    VERSIONS = (0, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        auth_bytes: bytes = b"",
        session_lifetime_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.auth_bytes = auth_bytes
        self.session_lifetime_ms = session_lifetime_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SaslAuthenticateResponse, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        if version >= 2:
            o.auth_bytes, pos = read_compact_bytes(buf, pos)
        else:
            o.auth_bytes, pos = read_bytes(buf, pos)
        if version >= 1:
            o.session_lifetime_ms, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.session_lifetime_ms = 0
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        if version >= 2:
            write_compact_bytes(out, self.auth_bytes)
        else:
            write_bytes(out, self.auth_bytes)
        if version >= 1:
            out += _S_q.pack(self.session_lifetime_ms)
        if version >= 2:
            out += b"\0"

