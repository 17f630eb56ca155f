"""Generated from FetchSnapshotRequest.json; see tools/generate_messages.py."""

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
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_tags,
    write_uvarint,
)

_S_i = Struct(">i")
_S_ii = Struct(">ii")
_S_q = Struct(">q")
_S_qi = Struct(">qi")
_S_u = Struct(">16s")

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


class PartitionSnapshot(Message):
    __slots__ = ('partition', 'current_leader_epoch', 'snapshot_id', 'position', 'replica_directory_id', )

    def __init__(
        self,
        partition: int = 0,
        current_leader_epoch: int = 0,
        snapshot_id: SnapshotId | None = None,
        position: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
    ) -> None:
        self.partition = partition
        self.current_leader_epoch = current_leader_epoch
        self.snapshot_id: SnapshotId = SnapshotId() if snapshot_id is None else snapshot_id
        self.position = position
        self.replica_directory_id = replica_directory_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionSnapshot, int]:
        o = cls.__new__(cls)
        o.replica_directory_id = ZERO_UUID
        o.partition, o.current_leader_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        o.snapshot_id, pos = SnapshotId.read(buf, pos, version)
        o.position, = _S_q.unpack_from(buf, pos)
        pos += 8
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0 and version >= 1:
                    o.replica_directory_id, = _S_u.unpack_from(buf, pos)
                    pos += 16
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ii.pack(self.partition, self.current_leader_epoch)
        self.snapshot_id.write(out, version)
        out += _S_q.pack(self.position)
        tags: list[tuple[int, bytearray]] = []
        if version >= 1 and self.replica_directory_id != ZERO_UUID:
            part = bytearray()
            part += _S_u.pack(self.replica_directory_id)
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


class FetchSnapshotRequest(Message):
    __slots__ = ('cluster_id', 'replica_id', 'max_bytes', 'topics', )
    API_KEY = 59
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        cluster_id: str | None = None,
        replica_id: int = -1,
        max_bytes: int = 2147483647,
        topics: list[TopicSnapshot] | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.replica_id = replica_id
        self.max_bytes = max_bytes
        self.topics: list[TopicSnapshot] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchSnapshotRequest, int]:
        o = cls.__new__(cls)
        o.cluster_id = None
        o.replica_id, o.max_bytes = _S_ii.unpack_from(buf, pos)
        pos += 8
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
                if tag == 0:
                    o.cluster_id, pos = read_compact_string_or_none(buf, pos)
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ii.pack(self.replica_id, self.max_bytes)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        tags: list[tuple[int, bytearray]] = []
        if self.cluster_id is not None:
            part = bytearray()
            write_compact_string(part, self.cluster_id)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

