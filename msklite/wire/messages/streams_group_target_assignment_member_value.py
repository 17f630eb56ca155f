"""Generated from StreamsGroupTargetAssignmentMemberValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")

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


class StreamsGroupTargetAssignmentMemberValue(Message):
    __slots__ = ('active_tasks', 'standby_tasks', 'warmup_tasks', )
    API_KEY = 21
    VERSIONS = (0, 0)
    FLEXIBLE = 0

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
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupTargetAssignmentMemberValue, int]:
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

