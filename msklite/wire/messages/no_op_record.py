"""Generated from NoOpRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    skip_tags,
)


class NoOpRecord(Message):
    __slots__ = ()
    API_KEY = 20
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[NoOpRecord, int]:
        o = cls.__new__(cls)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += b"\0"

