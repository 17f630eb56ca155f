"""Generated from SaslAuthenticateRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_bytes,
    read_compact_bytes,
    skip_tags,
    write_bytes,
    write_compact_bytes,
)


class SaslAuthenticateRequest(Message):
    __slots__ = ('auth_bytes', )
    API_KEY = 36
    VERSIONS = (0, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        auth_bytes: bytes = b"",
    ) -> None:
        self.auth_bytes = auth_bytes

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SaslAuthenticateRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.auth_bytes, pos = read_compact_bytes(buf, pos)
        else:
            o.auth_bytes, pos = read_bytes(buf, pos)
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_bytes(out, self.auth_bytes)
        else:
            write_bytes(out, self.auth_bytes)
        if version >= 2:
            out += b"\0"

