"""Generated from FetchSnapshotResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_records,
    read_compact_string,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_bytes,
    write_compact_string,
    write_tags,
    write_uvarint,
)

_S_H = Struct(">H")
_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_ii = Struct(">ii")
_S_qi = Struct(">qi")
_S_qq = Struct(">qq")

class SnapshotId(Message):
    __slots__ = ('end_offset', 'epoch', )

    def __init__(
        self,
        end_offset: int = 0,
        epoch: int = 0,
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


DEFAULT_LeaderIdAndEpoch = LeaderIdAndEpoch()


class PartitionSnapshot(Message):
    __slots__ = ('index', 'error_code', 'snapshot_id', 'current_leader', 'size', 'position', 'unaligned_records', )

    def __init__(
        self,
        index: int = 0,
        error_code: int = 0,
        snapshot_id: SnapshotId | None = None,
        current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch,
        size: int = 0,
        position: int = 0,
        unaligned_records: Buffer = b"",
    ) -> None:
        self.index = index
        self.error_code = error_code
        self.snapshot_id: SnapshotId = SnapshotId() if snapshot_id is None else snapshot_id
        self.current_leader = current_leader
        self.size = size
        self.position = position
        self.unaligned_records = unaligned_records

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionSnapshot, int]:
        o = cls.__new__(cls)
        o.current_leader = DEFAULT_LeaderIdAndEpoch
        o.index, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.snapshot_id, pos = SnapshotId.read(buf, pos, version)
        o.size, o.position = _S_qq.unpack_from(buf, pos)
        pos += 16
        o.unaligned_records, pos = read_compact_records(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.current_leader, pos = LeaderIdAndEpoch.read(buf, pos, version)
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.index, self.error_code)
        self.snapshot_id.write(out, version)
        out += _S_qq.pack(self.size, self.position)
        write_compact_bytes(out, self.unaligned_records)
        tags: list[tuple[int, bytearray]] = []
        if self.current_leader is not DEFAULT_LeaderIdAndEpoch and self.current_leader != DEFAULT_LeaderIdAndEpoch:
            part = bytearray()
            self.current_leader.write(part, version)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"


class TopicSnapshot(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[PartitionSnapshot] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[PartitionSnapshot] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicSnapshot, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = PartitionSnapshot.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class NodeEndpoint(Message):
    __slots__ = ('node_id', 'host', 'port', )

    def __init__(
        self,
        node_id: int = 0,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.node_id = node_id
        self.host = host
        self.port = port

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[NodeEndpoint, int]:
        o = cls.__new__(cls)
        o.node_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.host, pos = read_compact_string(buf, pos)
        o.port, = _S_H.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.node_id)
        write_compact_string(out, self.host)
        out += _S_H.pack(self.port)
        out += b"\0"


class FetchSnapshotResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'topics', 'node_endpoints', )
    API_KEY = 59
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        topics: list[TopicSnapshot] | None = None,
        node_endpoints: list[NodeEndpoint] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.topics: list[TopicSnapshot] = [] if topics is None else topics
        self.node_endpoints: list[NodeEndpoint] = [] if node_endpoints is None else node_endpoints

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchSnapshotResponse, int]:
        o = cls.__new__(cls)
        o.node_endpoints = []
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicSnapshot.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0 and version >= 1:
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
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        tags: list[tuple[int, bytearray]] = []
        if version >= 1 and self.node_endpoints != []:
            part = bytearray()
            write_uvarint(part, len(self.node_endpoints) + 1)
            for node_endpoints_item in self.node_endpoints:
                node_endpoints_item.write(part, version)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

