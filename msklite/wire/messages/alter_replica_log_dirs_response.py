"""Generated from AlterReplicaLogDirsResponse.json; see tools/generate_messages.py."""

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
_S_ih = Struct(">ih")

class AlterReplicaLogDirPartitionResult(Message):
    __slots__ = ('partition_index', 'error_code', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterReplicaLogDirPartitionResult, int]:
        o = cls.__new__(cls)
        o.partition_index, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_index, self.error_code)
        if version >= 2:
            out += b"\0"


class AlterReplicaLogDirTopicResult(Message):
    __slots__ = ('topic_name', 'partitions', )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[AlterReplicaLogDirPartitionResult] | None = None,
    ) -> None:
        self.topic_name = topic_name
        self.partitions: list[AlterReplicaLogDirPartitionResult] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterReplicaLogDirTopicResult, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.topic_name, pos = read_compact_string(buf, pos)
        else:
            o.topic_name, pos = read_string(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = AlterReplicaLogDirPartitionResult.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.topic_name)
        else:
            write_string(out, self.topic_name)
        if version >= 2:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 2:
            out += b"\0"


class AlterReplicaLogDirsResponse(Message):
    __slots__ = ('throttle_time_ms', 'results', )
    API_KEY = 34
    VERSIONS = (1, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[AlterReplicaLogDirTopicResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.results: list[AlterReplicaLogDirTopicResult] = [] if results is None else results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterReplicaLogDirsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("results must not be null")
        else:
            results_items = []
            for _ in range(n):
                results_item, pos = AlterReplicaLogDirTopicResult.read(buf, pos, version)
                results_items.append(results_item)
            o.results = results_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 2:
            write_uvarint(out, len(self.results) + 1)
        else:
            out += _S_i.pack(len(self.results))
        for results_item in self.results:
            results_item.write(out, version)
        if version >= 2:
            out += b"\0"

