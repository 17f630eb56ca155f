"""Generated from ShareUpdateValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_tags,
    write_uvarint,
)

_S_i = Struct(">i")
_S_iiq = Struct(">iiq")
_S_qqbh = Struct(">qqbh")

class StateBatch(Message):
    __slots__ = ('first_offset', 'last_offset', 'delivery_state', 'delivery_count', )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        delivery_state: int = 0,
        delivery_count: int = 0,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.delivery_state = delivery_state
        self.delivery_count = delivery_count

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StateBatch, int]:
        o = cls.__new__(cls)
        o.first_offset, o.last_offset, o.delivery_state, o.delivery_count = _S_qqbh.unpack_from(buf, pos)
        pos += 19
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qqbh.pack(self.first_offset, self.last_offset, self.delivery_state, self.delivery_count)
        out += b"\0"


class ShareUpdateValue(Message):
    __slots__ = ('snapshot_epoch', 'leader_epoch', 'start_offset', 'delivery_complete_count', 'state_batches', )
    API_KEY = 1
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        snapshot_epoch: int = 0,
        leader_epoch: int = 0,
        start_offset: int = 0,
        delivery_complete_count: int = -1,
        state_batches: list[StateBatch] | None = None,
    ) -> None:
        self.snapshot_epoch = snapshot_epoch
        self.leader_epoch = leader_epoch
        self.start_offset = start_offset
        self.delivery_complete_count = delivery_complete_count
        self.state_batches: list[StateBatch] = [] if state_batches is None else state_batches

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareUpdateValue, int]:
        o = cls.__new__(cls)
        o.delivery_complete_count = -1
        o.snapshot_epoch, o.leader_epoch, o.start_offset = _S_iiq.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("state_batches must not be null")
        else:
            state_batches_items = []
            for _ in range(n):
                state_batches_item, pos = StateBatch.read(buf, pos, version)
                state_batches_items.append(state_batches_item)
            o.state_batches = state_batches_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.delivery_complete_count, = _S_i.unpack_from(buf, pos)
                    pos += 4
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iiq.pack(self.snapshot_epoch, self.leader_epoch, self.start_offset)
        write_uvarint(out, len(self.state_batches) + 1)
        for state_batches_item in self.state_batches:
            state_batches_item.write(out, version)
        tags: list[tuple[int, bytearray]] = []
        if self.delivery_complete_count != -1:
            part = bytearray()
            part += _S_i.pack(self.delivery_complete_count)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

