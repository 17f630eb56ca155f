"""Generated from ShareFetchResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_records_or_none,
    read_compact_string,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_bytes,
    write_compact_string,
    write_uvarint,
)

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_ii = Struct(">ii")
_S_qqh = Struct(">qqh")
_S_u = Struct(">16s")

class LeaderIdAndEpoch(Message):
    __slots__ = ('leader_id', 'leader_epoch', )

    def __init__(
        self,
        leader_id: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LeaderIdAndEpoch, int]:
        o = cls.__new__(cls)
        o.leader_id, o.leader_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ii.pack(self.leader_id, self.leader_epoch)
        out += b"\0"


class AcquiredRecords(Message):
    __slots__ = ('first_offset', 'last_offset', 'delivery_count', )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        delivery_count: int = 0,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.delivery_count = delivery_count

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AcquiredRecords, int]:
        o = cls.__new__(cls)
        o.first_offset, o.last_offset, o.delivery_count = _S_qqh.unpack_from(buf, pos)
        pos += 18
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qqh.pack(self.first_offset, self.last_offset, self.delivery_count)
        out += b"\0"


class PartitionData(Message):
    __slots__ = ('partition_index', 'error_code', 'error_message', 'acknowledge_error_code', 'acknowledge_error_message', 'current_leader', 'records', 'acquired_records', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        acknowledge_error_code: int = 0,
        acknowledge_error_message: str | None = None,
        current_leader: LeaderIdAndEpoch | None = None,
        records: Buffer | None = b"",
        acquired_records: list[AcquiredRecords] | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.acknowledge_error_code = acknowledge_error_code
        self.acknowledge_error_message = acknowledge_error_message
        self.current_leader: LeaderIdAndEpoch = LeaderIdAndEpoch() if current_leader is None else current_leader
        self.records = records
        self.acquired_records: list[AcquiredRecords] = [] if acquired_records is None else acquired_records

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.partition_index, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        o.acknowledge_error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        o.acknowledge_error_message, pos = read_compact_string_or_none(buf, pos)
        o.current_leader, pos = LeaderIdAndEpoch.read(buf, pos, version)
        o.records, pos = read_compact_records_or_none(buf, pos)
        if o.records is None and not False:
            raise DecodeError("records must not be null")
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("acquired_records must not be null")
        else:
            acquired_records_items = []
            for _ in range(n):
                acquired_records_item, pos = AcquiredRecords.read(buf, pos, version)
                acquired_records_items.append(acquired_records_item)
            o.acquired_records = acquired_records_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_index, self.error_code)
        write_compact_string(out, self.error_message)
        out += _S_h.pack(self.acknowledge_error_code)
        write_compact_string(out, self.acknowledge_error_message)
        self.current_leader.write(out, version)
        write_compact_bytes(out, self.records)
        write_uvarint(out, len(self.acquired_records) + 1)
        for acquired_records_item in self.acquired_records:
            acquired_records_item.write(out, version)
        out += b"\0"


class ShareFetchableTopicResponse(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionData] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[PartitionData] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareFetchableTopicResponse, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = PartitionData.read(buf, pos, version)
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


class NodeEndpoint(Message):
    __slots__ = ('node_id', 'host', 'port', 'rack', )

    def __init__(
        self,
        node_id: int = 0,
        host: str = "",
        port: int = 0,
        rack: str | None = None,
    ) -> None:
        self.node_id = node_id
        self.host = host
        self.port = port
        self.rack = rack

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[NodeEndpoint, int]:
        o = cls.__new__(cls)
        o.node_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.host, pos = read_compact_string(buf, pos)
        o.port, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.rack, pos = read_compact_string_or_none(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.node_id)
        write_compact_string(out, self.host)
        out += _S_i.pack(self.port)
        write_compact_string(out, self.rack)
        out += b"\0"


class ShareFetchResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'acquisition_lock_timeout_ms', 'responses', 'node_endpoints', )
    API_KEY = 78
    VERSIONS = (1, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        acquisition_lock_timeout_ms: int = 0,
        responses: list[ShareFetchableTopicResponse] | None = None,
        node_endpoints: list[NodeEndpoint] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.acquisition_lock_timeout_ms = acquisition_lock_timeout_ms
        self.responses: list[ShareFetchableTopicResponse] = [] if responses is None else responses
        self.node_endpoints: list[NodeEndpoint] = [] if node_endpoints is None else node_endpoints

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareFetchResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        o.acquisition_lock_timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("responses must not be null")
        else:
            responses_items = []
            for _ in range(n):
                responses_item, pos = ShareFetchableTopicResponse.read(buf, pos, version)
                responses_items.append(responses_item)
            o.responses = responses_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("node_endpoints must not be null")
        else:
            node_endpoints_items = []
            for _ in range(n):
                node_endpoints_item, pos = NodeEndpoint.read(buf, pos, version)
                node_endpoints_items.append(node_endpoints_item)
            o.node_endpoints = node_endpoints_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_compact_string(out, self.error_message)
        out += _S_i.pack(self.acquisition_lock_timeout_ms)
        write_uvarint(out, len(self.responses) + 1)
        for responses_item in self.responses:
            responses_item.write(out, version)
        write_uvarint(out, len(self.node_endpoints) + 1)
        for node_endpoints_item in self.node_endpoints:
            node_endpoints_item.write(out, version)
        out += b"\0"

