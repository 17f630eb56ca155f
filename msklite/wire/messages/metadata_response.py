"""Generated from MetadataResponse.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")
_S_h = Struct(">h")
_S_hii = Struct(">hii")
_S_i = Struct(">i")
_S_u = Struct(">16s")

class MetadataResponseBroker(Message):
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
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MetadataResponseBroker, int]:
        o = cls.__new__(cls)
        o.node_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 9:
            o.host, pos = read_compact_string(buf, pos)
        else:
            o.host, pos = read_string(buf, pos)
        o.port, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            if version >= 9:
                o.rack, pos = read_compact_string_or_none(buf, pos)
            else:
                o.rack, pos = read_string_or_none(buf, pos)
        else:
            o.rack = None
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.node_id)
        if version >= 9:
            write_compact_string(out, self.host)
        else:
            write_string(out, self.host)
        out += _S_i.pack(self.port)
        if version >= 1:
            if version >= 9:
                write_compact_string(out, self.rack)
            else:
                write_string(out, self.rack)
        if version >= 9:
            out += b"\0"


class MetadataResponsePartition(Message):
    __slots__ = ('error_code', 'partition_index', 'leader_id', 'leader_epoch', 'replica_nodes', 'isr_nodes', 'offline_replicas', )

    def __init__(
        self,
        error_code: int = 0,
        partition_index: int = 0,
        leader_id: int = 0,
        leader_epoch: int = -1,
        replica_nodes: list[int] | None = None,
        isr_nodes: list[int] | None = None,
        offline_replicas: list[int] | None = None,
    ) -> None:
        self.error_code = error_code
        self.partition_index = partition_index
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.replica_nodes: list[int] = [] if replica_nodes is None else replica_nodes
        self.isr_nodes: list[int] = [] if isr_nodes is None else isr_nodes
        self.offline_replicas: list[int] = [] if offline_replicas is None else offline_replicas

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MetadataResponsePartition, int]:
        o = cls.__new__(cls)
        o.error_code, o.partition_index, o.leader_id = _S_hii.unpack_from(buf, pos)
        pos += 10
        if version >= 7:
            o.leader_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.leader_epoch = -1
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("replica_nodes must not be null")
        else:
            o.replica_nodes = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("isr_nodes must not be null")
        else:
            o.isr_nodes = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 5:
            if version >= 9:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("offline_replicas must not be null")
            else:
                o.offline_replicas = list(unpack_from(f">{n}i", buf, pos))
                pos += 4 * n
        else:
            o.offline_replicas = []
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hii.pack(self.error_code, self.partition_index, self.leader_id)
        if version >= 7:
            out += _S_i.pack(self.leader_epoch)
        if version >= 9:
            write_uvarint(out, len(self.replica_nodes) + 1)
        else:
            out += _S_i.pack(len(self.replica_nodes))
        out += pack(f">{len(self.replica_nodes)}i", *self.replica_nodes)
        if version >= 9:
            write_uvarint(out, len(self.isr_nodes) + 1)
        else:
            out += _S_i.pack(len(self.isr_nodes))
        out += pack(f">{len(self.isr_nodes)}i", *self.isr_nodes)
        if version >= 5:
            if version >= 9:
                write_uvarint(out, len(self.offline_replicas) + 1)
            else:
                out += _S_i.pack(len(self.offline_replicas))
            out += pack(f">{len(self.offline_replicas)}i", *self.offline_replicas)
        if version >= 9:
            out += b"\0"


class MetadataResponseTopic(Message):
    __slots__ = ('error_code', 'name', 'topic_id', 'is_internal', 'partitions', 'topic_authorized_operations', )

    def __init__(
        self,
        error_code: int = 0,
        name: str | None = "",
        topic_id: bytes = ZERO_UUID,
        is_internal: bool = False,
        partitions: list[MetadataResponsePartition] | None = None,
        topic_authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.name = name
        self.topic_id = topic_id
        self.is_internal = is_internal
        self.partitions: list[MetadataResponsePartition] = [] if partitions is None else partitions
        self.topic_authorized_operations = topic_authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MetadataResponseTopic, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 9:
            o.name, pos = read_compact_string_or_none(buf, pos)
        else:
            o.name, pos = read_string_or_none(buf, pos)
        if o.name is None and not version >= 12:
            raise DecodeError("name must not be null")
        if version >= 10:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        if version >= 1:
            o.is_internal, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.is_internal = False
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = MetadataResponsePartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        if version >= 8:
            o.topic_authorized_operations, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.topic_authorized_operations = -2147483648
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 9:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 10:
            out += _S_u.pack(self.topic_id)
        if version >= 1:
            out += _S_Z.pack(self.is_internal)
        if version >= 9:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        if version >= 8:
            out += _S_i.pack(self.topic_authorized_operations)
        if version >= 9:
            out += b"\0"


class MetadataResponse(Message):
    __slots__ = ('throttle_time_ms', 'brokers', 'cluster_id', 'controller_id', 'topics', 'cluster_authorized_operations', 'error_code', )
    API_KEY = 3
    VERSIONS = (0, 13)
    FLEXIBLE = 9

    def __init__(
        self,
        throttle_time_ms: int = 0,
        brokers: list[MetadataResponseBroker] | None = None,
        cluster_id: str | None = None,
        controller_id: int = -1,
        topics: list[MetadataResponseTopic] | None = None,
        cluster_authorized_operations: int = -2147483648,
        error_code: int = 0,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.brokers: list[MetadataResponseBroker] = [] if brokers is None else brokers
        self.cluster_id = cluster_id
        self.controller_id = controller_id
        self.topics: list[MetadataResponseTopic] = [] if topics is None else topics
        self.cluster_authorized_operations = cluster_authorized_operations
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[MetadataResponse, int]:
        o = cls.__new__(cls)
        if version >= 3:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("brokers must not be null")
        else:
            brokers_items = []
            for _ in range(n):
                brokers_item, pos = MetadataResponseBroker.read(buf, pos, version)
                brokers_items.append(brokers_item)
            o.brokers = brokers_items
        if version >= 2:
            if version >= 9:
                o.cluster_id, pos = read_compact_string_or_none(buf, pos)
            else:
                o.cluster_id, pos = read_string_or_none(buf, pos)
        else:
            o.cluster_id = None
        if version >= 1:
            o.controller_id, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.controller_id = -1
        if version >= 9:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = MetadataResponseTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if 8 <= version <= 10:
            o.cluster_authorized_operations, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.cluster_authorized_operations = -2147483648
        if version >= 13:
            o.error_code, = _S_h.unpack_from(buf, pos)
            pos += 2
        else:
            o.error_code = 0
        if version >= 9:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            out += _S_i.pack(self.throttle_time_ms)
        if version >= 9:
            write_uvarint(out, len(self.brokers) + 1)
        else:
            out += _S_i.pack(len(self.brokers))
        for brokers_item in self.brokers:
            brokers_item.write(out, version)
        if version >= 2:
            if version >= 9:
                write_compact_string(out, self.cluster_id)
            else:
                write_string(out, self.cluster_id)
        if version >= 1:
            out += _S_i.pack(self.controller_id)
        if version >= 9:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if 8 <= version <= 10:
            out += _S_i.pack(self.cluster_authorized_operations)
        if version >= 13:
            out += _S_h.pack(self.error_code)
        if version >= 9:
            out += b"\0"

