"""Generated from ProduceResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    read_count,
    read_string,
    read_string_or_none,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_tags,
    write_uvarint,
)

_S_i = Struct(">i")
_S_ihqq = Struct(">ihqq")
_S_ii = Struct(">ii")
_S_q = Struct(">q")
_S_u = Struct(">16s")

class BatchIndexAndErrorMessage(Message):
    __slots__ = ('batch_index', 'batch_index_error_message', )

    def __init__(
        self,
        batch_index: int = 0,
        batch_index_error_message: str | None = None,
    ) -> None:
        self.batch_index = batch_index
        self.batch_index_error_message = batch_index_error_message

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BatchIndexAndErrorMessage, int]:
        o = cls.__new__(cls)
        o.batch_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 9:
            o.batch_index_error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.batch_index_error_message, pos = read_string_or_none(buf, pos)
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.batch_index)
        if version >= 9:
            write_compact_string(out, self.batch_index_error_message)
        else:
            write_string(out, self.batch_index_error_message)
        if version >= 9:
            out += b"\0"


class LeaderIdAndEpoch(Message):
    __slots__ = ('leader_id', 'leader_epoch', )

    def __init__(
        self,
        leader_id: int = -1,
        leader_epoch: int = -1,
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


DEFAULT_LeaderIdAndEpoch = LeaderIdAndEpoch()


class PartitionProduceResponse(Message):
    __slots__ = ('index', 'error_code', 'base_offset', 'log_append_time_ms', 'log_start_offset', 'record_errors', 'error_message', 'current_leader', )

    def __init__(
        self,
        index: int = 0,
        error_code: int = 0,
        base_offset: int = 0,
        log_append_time_ms: int = -1,
        log_start_offset: int = -1,
        record_errors: list[BatchIndexAndErrorMessage] | None = None,
        error_message: str | None = None,
        current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch,
    ) -> None:
        self.index = index
        self.error_code = error_code
        self.base_offset = base_offset
        self.log_append_time_ms = log_append_time_ms
        self.log_start_offset = log_start_offset
        self.record_errors: list[BatchIndexAndErrorMessage] = [] if record_errors is None else record_errors
        self.error_message = error_message
        self.current_leader = current_leader

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionProduceResponse, int]:
        o = cls.__new__(cls)
        o.current_leader = DEFAULT_LeaderIdAndEpoch
        o.index, o.error_code, o.base_offset, o.log_append_time_ms = _S_ihqq.unpack_from(buf, pos)
        pos += 22
        if version >= 5:
            o.log_start_offset, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.log_start_offset = -1
        if version >= 8:
            if version >= 9:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("record_errors must not be null")
            else:
                record_errors_items = []
                for _ in range(n):
                    record_errors_item, pos = BatchIndexAndErrorMessage.read(buf, pos, version)
                    record_errors_items.append(record_errors_item)
                o.record_errors = record_errors_items
            if version >= 9:
                o.error_message, pos = read_compact_string_or_none(buf, pos)
            else:
                o.error_message, pos = read_string_or_none(buf, pos)
        else:
            o.record_errors = []
            o.error_message = None
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 10:
                        o.current_leader, pos = LeaderIdAndEpoch.read(buf, pos, version)
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ihqq.pack(self.index, self.error_code, self.base_offset, self.log_append_time_ms)
        if version >= 5:
            out += _S_q.pack(self.log_start_offset)
        if version >= 8:
            if version >= 9:
                write_uvarint(out, len(self.record_errors) + 1)
            else:
                out += _S_i.pack(len(self.record_errors))
            for record_errors_item in self.record_errors:
                record_errors_item.write(out, version)
            if version >= 9:
                write_compact_string(out, self.error_message)
            else:
                write_string(out, self.error_message)
        if version >= 9:
            tags: list[tuple[int, bytearray]] = []
            if version >= 10 and self.current_leader is not DEFAULT_LeaderIdAndEpoch and self.current_leader != DEFAULT_LeaderIdAndEpoch:
                part = bytearray()
                self.current_leader.write(part, version)
                tags.append((0, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"


class TopicProduceResponse(Message):
    __slots__ = ('name', 'topic_id', 'partition_responses', )

    def __init__(
        self,
        name: str = "",
        topic_id: bytes = ZERO_UUID,
        partition_responses: list[PartitionProduceResponse] | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partition_responses: list[PartitionProduceResponse] = [] if partition_responses is None else partition_responses

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicProduceResponse, int]:
        o = cls.__new__(cls)
        if version <= 12:
            if version >= 9:
                o.name, pos = read_compact_string(buf, pos)
            else:
                o.name, pos = read_string(buf, pos)
        else:
            o.name = ""
        if version >= 13:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partition_responses must not be null")
        else:
            partition_responses_items = []
            for _ in range(n):
                partition_responses_item, pos = PartitionProduceResponse.read(buf, pos, version)
                partition_responses_items.append(partition_responses_item)
            o.partition_responses = partition_responses_items
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 12:
            if version >= 9:
                write_compact_string(out, self.name)
            else:
                write_string(out, self.name)
        if version >= 13:
            out += _S_u.pack(self.topic_id)
        if version >= 9:
            write_uvarint(out, len(self.partition_responses) + 1)
        else:
            out += _S_i.pack(len(self.partition_responses))
        for partition_responses_item in self.partition_responses:
            partition_responses_item.write(out, version)
        if version >= 9:
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


class ProduceResponse(Message):
    __slots__ = ('responses', 'throttle_time_ms', 'node_endpoints', )
    API_KEY = 0
    VERSIONS = (3, 13)
    FLEXIBLE = 9

    def __init__(
        self,
        responses: list[TopicProduceResponse] | None = None,
        throttle_time_ms: int = 0,
        node_endpoints: list[NodeEndpoint] | None = None,
    ) -> None:
        self.responses: list[TopicProduceResponse] = [] if responses is None else responses
        self.throttle_time_ms = throttle_time_ms
        self.node_endpoints: list[NodeEndpoint] = [] if node_endpoints is None else node_endpoints

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ProduceResponse, int]:
        o = cls.__new__(cls)
        o.node_endpoints = []
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("responses must not be null")
        else:
            responses_items = []
            for _ in range(n):
                responses_item, pos = TopicProduceResponse.read(buf, pos, version)
                responses_items.append(responses_item)
            o.responses = responses_items
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 10:
                        n, pos = read_compact_count(buf, pos)
                        if n < 0:
                            raise DecodeError("node_endpoints must not be null")
                        else:
                            node_endpoints_items = []
                            for _ in range(n):
                                node_endpoints_item, pos = NodeEndpoint.read(buf, pos, version)
                                node_endpoints_items.append(node_endpoints_item)
                            o.node_endpoints = node_endpoints_items
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 9:
            write_uvarint(out, len(self.responses) + 1)
        else:
            out += _S_i.pack(len(self.responses))
        for responses_item in self.responses:
            responses_item.write(out, version)
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 9:
            tags: list[tuple[int, bytearray]] = []
            if version >= 10 and self.node_endpoints != []:
                part = bytearray()
                write_uvarint(part, len(self.node_endpoints) + 1)
                for node_endpoints_item in self.node_endpoints:
                    node_endpoints_item.write(part, version)
                tags.append((0, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"

