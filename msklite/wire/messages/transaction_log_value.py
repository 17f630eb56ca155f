"""Generated from TransactionLogValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_count,
    read_string,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_tags,
    write_uvarint,
)

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_q = Struct(">q")
_S_qhib = Struct(">qhib")
_S_qq = Struct(">qq")

class PartitionsSchema(Message):
    __slots__ = ('topic', 'partition_ids', )

    def __init__(
        self,
        topic: str = "",
        partition_ids: list[int] | None = None,
    ) -> None:
        self.topic = topic
        self.partition_ids: list[int] = [] if partition_ids is None else partition_ids

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionsSchema, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.topic, pos = read_compact_string(buf, pos)
        else:
            o.topic, pos = read_string(buf, pos)
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partition_ids must not be null")
        else:
            o.partition_ids = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_compact_string(out, self.topic)
        else:
            write_string(out, self.topic)
        if version >= 1:
            write_uvarint(out, len(self.partition_ids) + 1)
        else:
            out += _S_i.pack(len(self.partition_ids))
        out += pack(f">{len(self.partition_ids)}i", *self.partition_ids)
        if version >= 1:
            out += b"\0"


class TransactionLogValue(Message):
    __slots__ = ('producer_id', 'previous_producer_id', 'next_producer_id', 'producer_epoch', 'next_producer_epoch', 'transaction_timeout_ms', 'transaction_status', 'transaction_partitions', 'transaction_last_update_timestamp_ms', 'transaction_start_timestamp_ms', 'client_transaction_version', )
    API_KEY = 0
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        producer_id: int = 0,
        previous_producer_id: int = -1,
        next_producer_id: int = -1,
        producer_epoch: int = 0,
        next_producer_epoch: int = -1,
        transaction_timeout_ms: int = 0,
        transaction_status: int = 0,
        transaction_partitions: list[PartitionsSchema] | None = None,
        transaction_last_update_timestamp_ms: int = 0,
        transaction_start_timestamp_ms: int = 0,
        client_transaction_version: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.previous_producer_id = previous_producer_id
        self.next_producer_id = next_producer_id
        self.producer_epoch = producer_epoch
        self.next_producer_epoch = next_producer_epoch
        self.transaction_timeout_ms = transaction_timeout_ms
        self.transaction_status = transaction_status
        self.transaction_partitions: list[PartitionsSchema] | None = [] if transaction_partitions is None else transaction_partitions
        self.transaction_last_update_timestamp_ms = transaction_last_update_timestamp_ms
        self.transaction_start_timestamp_ms = transaction_start_timestamp_ms
        self.client_transaction_version = client_transaction_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TransactionLogValue, int]:
        o = cls.__new__(cls)
        o.previous_producer_id = -1
        o.next_producer_id = -1
        o.next_producer_epoch = -1
        o.client_transaction_version = 0
        o.producer_id, o.producer_epoch, o.transaction_timeout_ms, o.transaction_status = _S_qhib.unpack_from(buf, pos)
        pos += 15
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.transaction_partitions = None
        else:
            transaction_partitions_items = []
            for _ in range(n):
                transaction_partitions_item, pos = PartitionsSchema.read(buf, pos, version)
                transaction_partitions_items.append(transaction_partitions_item)
            o.transaction_partitions = transaction_partitions_items
        o.transaction_last_update_timestamp_ms, o.transaction_start_timestamp_ms = _S_qq.unpack_from(buf, pos)
        pos += 16
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 1:
                        o.previous_producer_id, = _S_q.unpack_from(buf, pos)
                        pos += 8
                    elif tag == 1 and version >= 1:
                        o.next_producer_id, = _S_q.unpack_from(buf, pos)
                        pos += 8
                    elif tag == 3 and version >= 1:
                        o.next_producer_epoch, = _S_h.unpack_from(buf, pos)
                        pos += 2
                    elif tag == 2 and version >= 1:
                        o.client_transaction_version, = _S_h.unpack_from(buf, pos)
                        pos += 2
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qhib.pack(self.producer_id, self.producer_epoch, self.transaction_timeout_ms, self.transaction_status)
        if self.transaction_partitions is None:
            if version >= 1:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 1:
                write_uvarint(out, len(self.transaction_partitions) + 1)
            else:
                out += _S_i.pack(len(self.transaction_partitions))
            for transaction_partitions_item in self.transaction_partitions:
                transaction_partitions_item.write(out, version)
        out += _S_qq.pack(self.transaction_last_update_timestamp_ms, self.transaction_start_timestamp_ms)
        if version >= 1:
            tags: list[tuple[int, bytearray]] = []
            if version >= 1 and self.previous_producer_id != -1:
                part = bytearray()
                part += _S_q.pack(self.previous_producer_id)
                tags.append((0, part))
            if version >= 1 and self.next_producer_id != -1:
                part = bytearray()
                part += _S_q.pack(self.next_producer_id)
                tags.append((1, part))
            if version >= 1 and self.client_transaction_version != 0:
                part = bytearray()
                part += _S_h.pack(self.client_transaction_version)
                tags.append((2, part))
            if version >= 1 and self.next_producer_epoch != -1:
                part = bytearray()
                part += _S_h.pack(self.next_producer_epoch)
                tags.append((3, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"

