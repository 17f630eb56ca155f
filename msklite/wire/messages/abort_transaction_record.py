"""Generated from AbortTransactionRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    read_compact_string_or_none,
    read_uvarint,
    write_compact_string,
    write_tags,
)


class AbortTransactionRecord(Message):
    __slots__ = ('reason', )
    API_KEY = 25
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        reason: str | None = None,
    ) -> None:
        self.reason = reason

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AbortTransactionRecord, int]:
        o = cls.__new__(cls)
        o.reason = None
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.reason, pos = read_compact_string_or_none(buf, pos)
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        tags: list[tuple[int, bytearray]] = []
        if self.reason is not None:
            part = bytearray()
            write_compact_string(part, self.reason)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

