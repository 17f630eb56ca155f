"""Generated from FetchResponse.json; see tools/generate_messages.py."""

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
    read_count,
    read_records_or_none,
    read_string,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_bytes,
    write_compact_bytes,
    write_compact_string,
    write_string,
    write_tags,
    write_uvarint,
)

_S_hi = Struct(">hi")
_S_i = Struct(">i")
_S_ihqq = Struct(">ihqq")
_S_ii = Struct(">ii")
_S_iq = Struct(">iq")
_S_q = Struct(">q")
_S_qi = Struct(">qi")
_S_qq = Struct(">qq")
_S_u = Struct(">16s")

class EpochEndOffset(Message):
    __slots__ = ('epoch', 'end_offset', )

    def __init__(
        self,
        epoch: int = -1,
        end_offset: int = -1,
    ) -> None:
        self.epoch = epoch
        self.end_offset = end_offset

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EpochEndOffset, int]:
        o = cls.__new__(cls)
        o.epoch, o.end_offset = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.epoch, self.end_offset)
        out += b"\0"


DEFAULT_EpochEndOffset = EpochEndOffset()


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


class SnapshotId(Message):
    __slots__ = ('end_offset', 'epoch', )

    def __init__(
        self,
        end_offset: int = -1,
        epoch: int = -1,
    ) -> None:
        self.end_offset = end_offset
        self.epoch = epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SnapshotId, int]:
        o = cls.__new__(cls)
        o.end_offset, o.epoch = _S_qi.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qi.pack(self.end_offset, self.epoch)
        out += b"\0"


DEFAULT_SnapshotId = SnapshotId()


class AbortedTransaction(Message):
    __slots__ = ('producer_id', 'first_offset', )

    def __init__(
        self,
        producer_id: int = 0,
        first_offset: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.first_offset = first_offset

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AbortedTransaction, int]:
        o = cls.__new__(cls)
        o.producer_id, o.first_offset = _S_qq.unpack_from(buf, pos)
        pos += 16
        if version >= 12:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qq.pack(self.producer_id, self.first_offset)
        if version >= 12:
            out += b"\0"


class PartitionData(Message):
    __slots__ = ('partition_index', 'error_code', 'high_watermark', 'last_stable_offset', 'log_start_offset', 'diverging_epoch', 'current_leader', 'snapshot_id', 'aborted_transactions', 'preferred_read_replica', 'records', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        high_watermark: int = 0,
        last_stable_offset: int = -1,
        log_start_offset: int = -1,
        diverging_epoch: EpochEndOffset = DEFAULT_EpochEndOffset,
        current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch,
        snapshot_id: SnapshotId = DEFAULT_SnapshotId,
        aborted_transactions: list[AbortedTransaction] | None = None,
        preferred_read_replica: int = -1,
        records: Buffer | None = b"",
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.high_watermark = high_watermark
        self.last_stable_offset = last_stable_offset
        self.log_start_offset = log_start_offset
        self.diverging_epoch = diverging_epoch
        self.current_leader = current_leader
        self.snapshot_id = snapshot_id
        self.aborted_transactions: list[AbortedTransaction] | None = [] if aborted_transactions is None else aborted_transactions
        self.preferred_read_replica = preferred_read_replica
        self.records = records

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.diverging_epoch = DEFAULT_EpochEndOffset
        o.current_leader = DEFAULT_LeaderIdAndEpoch
        o.snapshot_id = DEFAULT_SnapshotId
        o.partition_index, o.error_code, o.high_watermark, o.last_stable_offset = _S_ihqq.unpack_from(buf, pos)
        pos += 22
        if version >= 5:
            o.log_start_offset, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.log_start_offset = -1
        if version >= 12:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            o.aborted_transactions = None
        else:
            aborted_transactions_items = []
            for _ in range(n):
                aborted_transactions_item, pos = AbortedTransaction.read(buf, pos, version)
                aborted_transactions_items.append(aborted_transactions_item)
            o.aborted_transactions = aborted_transactions_items
        if version >= 11:
            o.preferred_read_replica, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.preferred_read_replica = -1
        if version >= 12:
            o.records, pos = read_compact_records_or_none(buf, pos)
        else:
            o.records, pos = read_records_or_none(buf, pos)
        if version >= 12:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 12:
                        o.diverging_epoch, pos = EpochEndOffset.read(buf, pos, version)
                    elif tag == 1 and version >= 12:
                        o.current_leader, pos = LeaderIdAndEpoch.read(buf, pos, version)
                    elif tag == 2 and version >= 12:
                        o.snapshot_id, pos = SnapshotId.read(buf, pos, version)
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ihqq.pack(self.partition_index, self.error_code, self.high_watermark, self.last_stable_offset)
        if version >= 5:
            out += _S_q.pack(self.log_start_offset)
        if self.aborted_transactions is None:
            if version >= 12:
                out += b"\0"
            else:
                out += b"\xff\xff\xff\xff"
        else:
            if version >= 12:
                write_uvarint(out, len(self.aborted_transactions) + 1)
            else:
                out += _S_i.pack(len(self.aborted_transactions))
            for aborted_transactions_item in self.aborted_transactions:
                aborted_transactions_item.write(out, version)
        if version >= 11:
            out += _S_i.pack(self.preferred_read_replica)
        if version >= 12:
            write_compact_bytes(out, self.records)
        else:
            write_bytes(out, self.records)
        if version >= 12:
            tags: list[tuple[int, bytearray]] = []
            if version >= 12 and self.diverging_epoch is not DEFAULT_EpochEndOffset and self.diverging_epoch != DEFAULT_EpochEndOffset:
                part = bytearray()
                self.diverging_epoch.write(part, version)
                tags.append((0, part))
            if version >= 12 and self.current_leader is not DEFAULT_LeaderIdAndEpoch and self.current_leader != DEFAULT_LeaderIdAndEpoch:
                part = bytearray()
                self.current_leader.write(part, version)
                tags.append((1, part))
            if version >= 12 and self.snapshot_id is not DEFAULT_SnapshotId and self.snapshot_id != DEFAULT_SnapshotId:
                part = bytearray()
                self.snapshot_id.write(part, version)
                tags.append((2, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"


class FetchableTopicResponse(Message):
    __slots__ = ('topic', 'topic_id', 'partitions', )

    def __init__(
        self,
        topic: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[PartitionData] | None = None,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions: list[PartitionData] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchableTopicResponse, int]:
        o = cls.__new__(cls)
        if version <= 12:
            if version >= 12:
                o.topic, pos = read_compact_string(buf, pos)
            else:
                o.topic, pos = read_string(buf, pos)
        else:
            o.topic = ""
        if version >= 13:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        if version >= 12:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = PartitionData.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        if version >= 12:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 12:
            if version >= 12:
                write_compact_string(out, self.topic)
            else:
                write_string(out, self.topic)
        if version >= 13:
            out += _S_u.pack(self.topic_id)
        if version >= 12:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 12:
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


class FetchResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'session_id', 'responses', 'node_endpoints', )
    API_KEY = 1
    VERSIONS = (4, 18)
    FLEXIBLE = 12

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        session_id: int = 0,
        responses: list[FetchableTopicResponse] | None = None,
        node_endpoints: list[NodeEndpoint] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.session_id = session_id
        self.responses: list[FetchableTopicResponse] = [] if responses is None else responses
        self.node_endpoints: list[NodeEndpoint] = [] if node_endpoints is None else node_endpoints

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchResponse, int]:
        o = cls.__new__(cls)
        o.node_endpoints = []
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 7:
            o.error_code, o.session_id = _S_hi.unpack_from(buf, pos)
            pos += 6
        else:
            o.error_code = 0
            o.session_id = 0
        if version >= 12:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("responses must not be null")
        else:
            responses_items = []
            for _ in range(n):
                responses_item, pos = FetchableTopicResponse.read(buf, pos, version)
                responses_items.append(responses_item)
            o.responses = responses_items
        if version >= 12:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 16:
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
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 7:
            out += _S_hi.pack(self.error_code, self.session_id)
        if version >= 12:
            write_uvarint(out, len(self.responses) + 1)
        else:
            out += _S_i.pack(len(self.responses))
        for responses_item in self.responses:
            responses_item.write(out, version)
        if version >= 12:
            tags: list[tuple[int, bytearray]] = []
            if version >= 16 and self.node_endpoints != []:
                part = bytearray()
                write_uvarint(part, len(self.node_endpoints) + 1)
                for node_endpoints_item in self.node_endpoints:
                    node_endpoints_item.write(part, version)
                tags.append((0, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"

