"""Generated from FetchRequest.json; see tools/generate_messages.py."""

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
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_tags,
    write_uvarint,
)

_S_i = Struct(">i")
_S_ii = Struct(">ii")
_S_iiib = Struct(">iiib")
_S_iq = Struct(">iq")
_S_q = Struct(">q")
_S_u = Struct(">16s")

class ReplicaState(Message):
    __slots__ = ('replica_id', 'replica_epoch', )

    def __init__(
        self,
        replica_id: int = -1,
        replica_epoch: int = -1,
    ) -> None:
        self.replica_id = replica_id
        self.replica_epoch = replica_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ReplicaState, int]:
        o = cls.__new__(cls)
        o.replica_id, o.replica_epoch = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.replica_id, self.replica_epoch)
        out += b"\0"


DEFAULT_ReplicaState = ReplicaState()


class FetchPartition(Message):
    __slots__ = ('partition', 'current_leader_epoch', 'fetch_offset', 'last_fetched_epoch', 'log_start_offset', 'partition_max_bytes', 'replica_directory_id', 'high_watermark', )

    def __init__(
        self,
        partition: int = 0,
        current_leader_epoch: int = -1,
        fetch_offset: int = 0,
        last_fetched_epoch: int = -1,
        log_start_offset: int = -1,
        partition_max_bytes: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
        high_watermark: int = 9223372036854775807,
    ) -> None:
        self.partition = partition
        self.current_leader_epoch = current_leader_epoch
        self.fetch_offset = fetch_offset
        self.last_fetched_epoch = last_fetched_epoch
        self.log_start_offset = log_start_offset
        self.partition_max_bytes = partition_max_bytes
        self.replica_directory_id = replica_directory_id
        self.high_watermark = high_watermark

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchPartition, int]:
        o = cls.__new__(cls)
        o.replica_directory_id = ZERO_UUID
        o.high_watermark = 9223372036854775807
        o.partition, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 9:
            o.current_leader_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.current_leader_epoch = -1
        o.fetch_offset, = _S_q.unpack_from(buf, pos)
        pos += 8
        if version >= 12:
            o.last_fetched_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.last_fetched_epoch = -1
        if version >= 5:
            o.log_start_offset, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.log_start_offset = -1
        o.partition_max_bytes, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 12:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 17:
                        o.replica_directory_id, = _S_u.unpack_from(buf, pos)
                        pos += 16
                    elif tag == 1 and version >= 18:
                        o.high_watermark, = _S_q.unpack_from(buf, pos)
                        pos += 8
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition)
        if version >= 9:
            out += _S_i.pack(self.current_leader_epoch)
        out += _S_q.pack(self.fetch_offset)
        if version >= 12:
            out += _S_i.pack(self.last_fetched_epoch)
        if version >= 5:
            out += _S_q.pack(self.log_start_offset)
        out += _S_i.pack(self.partition_max_bytes)
        if version >= 12:
            tags: list[tuple[int, bytearray]] = []
            if version >= 17 and self.replica_directory_id != ZERO_UUID:
                part = bytearray()
                part += _S_u.pack(self.replica_directory_id)
                tags.append((0, part))
            if version >= 18 and self.high_watermark != 9223372036854775807:
                part = bytearray()
                part += _S_q.pack(self.high_watermark)
                tags.append((1, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"


class FetchTopic(Message):
    __slots__ = ('topic', 'topic_id', 'partitions', )

    def __init__(
        self,
        topic: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[FetchPartition] | None = None,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions: list[FetchPartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchTopic, int]:
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
                partitions_item, pos = FetchPartition.read(buf, pos, version)
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


class ForgottenTopic(Message):
    __slots__ = ('topic', 'topic_id', 'partitions', )

    def __init__(
        self,
        topic: str = "",
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] | None = None,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ForgottenTopic, int]:
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
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
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
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        if version >= 12:
            out += b"\0"


class FetchRequest(Message):
    __slots__ = ('cluster_id', 'replica_id', 'replica_state', 'max_wait_ms', 'min_bytes', 'max_bytes', 'isolation_level', 'session_id', 'session_epoch', 'topics', 'forgotten_topics_data', 'rack_id', )
    API_KEY = 1
    VERSIONS = (4, 18)
    FLEXIBLE = 12

    def __init__(
        self,
        cluster_id: str | None = None,
        replica_id: int = -1,
        replica_state: ReplicaState = DEFAULT_ReplicaState,
        max_wait_ms: int = 0,
        min_bytes: int = 0,
        max_bytes: int = 2147483647,
        isolation_level: int = 0,
        session_id: int = 0,
        session_epoch: int = -1,
        topics: list[FetchTopic] | None = None,
        forgotten_topics_data: list[ForgottenTopic] | None = None,
        rack_id: str = "",
    ) -> None:
        self.cluster_id = cluster_id
        self.replica_id = replica_id
        self.replica_state = replica_state
        self.max_wait_ms = max_wait_ms
        self.min_bytes = min_bytes
        self.max_bytes = max_bytes
        self.isolation_level = isolation_level
        self.session_id = session_id
        self.session_epoch = session_epoch
        self.topics: list[FetchTopic] = [] if topics is None else topics
        self.forgotten_topics_data: list[ForgottenTopic] = [] if forgotten_topics_data is None else forgotten_topics_data
        self.rack_id = rack_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchRequest, int]:
        o = cls.__new__(cls)
        o.cluster_id = None
        o.replica_state = DEFAULT_ReplicaState
        if version <= 14:
            o.replica_id, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.replica_id = -1
        o.max_wait_ms, o.min_bytes, o.max_bytes, o.isolation_level = _S_iiib.unpack_from(buf, pos)
        pos += 13
        if version >= 7:
            o.session_id, o.session_epoch = _S_ii.unpack_from(buf, pos)
            pos += 8
        else:
            o.session_id = 0
            o.session_epoch = -1
        if version >= 12:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = FetchTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 7:
            if version >= 12:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("forgotten_topics_data must not be null")
            else:
                forgotten_topics_data_items = []
                for _ in range(n):
                    forgotten_topics_data_item, pos = ForgottenTopic.read(buf, pos, version)
                    forgotten_topics_data_items.append(forgotten_topics_data_item)
                o.forgotten_topics_data = forgotten_topics_data_items
        else:
            o.forgotten_topics_data = []
        if version >= 11:
            if version >= 12:
                o.rack_id, pos = read_compact_string(buf, pos)
            else:
                o.rack_id, pos = read_string(buf, pos)
        else:
            o.rack_id = ""
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
                        o.cluster_id, pos = read_compact_string_or_none(buf, pos)
                    elif tag == 1 and version >= 15:
                        o.replica_state, pos = ReplicaState.read(buf, pos, version)
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 14:
            out += _S_i.pack(self.replica_id)
        out += _S_iiib.pack(self.max_wait_ms, self.min_bytes, self.max_bytes, self.isolation_level)
        if version >= 7:
            out += _S_ii.pack(self.session_id, self.session_epoch)
        if version >= 12:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 7:
            if version >= 12:
                write_uvarint(out, len(self.forgotten_topics_data) + 1)
            else:
                out += _S_i.pack(len(self.forgotten_topics_data))
            for forgotten_topics_data_item in self.forgotten_topics_data:
                forgotten_topics_data_item.write(out, version)
        if version >= 11:
            if version >= 12:
                write_compact_string(out, self.rack_id)
            else:
                write_string(out, self.rack_id)
        if version >= 12:
            tags: list[tuple[int, bytearray]] = []
            if version >= 12 and self.cluster_id is not None:
                part = bytearray()
                write_compact_string(part, self.cluster_id)
                tags.append((0, part))
            if version >= 15 and self.replica_state is not DEFAULT_ReplicaState and self.replica_state != DEFAULT_ReplicaState:
                part = bytearray()
                self.replica_state.write(part, version)
                tags.append((1, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"

