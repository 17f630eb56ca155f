"""Generated from DescribeTransactionsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    read_compact_count,
    read_compact_string,
    skip_tags,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")

class DescribeTransactionsRequest(Message):
    __slots__ = ('transactional_ids', )
    API_KEY = 65
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        transactional_ids: list[str] | None = None,
    ) -> None:
        self.transactional_ids: list[str] = [] if transactional_ids is None else transactional_ids

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeTransactionsRequest, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("transactional_ids must not be null")
        else:
            transactional_ids_items = []
            for _ in range(n):
                transactional_ids_item, pos = read_compact_string(buf, pos)
                transactional_ids_items.append(transactional_ids_item)
            o.transactional_ids = transactional_ids_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.transactional_ids) + 1)
        for transactional_ids_item in self.transactional_ids:
            write_compact_string(out, transactional_ids_item)
        out += b"\0"

