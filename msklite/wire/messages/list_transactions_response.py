"""Generated from ListTransactionsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_q = Struct(">q")

class TransactionState(Message):
    __slots__ = ('transactional_id', 'producer_id', 'transaction_state', )

    def __init__(
        self,
        transactional_id: str = "",
        producer_id: int = 0,
        transaction_state: str = "",
    ) -> None:
        self.transactional_id = transactional_id
        self.producer_id = producer_id
        self.transaction_state = transaction_state

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TransactionState, int]:
        o = cls.__new__(cls)
        o.transactional_id, pos = read_compact_string(buf, pos)
        o.producer_id, = _S_q.unpack_from(buf, pos)
        pos += 8
        o.transaction_state, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.transactional_id)
        out += _S_q.pack(self.producer_id)
        write_compact_string(out, self.transaction_state)
        out += b"\0"


class ListTransactionsResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'unknown_state_filters', 'transaction_states', )
    API_KEY = 66
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        unknown_state_filters: list[str] | None = None,
        transaction_states: list[TransactionState] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.unknown_state_filters: list[str] = [] if unknown_state_filters is None else unknown_state_filters
        self.transaction_states: list[TransactionState] = [] if transaction_states is None else transaction_states

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListTransactionsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("unknown_state_filters must not be null")
        else:
            unknown_state_filters_items = []
            for _ in range(n):
                unknown_state_filters_item, pos = read_compact_string(buf, pos)
                unknown_state_filters_items.append(unknown_state_filters_item)
            o.unknown_state_filters = unknown_state_filters_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("transaction_states must not be null")
        else:
            transaction_states_items = []
            for _ in range(n):
                transaction_states_item, pos = TransactionState.read(buf, pos, version)
                transaction_states_items.append(transaction_states_item)
            o.transaction_states = transaction_states_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_uvarint(out, len(self.unknown_state_filters) + 1)
        for unknown_state_filters_item in self.unknown_state_filters:
            write_compact_string(out, unknown_state_filters_item)
        write_uvarint(out, len(self.transaction_states) + 1)
        for transaction_states_item in self.transaction_states:
            transaction_states_item.write(out, version)
        out += b"\0"

