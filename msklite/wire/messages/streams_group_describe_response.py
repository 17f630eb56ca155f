"""Generated from StreamsGroupDescribeResponse.json; see tools/generate_messages.py."""

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
_S_h = Struct(">h")
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


class Subtopology(Message):
    __slots__ = ('subtopology_id', 'source_topics', 'repartition_sink_topics', 'state_changelog_topics', 'repartition_source_topics', )

    def __init__(
        self,
        subtopology_id: str = "",
        source_topics: list[str] | None = None,
        repartition_sink_topics: list[str] | None = None,
        state_changelog_topics: list[TopicInfo] | None = None,
        repartition_source_topics: list[TopicInfo] | None = None,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.source_topics: list[str] = [] if source_topics is None else source_topics
        self.repartition_sink_topics: list[str] = [] if repartition_sink_topics is None else repartition_sink_topics
        self.state_changelog_topics: list[TopicInfo] = [] if state_changelog_topics is None else state_changelog_topics
        self.repartition_source_topics: list[TopicInfo] = [] if repartition_source_topics is None else repartition_source_topics

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
            raise DecodeError("repartition_sink_topics must not be null")
        else:
            repartition_sink_topics_items = []
            for _ in range(n):
                repartition_sink_topics_item, pos = read_compact_string(buf, pos)
                repartition_sink_topics_items.append(repartition_sink_topics_item)
            o.repartition_sink_topics = repartition_sink_topics_items
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
            raise DecodeError("repartition_source_topics must not be null")
        else:
            repartition_source_topics_items = []
            for _ in range(n):
                repartition_source_topics_item, pos = TopicInfo.read(buf, pos, version)
                repartition_source_topics_items.append(repartition_source_topics_item)
            o.repartition_source_topics = repartition_source_topics_items
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
        write_uvarint(out, len(self.repartition_sink_topics) + 1)
        for repartition_sink_topics_item in self.repartition_sink_topics:
            write_compact_string(out, repartition_sink_topics_item)
        write_uvarint(out, len(self.state_changelog_topics) + 1)
        for state_changelog_topics_item in self.state_changelog_topics:
            state_changelog_topics_item.write(out, version)
        write_uvarint(out, len(self.repartition_source_topics) + 1)
        for repartition_source_topics_item in self.repartition_source_topics:
            repartition_source_topics_item.write(out, version)
        out += b"\0"


class Topology(Message):
    __slots__ = ('epoch', 'subtopologies', )

    def __init__(
        self,
        epoch: int = 0,
        subtopologies: list[Subtopology] | None = None,
    ) -> None:
        self.epoch = epoch
        self.subtopologies = subtopologies

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Topology, int]:
        o = cls.__new__(cls)
        o.epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.subtopologies = None
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
        if self.subtopologies is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.subtopologies) + 1)
            for subtopologies_item in self.subtopologies:
                subtopologies_item.write(out, version)
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


class Assignment(Message):
    __slots__ = ('active_tasks', 'standby_tasks', 'warmup_tasks', )

    def __init__(
        self,
        active_tasks: list[TaskIds] | None = None,
        standby_tasks: list[TaskIds] | None = None,
        warmup_tasks: list[TaskIds] | None = None,
    ) -> None:
        self.active_tasks: list[TaskIds] = [] if active_tasks is None else active_tasks
        self.standby_tasks: list[TaskIds] = [] if standby_tasks is None else standby_tasks
        self.warmup_tasks: list[TaskIds] = [] if warmup_tasks is None else warmup_tasks

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Assignment, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("active_tasks must not be null")
        else:
            active_tasks_items = []
            for _ in range(n):
                active_tasks_item, pos = TaskIds.read(buf, pos, version)
                active_tasks_items.append(active_tasks_item)
            o.active_tasks = active_tasks_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("standby_tasks must not be null")
        else:
            standby_tasks_items = []
            for _ in range(n):
                standby_tasks_item, pos = TaskIds.read(buf, pos, version)
                standby_tasks_items.append(standby_tasks_item)
            o.standby_tasks = standby_tasks_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("warmup_tasks must not be null")
        else:
            warmup_tasks_items = []
            for _ in range(n):
                warmup_tasks_item, pos = TaskIds.read(buf, pos, version)
                warmup_tasks_items.append(warmup_tasks_item)
            o.warmup_tasks = warmup_tasks_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.active_tasks) + 1)
        for active_tasks_item in self.active_tasks:
            active_tasks_item.write(out, version)
        write_uvarint(out, len(self.standby_tasks) + 1)
        for standby_tasks_item in self.standby_tasks:
            standby_tasks_item.write(out, version)
        write_uvarint(out, len(self.warmup_tasks) + 1)
        for warmup_tasks_item in self.warmup_tasks:
            warmup_tasks_item.write(out, version)
        out += b"\0"


class Member(Message):
    __slots__ = ('member_id', 'member_epoch', 'instance_id', 'rack_id', 'client_id', 'client_host', 'topology_epoch', 'process_id', 'user_endpoint', 'client_tags', 'task_offsets', 'task_end_offsets', 'assignment', 'target_assignment', 'is_classic', )

    def __init__(
        self,
        member_id: str = "",
        member_epoch: int = 0,
        instance_id: str | None = None,
        rack_id: str | None = None,
        client_id: str = "",
        client_host: str = "",
        topology_epoch: int = 0,
        process_id: str = "",
        user_endpoint: Endpoint | None = None,
        client_tags: list[KeyValue] | None = None,
        task_offsets: list[TaskOffset] | None = None,
        task_end_offsets: list[TaskOffset] | None = None,
        assignment: Assignment | None = None,
        target_assignment: Assignment | None = None,
        is_classic: bool = False,
    ) -> None:
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.topology_epoch = topology_epoch
        self.process_id = process_id
        self.user_endpoint = user_endpoint
        self.client_tags: list[KeyValue] = [] if client_tags is None else client_tags
        self.task_offsets: list[TaskOffset] = [] if task_offsets is None else task_offsets
        self.task_end_offsets: list[TaskOffset] = [] if task_end_offsets is None else task_end_offsets
        self.assignment: Assignment = Assignment() if assignment is None else assignment
        self.target_assignment: Assignment = Assignment() if target_assignment is None else target_assignment
        self.is_classic = is_classic

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Member, int]:
        o = cls.__new__(cls)
        o.member_id, pos = read_compact_string(buf, pos)
        o.member_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.instance_id, pos = read_compact_string_or_none(buf, pos)
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        o.client_id, pos = read_compact_string(buf, pos)
        o.client_host, pos = read_compact_string(buf, pos)
        o.topology_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.process_id, pos = read_compact_string(buf, pos)
        pos += 1
        if pos > len(buf):
            raise DecodeError("a struct runs past the end")
        if buf[pos - 1] == 255:
            o.user_endpoint = None
        else:
            o.user_endpoint, pos = Endpoint.read(buf, pos, version)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("client_tags must not be null")
        else:
            client_tags_items = []
            for _ in range(n):
                client_tags_item, pos = KeyValue.read(buf, pos, version)
                client_tags_items.append(client_tags_item)
            o.client_tags = client_tags_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("task_offsets must not be null")
        else:
            task_offsets_items = []
            for _ in range(n):
                task_offsets_item, pos = TaskOffset.read(buf, pos, version)
                task_offsets_items.append(task_offsets_item)
            o.task_offsets = task_offsets_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("task_end_offsets must not be null")
        else:
            task_end_offsets_items = []
            for _ in range(n):
                task_end_offsets_item, pos = TaskOffset.read(buf, pos, version)
                task_end_offsets_items.append(task_end_offsets_item)
            o.task_end_offsets = task_end_offsets_items
        o.assignment, pos = Assignment.read(buf, pos, version)
        o.target_assignment, pos = Assignment.read(buf, pos, version)
        o.is_classic, = _S_Z.unpack_from(buf, pos)
        pos += 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.member_id)
        out += _S_i.pack(self.member_epoch)
        write_compact_string(out, self.instance_id)
        write_compact_string(out, self.rack_id)
        write_compact_string(out, self.client_id)
        write_compact_string(out, self.client_host)
        out += _S_i.pack(self.topology_epoch)
        write_compact_string(out, self.process_id)
        if self.user_endpoint is None:
            out += b"\xff"
        else:
            out += b"\x01"
            self.user_endpoint.write(out, version)
        write_uvarint(out, len(self.client_tags) + 1)
        for client_tags_item in self.client_tags:
            client_tags_item.write(out, version)
        write_uvarint(out, len(self.task_offsets) + 1)
        for task_offsets_item in self.task_offsets:
            task_offsets_item.write(out, version)
        write_uvarint(out, len(self.task_end_offsets) + 1)
        for task_end_offsets_item in self.task_end_offsets:
            task_end_offsets_item.write(out, version)
        self.assignment.write(out, version)
        self.target_assignment.write(out, version)
        out += _S_Z.pack(self.is_classic)
        out += b"\0"


class DescribedGroup(Message):
    __slots__ = ('error_code', 'error_message', 'group_id', 'group_state', 'group_epoch', 'assignment_epoch', 'topology', 'members', 'authorized_operations', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = None,
        group_id: str = "",
        group_state: str = "",
        group_epoch: int = 0,
        assignment_epoch: int = 0,
        topology: Topology | None = None,
        members: list[Member] | None = None,
        authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.group_id = group_id
        self.group_state = group_state
        self.group_epoch = group_epoch
        self.assignment_epoch = assignment_epoch
        self.topology = topology
        self.members: list[Member] = [] if members is None else members
        self.authorized_operations = authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribedGroup, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        o.group_id, pos = read_compact_string(buf, pos)
        o.group_state, pos = read_compact_string(buf, pos)
        o.group_epoch, o.assignment_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        pos += 1
        if pos > len(buf):
            raise DecodeError("a struct runs past the end")
        if buf[pos - 1] == 255:
            o.topology = None
        else:
            o.topology, pos = Topology.read(buf, pos, version)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("members must not be null")
        else:
            members_items = []
            for _ in range(n):
                members_item, pos = Member.read(buf, pos, version)
                members_items.append(members_item)
            o.members = members_items
        o.authorized_operations, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        write_compact_string(out, self.error_message)
        write_compact_string(out, self.group_id)
        write_compact_string(out, self.group_state)
        out += _S_ii.pack(self.group_epoch, self.assignment_epoch)
        if self.topology is None:
            out += b"\xff"
        else:
            out += b"\x01"
            self.topology.write(out, version)
        write_uvarint(out, len(self.members) + 1)
        for members_item in self.members:
            members_item.write(out, version)
        out += _S_i.pack(self.authorized_operations)
        out += b"\0"


class StreamsGroupDescribeResponse(Message):
    __slots__ = ('throttle_time_ms', 'groups', )
    API_KEY = 89
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        groups: list[DescribedGroup] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.groups: list[DescribedGroup] = [] if groups is None else groups

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupDescribeResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("groups must not be null")
        else:
            groups_items = []
            for _ in range(n):
                groups_item, pos = DescribedGroup.read(buf, pos, version)
                groups_items.append(groups_item)
            o.groups = groups_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        write_uvarint(out, len(self.groups) + 1)
        for groups_item in self.groups:
            groups_item.write(out, version)
        out += b"\0"

