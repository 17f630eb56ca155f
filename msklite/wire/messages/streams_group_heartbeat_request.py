"""Generated from StreamsGroupHeartbeatRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
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
_S_Z = Struct(">?")
_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_ii = Struct(">ii")
_S_iq = Struct(">iq")

class KeyValue(Message):
    __slots__ = ('key', 'value', )

    def __init__(
        self,
        key: str = "",
        value: str = "",
    ) -> None:
        self.key = key
        self.value = value

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[KeyValue, int]:
        o = cls.__new__(cls)
        o.key, pos = read_compact_string(buf, pos)
        o.value, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.key)
        write_compact_string(out, self.value)
        out += b"\0"


class TopicInfo(Message):
    __slots__ = ('name', 'partitions', 'replication_factor', 'topic_configs', )

    def __init__(
        self,
        name: str = "",
        partitions: int = 0,
        replication_factor: int = 0,
        topic_configs: list[KeyValue] | None = None,
    ) -> None:
        self.name = name
        self.partitions = partitions
        self.replication_factor = replication_factor
        self.topic_configs: list[KeyValue] = [] if topic_configs is None else topic_configs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicInfo, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.partitions, o.replication_factor = _S_ih.unpack_from(buf, pos)
        pos += 6
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topic_configs must not be null")
        else:
            topic_configs_items = []
            for _ in range(n):
                topic_configs_item, pos = KeyValue.read(buf, pos, version)
                topic_configs_items.append(topic_configs_item)
            o.topic_configs = topic_configs_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_ih.pack(self.partitions, self.replication_factor)
        write_uvarint(out, len(self.topic_configs) + 1)
        for topic_configs_item in self.topic_configs:
            topic_configs_item.write(out, version)
        out += b"\0"


class CopartitionGroup(Message):
    __slots__ = ('source_topics', 'source_topic_regex', 'repartition_source_topics', )

    def __init__(
        self,
        source_topics: list[int] | None = None,
        source_topic_regex: list[int] | None = None,
        repartition_source_topics: list[int] | None = None,
    ) -> None:
        self.source_topics: list[int] = [] if source_topics is None else source_topics
        self.source_topic_regex: list[int] = [] if source_topic_regex is None else source_topic_regex
        self.repartition_source_topics: list[int] = [] if repartition_source_topics is None else repartition_source_topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CopartitionGroup, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topics must not be null")
        else:
            o.source_topics = list(unpack_from(f">{n}h", buf, pos))
            pos += 2 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topic_regex must not be null")
        else:
            o.source_topic_regex = list(unpack_from(f">{n}h", buf, pos))
            pos += 2 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("repartition_source_topics must not be null")
        else:
            o.repartition_source_topics = list(unpack_from(f">{n}h", buf, pos))
            pos += 2 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.source_topics) + 1)
        out += pack(f">{len(self.source_topics)}h", *self.source_topics)
        write_uvarint(out, len(self.source_topic_regex) + 1)
        out += pack(f">{len(self.source_topic_regex)}h", *self.source_topic_regex)
        write_uvarint(out, len(self.repartition_source_topics) + 1)
        out += pack(f">{len(self.repartition_source_topics)}h", *self.repartition_source_topics)
        out += b"\0"


class Subtopology(Message):
    __slots__ = ('subtopology_id', 'source_topics', 'source_topic_regex', 'state_changelog_topics', 'repartition_sink_topics', 'repartition_source_topics', 'copartition_groups', )

    def __init__(
        self,
        subtopology_id: str = "",
        source_topics: list[str] | None = None,
        source_topic_regex: list[str] | None = None,
        state_changelog_topics: list[TopicInfo] | None = None,
        repartition_sink_topics: list[str] | None = None,
        repartition_source_topics: list[TopicInfo] | None = None,
        copartition_groups: list[CopartitionGroup] | None = None,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.source_topics: list[str] = [] if source_topics is None else source_topics
        self.source_topic_regex: list[str] = [] if source_topic_regex is None else source_topic_regex
        self.state_changelog_topics: list[TopicInfo] = [] if state_changelog_topics is None else state_changelog_topics
        self.repartition_sink_topics: list[str] = [] if repartition_sink_topics is None else repartition_sink_topics
        self.repartition_source_topics: list[TopicInfo] = [] if repartition_source_topics is None else repartition_source_topics
        self.copartition_groups: list[CopartitionGroup] = [] if copartition_groups is None else copartition_groups

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Subtopology, int]:
        o = cls.__new__(cls)
        o.subtopology_id, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topics must not be null")
        else:
            source_topics_items = []
            for _ in range(n):
                source_topics_item, pos = read_compact_string(buf, pos)
                source_topics_items.append(source_topics_item)
            o.source_topics = source_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topic_regex must not be null")
        else:
            source_topic_regex_items = []
            for _ in range(n):
                source_topic_regex_item, pos = read_compact_string(buf, pos)
                source_topic_regex_items.append(source_topic_regex_item)
            o.source_topic_regex = source_topic_regex_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("state_changelog_topics must not be null")
        else:
            state_changelog_topics_items = []
            for _ in range(n):
                state_changelog_topics_item, pos = TopicInfo.read(buf, pos, version)
                state_changelog_topics_items.append(state_changelog_topics_item)
            o.state_changelog_topics = state_changelog_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("repartition_sink_topics must not be null")
        else:
            repartition_sink_topics_items = []
            for _ in range(n):
                repartition_sink_topics_item, pos = read_compact_string(buf, pos)
                repartition_sink_topics_items.append(repartition_sink_topics_item)
            o.repartition_sink_topics = repartition_sink_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("repartition_source_topics must not be null")
        else:
            repartition_source_topics_items = []
            for _ in range(n):
                repartition_source_topics_item, pos = TopicInfo.read(buf, pos, version)
                repartition_source_topics_items.append(repartition_source_topics_item)
            o.repartition_source_topics = repartition_source_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("copartition_groups must not be null")
        else:
            copartition_groups_items = []
            for _ in range(n):
                copartition_groups_item, pos = CopartitionGroup.read(buf, pos, version)
                copartition_groups_items.append(copartition_groups_item)
            o.copartition_groups = copartition_groups_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.subtopology_id)
        write_uvarint(out, len(self.source_topics) + 1)
        for source_topics_item in self.source_topics:
            write_compact_string(out, source_topics_item)
        write_uvarint(out, len(self.source_topic_regex) + 1)
        for source_topic_regex_item in self.source_topic_regex:
            write_compact_string(out, source_topic_regex_item)
        write_uvarint(out, len(self.state_changelog_topics) + 1)
        for state_changelog_topics_item in self.state_changelog_topics:
            state_changelog_topics_item.write(out, version)
        write_uvarint(out, len(self.repartition_sink_topics) + 1)
        for repartition_sink_topics_item in self.repartition_sink_topics:
            write_compact_string(out, repartition_sink_topics_item)
        write_uvarint(out, len(self.repartition_source_topics) + 1)
        for repartition_source_topics_item in self.repartition_source_topics:
            repartition_source_topics_item.write(out, version)
        write_uvarint(out, len(self.copartition_groups) + 1)
        for copartition_groups_item in self.copartition_groups:
            copartition_groups_item.write(out, version)
        out += b"\0"


class Topology(Message):
    __slots__ = ('epoch', 'subtopologies', )

    def __init__(
        self,
        epoch: int = 0,
        subtopologies: list[Subtopology] | None = None,
    ) -> None:
        self.epoch = epoch
        self.subtopologies: list[Subtopology] = [] if subtopologies is None else subtopologies

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Topology, int]:
        o = cls.__new__(cls)
        o.epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("subtopologies must not be null")
        else:
            subtopologies_items = []
            for _ in range(n):
                subtopologies_item, pos = Subtopology.read(buf, pos, version)
                subtopologies_items.append(subtopologies_item)
            o.subtopologies = subtopologies_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.epoch)
        write_uvarint(out, len(self.subtopologies) + 1)
        for subtopologies_item in self.subtopologies:
            subtopologies_item.write(out, version)
        out += b"\0"


class TaskIds(Message):
    __slots__ = ('subtopology_id', 'partitions', )

    def __init__(
        self,
        subtopology_id: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TaskIds, int]:
        o = cls.__new__(cls)
        o.subtopology_id, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.subtopology_id)
        write_uvarint(out, len(self.partitions) + 1)
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        out += b"\0"


class Endpoint(Message):
    __slots__ = ('host', 'port', )

    def __init__(
        self,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.host = host
        self.port = port

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Endpoint, int]:
        o = cls.__new__(cls)
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
        write_compact_string(out, self.host)
        out += _S_H.pack(self.port)
        out += b"\0"


class TaskOffset(Message):
    __slots__ = ('subtopology_id', 'partition', 'offset', )

    def __init__(
        self,
        subtopology_id: str = "",
        partition: int = 0,
        offset: int = 0,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.partition = partition
        self.offset = offset

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TaskOffset, int]:
        o = cls.__new__(cls)
        o.subtopology_id, pos = read_compact_string(buf, pos)
        o.partition, o.offset = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.subtopology_id)
        out += _S_iq.pack(self.partition, self.offset)
        out += b"\0"


class StreamsGroupHeartbeatRequest(Message):
    __slots__ = ('group_id', 'member_id', 'member_epoch', 'endpoint_information_epoch', 'instance_id', 'rack_id', 'rebalance_timeout_ms', 'topology', 'active_tasks', 'standby_tasks', 'warmup_tasks', 'process_id', 'user_endpoint', 'client_tags', 'task_offsets', 'task_end_offsets', 'shutdown_application', )
    API_KEY = 88
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        member_epoch: int = 0,
        endpoint_information_epoch: int = 0,
        instance_id: str | None = None,
        rack_id: str | None = None,
        rebalance_timeout_ms: int = -1,
        topology: Topology | None = None,
        active_tasks: list[TaskIds] | None = None,
        standby_tasks: list[TaskIds] | None = None,
        warmup_tasks: list[TaskIds] | None = None,
        process_id: str | None = None,
        user_endpoint: Endpoint | None = None,
        client_tags: list[KeyValue] | None = None,
        task_offsets: list[TaskOffset] | None = None,
        task_end_offsets: list[TaskOffset] | None = None,
        shutdown_application: bool = False,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.endpoint_information_epoch = endpoint_information_epoch
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.topology = topology
        self.active_tasks = active_tasks
        self.standby_tasks = standby_tasks
        self.warmup_tasks = warmup_tasks
        self.process_id = process_id
        self.user_endpoint = user_endpoint
        self.client_tags = client_tags
        self.task_offsets = task_offsets
        self.task_end_offsets = task_end_offsets
        self.shutdown_application = shutdown_application

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupHeartbeatRequest, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string(buf, pos)
        o.member_id, pos = read_compact_string(buf, pos)
        o.member_epoch, o.endpoint_information_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        o.instance_id, pos = read_compact_string_or_none(buf, pos)
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        o.rebalance_timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        pos += 1
        if pos > len(buf):
            raise DecodeError("a struct runs past the end")
        if buf[pos - 1] == 255:
            o.topology = None
        else:
            o.topology, pos = Topology.read(buf, pos, version)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.active_tasks = None
        else:
            active_tasks_items = []
            for _ in range(n):
                active_tasks_item, pos = TaskIds.read(buf, pos, version)
                active_tasks_items.append(active_tasks_item)
            o.active_tasks = active_tasks_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.standby_tasks = None
        else:
            standby_tasks_items = []
            for _ in range(n):
                standby_tasks_item, pos = TaskIds.read(buf, pos, version)
                standby_tasks_items.append(standby_tasks_item)
            o.standby_tasks = standby_tasks_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.warmup_tasks = None
        else:
            warmup_tasks_items = []
            for _ in range(n):
                warmup_tasks_item, pos = TaskIds.read(buf, pos, version)
                warmup_tasks_items.append(warmup_tasks_item)
            o.warmup_tasks = warmup_tasks_items
        o.process_id, pos = read_compact_string_or_none(buf, pos)
        pos += 1
        if pos > len(buf):
            raise DecodeError("a struct runs past the end")
        if buf[pos - 1] == 255:
            o.user_endpoint = None
        else:
            o.user_endpoint, pos = Endpoint.read(buf, pos, version)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.client_tags = None
        else:
            client_tags_items = []
            for _ in range(n):
                client_tags_item, pos = KeyValue.read(buf, pos, version)
                client_tags_items.append(client_tags_item)
            o.client_tags = client_tags_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.task_offsets = None
        else:
            task_offsets_items = []
            for _ in range(n):
                task_offsets_item, pos = TaskOffset.read(buf, pos, version)
                task_offsets_items.append(task_offsets_item)
            o.task_offsets = task_offsets_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.task_end_offsets = None
        else:
            task_end_offsets_items = []
            for _ in range(n):
                task_end_offsets_item, pos = TaskOffset.read(buf, pos, version)
                task_end_offsets_items.append(task_end_offsets_item)
            o.task_end_offsets = task_end_offsets_items
        o.shutdown_application, = _S_Z.unpack_from(buf, pos)
        pos += 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.group_id)
        write_compact_string(out, self.member_id)
        out += _S_ii.pack(self.member_epoch, self.endpoint_information_epoch)
        write_compact_string(out, self.instance_id)
        write_compact_string(out, self.rack_id)
        out += _S_i.pack(self.rebalance_timeout_ms)
        if self.topology is None:
            out += b"\xff"
        else:
            out += b"\x01"
            self.topology.write(out, version)
        if self.active_tasks is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.active_tasks) + 1)
            for active_tasks_item in self.active_tasks:
                active_tasks_item.write(out, version)
        if self.standby_tasks is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.standby_tasks) + 1)
            for standby_tasks_item in self.standby_tasks:
                standby_tasks_item.write(out, version)
        if self.warmup_tasks is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.warmup_tasks) + 1)
            for warmup_tasks_item in self.warmup_tasks:
                warmup_tasks_item.write(out, version)
        write_compact_string(out, self.process_id)
        if self.user_endpoint is None:
            out += b"\xff"
        else:
            out += b"\x01"
            self.user_endpoint.write(out, version)
        if self.client_tags is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.client_tags) + 1)
            for client_tags_item in self.client_tags:
                client_tags_item.write(out, version)
        if self.task_offsets is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.task_offsets) + 1)
            for task_offsets_item in self.task_offsets:
                task_offsets_item.write(out, version)
        if self.task_end_offsets is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.task_end_offsets) + 1)
            for task_end_offsets_item in self.task_end_offsets:
                task_end_offsets_item.write(out, version)
        out += _S_Z.pack(self.shutdown_application)
        out += b"\0"

