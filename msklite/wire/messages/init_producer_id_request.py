"""Generated from InitProducerIdRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_compact_string_or_none,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
)

_S_ZZ = Struct(">??")
_S_i = Struct(">i")
_S_qh = Struct(">qh")

class InitProducerIdRequest(Message):
    __slots__ = ('transactional_id', 'transaction_timeout_ms', 'producer_id', 'producer_epoch', 'enable2_pc', 'keep_prepared_txn', )
    API_KEY = 22
    VERSIONS = (0, 6)
    FLEXIBLE = 2

    def __init__(
        self,
        transactional_id: str | None = "",
        transaction_timeout_ms: int = 0,
        producer_id: int = -1,
        producer_epoch: int = -1,
        enable2_pc: bool = False,
        keep_prepared_txn: bool = False,
    ) -> None:
        self.transactional_id = transactional_id
        self.transaction_timeout_ms = transaction_timeout_ms
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.enable2_pc = enable2_pc
        self.keep_prepared_txn = keep_prepared_txn

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[InitProducerIdRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.transactional_id, pos = read_compact_string_or_none(buf, pos)
        else:
            o.transactional_id, pos = read_string_or_none(buf, pos)
        o.transaction_timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 3:
            o.producer_id, o.producer_epoch = _S_qh.unpack_from(buf, pos)
            pos += 10
        else:
            o.producer_id = -1
            o.producer_epoch = -1
        if version >= 6:
            o.enable2_pc, o.keep_prepared_txn = _S_ZZ.unpack_from(buf, pos)
            pos += 2
        else:
            o.enable2_pc = False
            o.keep_prepared_txn = False
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.transactional_id)
        else:
            write_string(out, self.transactional_id)
        out += _S_i.pack(self.transaction_timeout_ms)
        if version >= 3:
            out += _S_qh.pack(self.producer_id, self.producer_epoch)
        if version >= 6:
            out += _S_ZZ.pack(self.enable2_pc, self.keep_prepared_txn)
        if version >= 2:
            out += b"\0"

