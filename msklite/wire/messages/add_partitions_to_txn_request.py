"""Generated from AddPartitionsToTxnRequest.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_qh = Struct(">qh")
_S_qhZ = Struct(">qh?")

class AddPartitionsToTxnTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddPartitionsToTxnTopic, int]:
        o = cls.__new__(cls)
        if version >= 3:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 3:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 3:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        if version >= 3:
            out += b"\0"


class AddPartitionsToTxnTransaction(Message):
    __slots__ = ('transactional_id', 'producer_id', 'producer_epoch', 'verify_only', 'topics', )

    def __init__(
        self,
        transactional_id: str = "",
        producer_id: int = 0,
        producer_epoch: int = 0,
        verify_only: bool = False,
        topics: list[AddPartitionsToTxnTopic] | None = None,
    ) -> None:
        self.transactional_id = transactional_id
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.verify_only = verify_only
        self.topics: list[AddPartitionsToTxnTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddPartitionsToTxnTransaction, int]:
        o = cls.__new__(cls)
        o.transactional_id, pos = read_compact_string(buf, pos)
        o.producer_id, o.producer_epoch, o.verify_only = _S_qhZ.unpack_from(buf, pos)
        pos += 11
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = AddPartitionsToTxnTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.transactional_id)
        out += _S_qhZ.pack(self.producer_id, self.producer_epoch, self.verify_only)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"


class AddPartitionsToTxnRequest(Message):
    __slots__ = ('transactions', 'v3_and_below_transactional_id', 'v3_and_below_producer_id', 'v3_and_below_producer_epoch', 'v3_and_below_topics', )
    API_KEY = 24
    VERSIONS = (0, 5)
    FLEXIBLE = 3

    def __init__(
        self,
        transactions: list[AddPartitionsToTxnTransaction] | None = None,
        v3_and_below_transactional_id: str = "",
        v3_and_below_producer_id: int = 0,
        v3_and_below_producer_epoch: int = 0,
        v3_and_below_topics: list[AddPartitionsToTxnTopic] | None = None,
    ) -> None:
        self.transactions: list[AddPartitionsToTxnTransaction] = [] if transactions is None else transactions
        self.v3_and_below_transactional_id = v3_and_below_transactional_id
        self.v3_and_below_producer_id = v3_and_below_producer_id
        self.v3_and_below_producer_epoch = v3_and_below_producer_epoch
        self.v3_and_below_topics: list[AddPartitionsToTxnTopic] = [] if v3_and_below_topics is None else v3_and_below_topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddPartitionsToTxnRequest, int]:
        o = cls.__new__(cls)
        if version >= 4:
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("transactions must not be null")
            else:
                transactions_items = []
                for _ in range(n):
                    transactions_item, pos = AddPartitionsToTxnTransaction.read(buf, pos, version)
                    transactions_items.append(transactions_item)
                o.transactions = transactions_items
        else:
            o.transactions = []
        if version <= 3:
            if version >= 3:
                o.v3_and_below_transactional_id, pos = read_compact_string(buf, pos)
            else:
                o.v3_and_below_transactional_id, pos = read_string(buf, pos)
            o.v3_and_below_producer_id, o.v3_and_below_producer_epoch = _S_qh.unpack_from(buf, pos)
            pos += 10
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("v3_and_below_topics must not be null")
            else:
                v3_and_below_topics_items = []
                for _ in range(n):
                    v3_and_below_topics_item, pos = AddPartitionsToTxnTopic.read(buf, pos, version)
                    v3_and_below_topics_items.append(v3_and_below_topics_item)
                o.v3_and_below_topics = v3_and_below_topics_items
        else:
            o.v3_and_below_transactional_id = ""
            o.v3_and_below_producer_id = 0
            o.v3_and_below_producer_epoch = 0
            o.v3_and_below_topics = []
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            if version >= 3:
                write_uvarint(out, len(self.transactions) + 1)
            else:
                out += _S_i.pack(len(self.transactions))
            for transactions_item in self.transactions:
                transactions_item.write(out, version)
        if version <= 3:
            if version >= 3:
                write_compact_string(out, self.v3_and_below_transactional_id)
            else:
                write_string(out, self.v3_and_below_transactional_id)
            out += _S_qh.pack(self.v3_and_below_producer_id, self.v3_and_below_producer_epoch)
            if version >= 3:
                write_uvarint(out, len(self.v3_and_below_topics) + 1)
            else:
                out += _S_i.pack(len(self.v3_and_below_topics))
            for v3_and_below_topics_item in self.v3_and_below_topics:
                v3_and_below_topics_item.write(out, version)
        if version >= 3:
            out += b"\0"

