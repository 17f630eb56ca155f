"""Generated from ElectLeadersResponse.json; see tools/generate_messages.py."""

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
    read_count,
    read_string,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class PartitionResult(Message):
    __slots__ = ('partition_id', 'error_code', 'error_message', )

    def __init__(
        self,
        partition_id: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.partition_id = partition_id
        self.error_code = error_code
        self.error_message = error_message

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionResult, int]:
        o = cls.__new__(cls)
        o.partition_id, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_id, self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        if version >= 2:
            out += b"\0"


class ReplicaElectionResult(Message):
    __slots__ = ('topic', 'partition_result', )

    def __init__(
        self,
        topic: str = "",
        partition_result: list[PartitionResult] | None = None,
    ) -> None:
        self.topic = topic
        self.partition_result: list[PartitionResult] = [] if partition_result is None else partition_result

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ReplicaElectionResult, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.topic, pos = read_compact_string(buf, pos)
        else:
            o.topic, pos = read_string(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partition_result must not be null")
        else:
            partition_result_items = []
            for _ in range(n):
                partition_result_item, pos = PartitionResult.read(buf, pos, version)
                partition_result_items.append(partition_result_item)
            o.partition_result = partition_result_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.topic)
        else:
            write_string(out, self.topic)
        if version >= 2:
            write_uvarint(out, len(self.partition_result) + 1)
        else:
            out += _S_i.pack(len(self.partition_result))
        for partition_result_item in self.partition_result:
            partition_result_item.write(out, version)
        if version >= 2:
            out += b"\0"


class ElectLeadersResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'replica_election_results', )
    API_KEY = 43
    VERSIONS = (0, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        replica_election_results: list[ReplicaElectionResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.replica_election_results: list[ReplicaElectionResult] = [] if replica_election_results is None else replica_election_results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ElectLeadersResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            o.error_code, = _S_h.unpack_from(buf, pos)
            pos += 2
        else:
            o.error_code = 0
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("replica_election_results must not be null")
        else:
            replica_election_results_items = []
            for _ in range(n):
                replica_election_results_item, pos = ReplicaElectionResult.read(buf, pos, version)
                replica_election_results_items.append(replica_election_results_item)
            o.replica_election_results = replica_election_results_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 1:
            out += _S_h.pack(self.error_code)
        if version >= 2:
            write_uvarint(out, len(self.replica_election_results) + 1)
        else:
            out += _S_i.pack(len(self.replica_election_results))
        for replica_election_results_item in self.replica_election_results:
            replica_election_results_item.write(out, version)
        if version >= 2:
            out += b"\0"

