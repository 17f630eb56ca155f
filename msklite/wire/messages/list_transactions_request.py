"""Generated from ListTransactionsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_q = Struct(">q")

class ListTransactionsRequest(Message):
    __slots__ = ('state_filters', 'producer_id_filters', 'duration_filter', 'transactional_id_pattern', )
    API_KEY = 66
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        state_filters: list[str] | None = None,
        producer_id_filters: list[int] | None = None,
        duration_filter: int = -1,
        transactional_id_pattern: str | None = None,
    ) -> None:
        self.state_filters: list[str] = [] if state_filters is None else state_filters
        self.producer_id_filters: list[int] = [] if producer_id_filters is None else producer_id_filters
        self.duration_filter = duration_filter
        self.transactional_id_pattern = transactional_id_pattern

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListTransactionsRequest, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("state_filters must not be null")
        else:
            state_filters_items = []
            for _ in range(n):
                state_filters_item, pos = read_compact_string(buf, pos)
                state_filters_items.append(state_filters_item)
            o.state_filters = state_filters_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("producer_id_filters must not be null")
        else:
            o.producer_id_filters = list(unpack_from(f">{n}q", buf, pos))
            pos += 8 * n
        if version >= 1:
            o.duration_filter, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.duration_filter = -1
        if version >= 2:
            o.transactional_id_pattern, pos = read_compact_string_or_none(buf, pos)
        else:
            o.transactional_id_pattern = None
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.state_filters) + 1)
        for state_filters_item in self.state_filters:
            write_compact_string(out, state_filters_item)
        write_uvarint(out, len(self.producer_id_filters) + 1)
        out += pack(f">{len(self.producer_id_filters)}q", *self.producer_id_filters)
        if version >= 1:
            out += _S_q.pack(self.duration_filter)
        if version >= 2:
            write_compact_string(out, self.transactional_id_pattern)
        out += b"\0"

