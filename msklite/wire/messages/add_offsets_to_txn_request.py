"""Generated from AddOffsetsToTxnRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_compact_string,
    read_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
)

_S_qh = Struct(">qh")

class AddOffsetsToTxnRequest(Message):
    __slots__ = ('transactional_id', 'producer_id', 'producer_epoch', 'group_id', )
    API_KEY = 25
    VERSIONS = (0, 4)
    FLEXIBLE = 3

    def __init__(
        self,
        transactional_id: str = "",
        producer_id: int = 0,
        producer_epoch: int = 0,
        group_id: str = "",
    ) -> None:
        self.transactional_id = transactional_id
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.group_id = group_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddOffsetsToTxnRequest, int]:
        o = cls.__new__(cls)
        if version >= 3:
            o.transactional_id, pos = read_compact_string(buf, pos)
        else:
            o.transactional_id, pos = read_string(buf, pos)
        o.producer_id, o.producer_epoch = _S_qh.unpack_from(buf, pos)
        pos += 10
        if version >= 3:
            o.group_id, pos = read_compact_string(buf, pos)
        else:
            o.group_id, pos = read_string(buf, pos)
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            write_compact_string(out, self.transactional_id)
        else:
            write_string(out, self.transactional_id)
        out += _S_qh.pack(self.producer_id, self.producer_epoch)
        if version >= 3:
            write_compact_string(out, self.group_id)
        else:
            write_string(out, self.group_id)
        if version >= 3:
            out += b"\0"

