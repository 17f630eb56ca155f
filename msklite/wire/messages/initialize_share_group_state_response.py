"""Generated from InitializeShareGroupStateResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_u = Struct(">16s")

class PartitionResult(Message):
    __slots__ = ('partition', 'error_code', 'error_message', )

    def __init__(
        self,
        partition: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.partition = partition
        self.error_code = error_code
        self.error_message = error_message

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionResult, int]:
        o = cls.__new__(cls)
        o.partition, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition, self.error_code)
        write_compact_string(out, self.error_message)
        out += b"\0"


class InitializeStateResult(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionResult] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[PartitionResult] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[InitializeStateResult, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = PartitionResult.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class InitializeShareGroupStateResponse(Message):
    __slots__ = ('results', )
    API_KEY = 83
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        results: list[InitializeStateResult] | None = None,
    ) -> None:
        self.results: list[InitializeStateResult] = [] if results is None else results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[InitializeShareGroupStateResponse, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("results must not be null")
        else:
            results_items = []
            for _ in range(n):
                results_item, pos = InitializeStateResult.read(buf, pos, version)
                results_items.append(results_item)
            o.results = results_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.results) + 1)
        for results_item in self.results:
            results_item.write(out, version)
        out += b"\0"

