"""Generated from AddPartitionsToTxnResponse.json; see tools/generate_messages.py."""

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

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class AddPartitionsToTxnPartitionResult(Message):
    __slots__ = ('partition_index', 'partition_error_code', )

    def __init__(
        self,
        partition_index: int = 0,
        partition_error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.partition_error_code = partition_error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddPartitionsToTxnPartitionResult, int]:
        o = cls.__new__(cls)
        o.partition_index, o.partition_error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_index, self.partition_error_code)
        if version >= 3:
            out += b"\0"


class AddPartitionsToTxnTopicResult(Message):
    __slots__ = ('name', 'results_by_partition', )

    def __init__(
        self,
        name: str = "",
        results_by_partition: list[AddPartitionsToTxnPartitionResult] | None = None,
    ) -> None:
        self.name = name
        self.results_by_partition: list[AddPartitionsToTxnPartitionResult] = [] if results_by_partition is None else results_by_partition

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddPartitionsToTxnTopicResult, int]:
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
            raise DecodeError("results_by_partition must not be null")
        else:
            results_by_partition_items = []
            for _ in range(n):
                results_by_partition_item, pos = AddPartitionsToTxnPartitionResult.read(buf, pos, version)
                results_by_partition_items.append(results_by_partition_item)
            o.results_by_partition = results_by_partition_items
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
            write_uvarint(out, len(self.results_by_partition) + 1)
        else:
            out += _S_i.pack(len(self.results_by_partition))
        for results_by_partition_item in self.results_by_partition:
            results_by_partition_item.write(out, version)
        if version >= 3:
            out += b"\0"


class AddPartitionsToTxnResult(Message):
    __slots__ = ('transactional_id', 'topic_results', )

    def __init__(
        self,
        transactional_id: str = "",
        topic_results: list[AddPartitionsToTxnTopicResult] | None = None,
    ) -> None:
        self.transactional_id = transactional_id
        self.topic_results: list[AddPartitionsToTxnTopicResult] = [] if topic_results is None else topic_results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddPartitionsToTxnResult, int]:
        o = cls.__new__(cls)
        o.transactional_id, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topic_results must not be null")
        else:
            topic_results_items = []
            for _ in range(n):
                topic_results_item, pos = AddPartitionsToTxnTopicResult.read(buf, pos, version)
                topic_results_items.append(topic_results_item)
            o.topic_results = topic_results_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.transactional_id)
        write_uvarint(out, len(self.topic_results) + 1)
        for topic_results_item in self.topic_results:
            topic_results_item.write(out, version)
        out += b"\0"


class AddPartitionsToTxnResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'results_by_transaction', 'results_by_topic_v3_and_below', )
    API_KEY = 24
    VERSIONS = (0, 5)
    FLEXIBLE = 3

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        results_by_transaction: list[AddPartitionsToTxnResult] | None = None,
        results_by_topic_v3_and_below: list[AddPartitionsToTxnTopicResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.results_by_transaction: list[AddPartitionsToTxnResult] = [] if results_by_transaction is None else results_by_transaction
        self.results_by_topic_v3_and_below: list[AddPartitionsToTxnTopicResult] = [] if results_by_topic_v3_and_below is None else results_by_topic_v3_and_below

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddPartitionsToTxnResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            o.error_code, = _S_h.unpack_from(buf, pos)
            pos += 2
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("results_by_transaction must not be null")
            else:
                results_by_transaction_items = []
                for _ in range(n):
                    results_by_transaction_item, pos = AddPartitionsToTxnResult.read(buf, pos, version)
                    results_by_transaction_items.append(results_by_transaction_item)
                o.results_by_transaction = results_by_transaction_items
        else:
            o.error_code = 0
            o.results_by_transaction = []
        if version <= 3:
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("results_by_topic_v3_and_below must not be null")
            else:
                results_by_topic_v3_and_below_items = []
                for _ in range(n):
                    results_by_topic_v3_and_below_item, pos = AddPartitionsToTxnTopicResult.read(buf, pos, version)
                    results_by_topic_v3_and_below_items.append(results_by_topic_v3_and_below_item)
                o.results_by_topic_v3_and_below = results_by_topic_v3_and_below_items
        else:
            o.results_by_topic_v3_and_below = []
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 4:
            out += _S_h.pack(self.error_code)
            if version >= 3:
                write_uvarint(out, len(self.results_by_transaction) + 1)
            else:
                out += _S_i.pack(len(self.results_by_transaction))
            for results_by_transaction_item in self.results_by_transaction:
                results_by_transaction_item.write(out, version)
        if version <= 3:
            if version >= 3:
                write_uvarint(out, len(self.results_by_topic_v3_and_below) + 1)
            else:
                out += _S_i.pack(len(self.results_by_topic_v3_and_below))
            for results_by_topic_v3_and_below_item in self.results_by_topic_v3_and_below:
                results_by_topic_v3_and_below_item.write(out, version)
        if version >= 3:
            out += b"\0"

