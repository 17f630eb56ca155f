"""Generated from ClearElrRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_compact_string,
    skip_tags,
    write_compact_string,
)


class ClearElrRecord(Message):
    __slots__ = ('topic_name', )
    API_KEY = 28
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        topic_name: str = "",
    ) -> None:
        self.topic_name = topic_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ClearElrRecord, int]:
        o = cls.__new__(cls)
        o.topic_name, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.topic_name)
        out += b"\0"

