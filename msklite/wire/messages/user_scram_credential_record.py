"""Generated from UserScramCredentialRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_compact_bytes,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_bytes,
    write_compact_string,
)

_S_b = Struct(">b")
_S_i = Struct(">i")

class UserScramCredentialRecord(Message):
    __slots__ = ('name', 'mechanism', 'salt', 'stored_key', 'server_key', 'iterations', )
    API_KEY = 11
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
        salt: bytes = b"",
        stored_key: bytes = b"",
        server_key: bytes = b"",
        iterations: int = 0,
    ) -> None:
        self.name = name
        self.mechanism = mechanism
        self.salt = salt
        self.stored_key = stored_key
        self.server_key = server_key
        self.iterations = iterations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UserScramCredentialRecord, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.mechanism, = _S_b.unpack_from(buf, pos)
        pos += 1
        o.salt, pos = read_compact_bytes(buf, pos)
        o.stored_key, pos = read_compact_bytes(buf, pos)
        o.server_key, pos = read_compact_bytes(buf, pos)
        o.iterations, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_b.pack(self.mechanism)
        write_compact_bytes(out, self.salt)
        write_compact_bytes(out, self.stored_key)
        write_compact_bytes(out, self.server_key)
        out += _S_i.pack(self.iterations)
        out += b"\0"

