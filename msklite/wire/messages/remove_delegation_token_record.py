"""Generated from RemoveDelegationTokenRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_compact_string,
    skip_tags,
    write_compact_string,
)


class RemoveDelegationTokenRecord(Message):
    __slots__ = ('token_id', )
    API_KEY = 26
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        token_id: str = "",
    ) -> None:
        self.token_id = token_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[RemoveDelegationTokenRecord, int]:
        o = cls.__new__(cls)
        o.token_id, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.token_id)
        out += b"\0"

