"""Generated from DescribeQuorumResponse.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_H = Struct(">H")
_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_iiq = Struct(">iiq")
_S_q = Struct(">q")
_S_qq = Struct(">qq")
_S_u = Struct(">16s")

class ReplicaState(Message):
    __slots__ = ('replica_id', 'replica_directory_id', 'log_end_offset', 'last_fetch_timestamp', 'last_caught_up_timestamp', )

    def __init__(
        self,
        replica_id: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
        log_end_offset: int = 0,
        last_fetch_timestamp: int = -1,
        last_caught_up_timestamp: int = -1,
    ) -> None:
        self.replica_id = replica_id
        self.replica_directory_id = replica_directory_id
        self.log_end_offset = log_end_offset
        self.last_fetch_timestamp = last_fetch_timestamp
        self.last_caught_up_timestamp = last_caught_up_timestamp

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ReplicaState, int]:
        o = cls.__new__(cls)
        o.replica_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            o.replica_directory_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.replica_directory_id = ZERO_UUID
        o.log_end_offset, = _S_q.unpack_from(buf, pos)
        pos += 8
        if version >= 1:
            o.last_fetch_timestamp, o.last_caught_up_timestamp = _S_qq.unpack_from(buf, pos)
            pos += 16
        else:
            o.last_fetch_timestamp = -1
            o.last_caught_up_timestamp = -1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.replica_id)
        if version >= 2:
            out += _S_u.pack(self.replica_directory_id)
        out += _S_q.pack(self.log_end_offset)
        if version >= 1:
            out += _S_qq.pack(self.last_fetch_timestamp, self.last_caught_up_timestamp)
        out += b"\0"


class PartitionData(Message):
    __slots__ = ('partition_index', 'error_code', 'error_message', 'leader_id', 'leader_epoch', 'high_watermark', 'current_voters', 'observers', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        leader_id: int = 0,
        leader_epoch: int = 0,
        high_watermark: int = 0,
        current_voters: list[ReplicaState] | None = None,
        observers: list[ReplicaState] | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code
        self.error_message = error_message
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.high_watermark = high_watermark
        self.current_voters: list[ReplicaState] = [] if current_voters is None else current_voters
        self.observers: list[ReplicaState] = [] if observers is None else observers

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.partition_index, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message = ""
        o.leader_id, o.leader_epoch, o.high_watermark = _S_iiq.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("current_voters must not be null")
        else:
            current_voters_items = []
            for _ in range(n):
                current_voters_item, pos = ReplicaState.read(buf, pos, version)
                current_voters_items.append(current_voters_item)
            o.current_voters = current_voters_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("observers must not be null")
        else:
            observers_items = []
            for _ in range(n):
                observers_item, pos = ReplicaState.read(buf, pos, version)
                observers_items.append(observers_item)
            o.observers = observers_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_index, self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        out += _S_iiq.pack(self.leader_id, self.leader_epoch, self.high_watermark)
        write_uvarint(out, len(self.current_voters) + 1)
        for current_voters_item in self.current_voters:
            current_voters_item.write(out, version)
        write_uvarint(out, len(self.observers) + 1)
        for observers_item in self.observers:
            observers_item.write(out, version)
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
        o.topic_name, pos = read_compact_string(buf, pos)
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
        write_compact_string(out, self.topic_name)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class Listener(Message):
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
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Listener, int]:
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


class Node(Message):
    __slots__ = ('node_id', 'listeners', )

    def __init__(
        self,
        node_id: int = 0,
        listeners: list[Listener] | None = None,
    ) -> None:
        self.node_id = node_id
        self.listeners: list[Listener] = [] if listeners is None else listeners

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Node, int]:
        o = cls.__new__(cls)
        o.node_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("listeners must not be null")
        else:
            listeners_items = []
            for _ in range(n):
                listeners_item, pos = Listener.read(buf, pos, version)
                listeners_items.append(listeners_item)
            o.listeners = listeners_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.node_id)
        write_uvarint(out, len(self.listeners) + 1)
        for listeners_item in self.listeners:
            listeners_item.write(out, version)
        out += b"\0"


class DescribeQuorumResponse(Message):
    __slots__ = ('error_code', 'error_message', 'topics', 'nodes', )
    API_KEY = 55
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        topics: list[TopicData] | None = None,
        nodes: list[Node] | None = None,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.topics: list[TopicData] = [] if topics is None else topics
        self.nodes: list[Node] = [] if nodes is None else nodes

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeQuorumResponse, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message = ""
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicData.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                raise DecodeError("nodes must not be null")
            else:
                nodes_items = []
                for _ in range(n):
                    nodes_item, pos = Node.read(buf, pos, version)
                    nodes_items.append(nodes_item)
                o.nodes = nodes_items
        else:
            o.nodes = []
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 2:
            write_uvarint(out, len(self.nodes) + 1)
            for nodes_item in self.nodes:
                nodes_item.write(out, version)
        out += b"\0"

