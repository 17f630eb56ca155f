"""Generated from ConsumerGroupDescribeResponse.json; see tools/generate_messages.py."""

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

_S_b = Struct(">b")
_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ii = Struct(">ii")
_S_u = Struct(">16s")

class TopicPartitions(Message):
    __slots__ = ('topic_id', 'topic_name', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        topic_name: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.topic_name = topic_name
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicPartitions, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        o.topic_name, pos = read_compact_string(buf, pos)
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
        out += _S_u.pack(self.topic_id)
        write_compact_string(out, self.topic_name)
        write_uvarint(out, len(self.partitions) + 1)
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        out += b"\0"


class Assignment(Message):
    __slots__ = ('topic_partitions', )

    def __init__(
        self,
        topic_partitions: list[TopicPartitions] | None = None,
    ) -> None:
        self.topic_partitions: list[TopicPartitions] = [] if topic_partitions is None else topic_partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Assignment, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topic_partitions must not be null")
        else:
            topic_partitions_items = []
            for _ in range(n):
                topic_partitions_item, pos = TopicPartitions.read(buf, pos, version)
                topic_partitions_items.append(topic_partitions_item)
            o.topic_partitions = topic_partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.topic_partitions) + 1)
        for topic_partitions_item in self.topic_partitions:
            topic_partitions_item.write(out, version)
        out += b"\0"


class Member(Message):
    __slots__ = ('member_id', 'instance_id', 'rack_id', 'member_epoch', 'client_id', 'client_host', 'subscribed_topic_names', 'subscribed_topic_regex', 'assignment', 'target_assignment', 'member_type', )

    def __init__(
        self,
        member_id: str = "",
        instance_id: str | None = None,
        rack_id: str | None = None,
        member_epoch: int = 0,
        client_id: str = "",
        client_host: str = "",
        subscribed_topic_names: list[str] | None = None,
        subscribed_topic_regex: str | None = None,
        assignment: Assignment | None = None,
        target_assignment: Assignment | None = None,
        member_type: int = -1,
    ) -> None:
        self.member_id = member_id
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.member_epoch = member_epoch
        self.client_id = client_id
        self.client_host = client_host
        self.subscribed_topic_names: list[str] = [] if subscribed_topic_names is None else subscribed_topic_names
        self.subscribed_topic_regex = subscribed_topic_regex
        self.assignment: Assignment = Assignment() if assignment is None else assignment
        self.target_assignment: Assignment = Assignment() if target_assignment is None else target_assignment
        self.member_type = member_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Member, int]:
        o = cls.__new__(cls)
        o.member_id, pos = read_compact_string(buf, pos)
        o.instance_id, pos = read_compact_string_or_none(buf, pos)
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        o.member_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.client_id, pos = read_compact_string(buf, pos)
        o.client_host, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("subscribed_topic_names must not be null")
        else:
            subscribed_topic_names_items = []
            for _ in range(n):
                subscribed_topic_names_item, pos = read_compact_string(buf, pos)
                subscribed_topic_names_items.append(subscribed_topic_names_item)
            o.subscribed_topic_names = subscribed_topic_names_items
        o.subscribed_topic_regex, pos = read_compact_string_or_none(buf, pos)
        o.assignment, pos = Assignment.read(buf, pos, version)
        o.target_assignment, pos = Assignment.read(buf, pos, version)
        if version >= 1:
            o.member_type, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.member_type = -1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.member_id)
        write_compact_string(out, self.instance_id)
        write_compact_string(out, self.rack_id)
        out += _S_i.pack(self.member_epoch)
        write_compact_string(out, self.client_id)
        write_compact_string(out, self.client_host)
        write_uvarint(out, len(self.subscribed_topic_names) + 1)
        for subscribed_topic_names_item in self.subscribed_topic_names:
            write_compact_string(out, subscribed_topic_names_item)
        write_compact_string(out, self.subscribed_topic_regex)
        self.assignment.write(out, version)
        self.target_assignment.write(out, version)
        if version >= 1:
            out += _S_b.pack(self.member_type)
        out += b"\0"


class DescribedGroup(Message):
    __slots__ = ('error_code', 'error_message', 'group_id', 'group_state', 'group_epoch', 'assignment_epoch', 'assignor_name', 'members', 'authorized_operations', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = None,
        group_id: str = "",
        group_state: str = "",
        group_epoch: int = 0,
        assignment_epoch: int = 0,
        assignor_name: str = "",
        members: list[Member] | None = None,
        authorized_operations: int = -2147483648,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.group_id = group_id
        self.group_state = group_state
        self.group_epoch = group_epoch
        self.assignment_epoch = assignment_epoch
        self.assignor_name = assignor_name
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
        o.assignor_name, pos = read_compact_string(buf, pos)
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
        write_compact_string(out, self.assignor_name)
        write_uvarint(out, len(self.members) + 1)
        for members_item in self.members:
            members_item.write(out, version)
        out += _S_i.pack(self.authorized_operations)
        out += b"\0"


class ConsumerGroupDescribeResponse(Message):
    __slots__ = ('throttle_time_ms', 'groups', )
    API_KEY = 69
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        groups: list[DescribedGroup] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.groups: list[DescribedGroup] = [] if groups is None else groups

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupDescribeResponse, int]:
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

