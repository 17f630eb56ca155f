"""Generated from EndQuorumEpochResponse.json; see tools/generate_messages.py."""

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
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_tags,
    write_uvarint,
)

_S_H = Struct(">H")
_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ihii = Struct(">ihii")

class PartitionData(Message):
    __slots__ = ('partition_index', 'error_code', 'leader_id', 'leader_epoch', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        leader_id: int = 0,
        leader_epoch: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.partition_index, o.error_code, o.leader_id, o.leader_epoch = _S_ihii.unpack_from(buf, pos)
        pos += 14
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ihii.pack(self.partition_index, self.error_code, self.leader_id, self.leader_epoch)
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


class EndQuorumEpochResponse(Message):
    __slots__ = ('error_code', 'topics', 'node_endpoints', )
    API_KEY = 54
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        error_code: int = 0,
        topics: list[TopicData] | None = None,
        node_endpoints: list[NodeEndpoint] | None = None,
    ) -> None:
        self.error_code = error_code
        self.topics: list[TopicData] = [] if topics is None else topics
        self.node_endpoints: list[NodeEndpoint] = [] if node_endpoints is None else node_endpoints

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EndQuorumEpochResponse, int]:
        o = cls.__new__(cls)
        o.node_endpoints = []
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
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
        out += _S_h.pack(self.error_code)
        if version >= 1:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 1:
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

