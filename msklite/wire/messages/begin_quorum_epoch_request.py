"""Generated from BeginQuorumEpochRequest.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_H = Struct(">H")
_S_i = Struct(">i")
_S_ii = Struct(">ii")
_S_u = Struct(">16s")

class PartitionData(Message):
    __slots__ = ('partition_index', 'voter_directory_id', 'leader_id', 'leader_epoch', )

    def __init__(
        self,
        partition_index: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
        leader_id: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.voter_directory_id = voter_directory_id
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            o.voter_directory_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.voter_directory_id = ZERO_UUID
        o.leader_id, o.leader_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition_index)
        if version >= 1:
            out += _S_u.pack(self.voter_directory_id)
        out += _S_ii.pack(self.leader_id, self.leader_epoch)
        if version >= 1:
            out += b"\0"


class TopicData(Message):
    __slots__ = ('topic_name', 'partitions', )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[PartitionData] | None = None,
    ) -> None:
        self.topic_name = topic_name
        self.partitions: list[PartitionData] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicData, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.topic_name, pos = read_compact_string(buf, pos)
        else:
            o.topic_name, pos = read_string(buf, pos)
        if version >= 1:
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
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_compact_string(out, self.topic_name)
        else:
            write_string(out, self.topic_name)
        if version >= 1:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 1:
            out += b"\0"


class LeaderEndpoint(Message):
    __slots__ = ('name', 'host', 'port', )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LeaderEndpoint, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
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
        write_compact_string(out, self.name)
        write_compact_string(out, self.host)
        out += _S_H.pack(self.port)
        out += b"\0"


class BeginQuorumEpochRequest(Message):
    __slots__ = ('cluster_id', 'voter_id', 'topics', 'leader_endpoints', )
    API_KEY = 53
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        cluster_id: str | None = None,
        voter_id: int = -1,
        topics: list[TopicData] | None = None,
        leader_endpoints: list[LeaderEndpoint] | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.voter_id = voter_id
        self.topics: list[TopicData] = [] if topics is None else topics
        self.leader_endpoints: list[LeaderEndpoint] = [] if leader_endpoints is None else leader_endpoints

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BeginQuorumEpochRequest, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.cluster_id, pos = read_compact_string_or_none(buf, pos)
        else:
            o.cluster_id, pos = read_string_or_none(buf, pos)
        if version >= 1:
            o.voter_id, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.voter_id = -1
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicData.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 1:
            if version >= 1:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("leader_endpoints must not be null")
            else:
                leader_endpoints_items = []
                for _ in range(n):
                    leader_endpoints_item, pos = LeaderEndpoint.read(buf, pos, version)
                    leader_endpoints_items.append(leader_endpoints_item)
                o.leader_endpoints = leader_endpoints_items
        else:
            o.leader_endpoints = []
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_compact_string(out, self.cluster_id)
        else:
            write_string(out, self.cluster_id)
        if version >= 1:
            out += _S_i.pack(self.voter_id)
        if version >= 1:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 1:
            if version >= 1:
                write_uvarint(out, len(self.leader_endpoints) + 1)
            else:
                out += _S_i.pack(len(self.leader_endpoints))
            for leader_endpoints_item in self.leader_endpoints:
                leader_endpoints_item.write(out, version)
        if version >= 1:
            out += b"\0"

