"""Generated from StreamsGroupHeartbeatResponse.json; see tools/generate_messages.py."""

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
_S_b = Struct(">b")
_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_iiii = Struct(">iiii")

class Status(Message):
    __slots__ = ('status_code', 'status_detail', )

    def __init__(
        self,
        status_code: int = 0,
        status_detail: str = "",
    ) -> None:
        self.status_code = status_code
        self.status_detail = status_detail

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Status, int]:
        o = cls.__new__(cls)
        o.status_code, = _S_b.unpack_from(buf, pos)
        pos += 1
        o.status_detail, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_b.pack(self.status_code)
        write_compact_string(out, self.status_detail)
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


class TopicPartition(Message):
    __slots__ = ('topic', 'partitions', )

    def __init__(
        self,
        topic: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.topic = topic
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicPartition, int]:
        o = cls.__new__(cls)
        o.topic, pos = read_compact_string(buf, pos)
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
        write_compact_string(out, self.topic)
        write_uvarint(out, len(self.partitions) + 1)
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        out += b"\0"


class EndpointToPartitions(Message):
    __slots__ = ('user_endpoint', 'active_partitions', 'standby_partitions', )

    def __init__(
        self,
        user_endpoint: Endpoint | None = None,
        active_partitions: list[TopicPartition] | None = None,
        standby_partitions: list[TopicPartition] | None = None,
    ) -> None:
        self.user_endpoint: Endpoint = Endpoint() if user_endpoint is None else user_endpoint
        self.active_partitions: list[TopicPartition] = [] if active_partitions is None else active_partitions
        self.standby_partitions: list[TopicPartition] = [] if standby_partitions is None else standby_partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EndpointToPartitions, int]:
        o = cls.__new__(cls)
        o.user_endpoint, pos = Endpoint.read(buf, pos, version)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("active_partitions must not be null")
        else:
            active_partitions_items = []
            for _ in range(n):
                active_partitions_item, pos = TopicPartition.read(buf, pos, version)
                active_partitions_items.append(active_partitions_item)
            o.active_partitions = active_partitions_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("standby_partitions must not be null")
        else:
            standby_partitions_items = []
            for _ in range(n):
                standby_partitions_item, pos = TopicPartition.read(buf, pos, version)
                standby_partitions_items.append(standby_partitions_item)
            o.standby_partitions = standby_partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        self.user_endpoint.write(out, version)
        write_uvarint(out, len(self.active_partitions) + 1)
        for active_partitions_item in self.active_partitions:
            active_partitions_item.write(out, version)
        write_uvarint(out, len(self.standby_partitions) + 1)
        for standby_partitions_item in self.standby_partitions:
            standby_partitions_item.write(out, version)
        out += b"\0"


class StreamsGroupHeartbeatResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'member_id', 'member_epoch', 'heartbeat_interval_ms', 'acceptable_recovery_lag', 'task_offset_interval_ms', 'status', 'active_tasks', 'standby_tasks', 'warmup_tasks', 'endpoint_information_epoch', 'partitions_by_user_endpoint', )
    API_KEY = 88
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        member_id: str = "",
        member_epoch: int = 0,
        heartbeat_interval_ms: int = 0,
        acceptable_recovery_lag: int = 0,
        task_offset_interval_ms: int = 0,
        status: list[Status] | None = None,
        active_tasks: list[TaskIds] | None = None,
        standby_tasks: list[TaskIds] | None = None,
        warmup_tasks: list[TaskIds] | None = None,
        endpoint_information_epoch: int = 0,
        partitions_by_user_endpoint: list[EndpointToPartitions] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.heartbeat_interval_ms = heartbeat_interval_ms
        self.acceptable_recovery_lag = acceptable_recovery_lag
        self.task_offset_interval_ms = task_offset_interval_ms
        self.status: list[Status] | None = [] if status is None else status
        self.active_tasks = active_tasks
        self.standby_tasks = standby_tasks
        self.warmup_tasks = warmup_tasks
        self.endpoint_information_epoch = endpoint_information_epoch
        self.partitions_by_user_endpoint = partitions_by_user_endpoint

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupHeartbeatResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        o.member_id, pos = read_compact_string(buf, pos)
        o.member_epoch, o.heartbeat_interval_ms, o.acceptable_recovery_lag, o.task_offset_interval_ms = _S_iiii.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.status = None
        else:
            status_items = []
            for _ in range(n):
                status_item, pos = Status.read(buf, pos, version)
                status_items.append(status_item)
            o.status = status_items
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
        o.endpoint_information_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.partitions_by_user_endpoint = None
        else:
            partitions_by_user_endpoint_items = []
            for _ in range(n):
                partitions_by_user_endpoint_item, pos = EndpointToPartitions.read(buf, pos, version)
                partitions_by_user_endpoint_items.append(partitions_by_user_endpoint_item)
            o.partitions_by_user_endpoint = partitions_by_user_endpoint_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_compact_string(out, self.error_message)
        write_compact_string(out, self.member_id)
        out += _S_iiii.pack(self.member_epoch, self.heartbeat_interval_ms, self.acceptable_recovery_lag, self.task_offset_interval_ms)
        if self.status is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.status) + 1)
            for status_item in self.status:
                status_item.write(out, version)
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
        out += _S_i.pack(self.endpoint_information_epoch)
        if self.partitions_by_user_endpoint is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.partitions_by_user_endpoint) + 1)
            for partitions_by_user_endpoint_item in self.partitions_by_user_endpoint:
                partitions_by_user_endpoint_item.write(out, version)
        out += b"\0"

