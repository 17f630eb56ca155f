"""Generated from StreamsGroupCurrentMemberAssignmentValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_tags,
    write_uvarint,
)

_S_i = Struct(">i")
_S_iib = Struct(">iib")

class TaskIds(Message):
    __slots__ = ('subtopology_id', 'partitions', 'assignment_epochs', )

    def __init__(
        self,
        subtopology_id: str = "",
        partitions: list[int] | None = None,
        assignment_epochs: list[int] | None = None,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.partitions: list[int] = [] if partitions is None else partitions
        self.assignment_epochs: list[int] | None = [] if assignment_epochs is None else assignment_epochs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TaskIds, int]:
        o = cls.__new__(cls)
        o.assignment_epochs = []
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
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.assignment_epochs = None
                    else:
                        o.assignment_epochs = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.subtopology_id)
        write_uvarint(out, len(self.partitions) + 1)
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        tags: list[tuple[int, bytearray]] = []
        if self.assignment_epochs != []:
            part = bytearray()
            if self.assignment_epochs is None:
                part += b"\0"
            else:
                write_uvarint(part, len(self.assignment_epochs) + 1)
                part += pack(f">{len(self.assignment_epochs)}i", *self.assignment_epochs)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"


class StreamsGroupCurrentMemberAssignmentValue(Message):
    __slots__ = ('member_epoch', 'previous_member_epoch', 'state', 'active_tasks', 'standby_tasks', 'warmup_tasks', 'active_tasks_pending_revocation', 'standby_tasks_pending_revocation', 'warmup_tasks_pending_revocation', )
    API_KEY = 22
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        member_epoch: int = 0,
        previous_member_epoch: int = 0,
        state: int = 0,
        active_tasks: list[TaskIds] | None = None,
        standby_tasks: list[TaskIds] | None = None,
        warmup_tasks: list[TaskIds] | None = None,
        active_tasks_pending_revocation: list[TaskIds] | None = None,
        standby_tasks_pending_revocation: list[TaskIds] | None = None,
        warmup_tasks_pending_revocation: list[TaskIds] | None = None,
    ) -> None:
        self.member_epoch = member_epoch
        self.previous_member_epoch = previous_member_epoch
        self.state = state
        self.active_tasks: list[TaskIds] = [] if active_tasks is None else active_tasks
        self.standby_tasks: list[TaskIds] = [] if standby_tasks is None else standby_tasks
        self.warmup_tasks: list[TaskIds] = [] if warmup_tasks is None else warmup_tasks
        self.active_tasks_pending_revocation: list[TaskIds] = [] if active_tasks_pending_revocation is None else active_tasks_pending_revocation
        self.standby_tasks_pending_revocation: list[TaskIds] = [] if standby_tasks_pending_revocation is None else standby_tasks_pending_revocation
        self.warmup_tasks_pending_revocation: list[TaskIds] = [] if warmup_tasks_pending_revocation is None else warmup_tasks_pending_revocation

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupCurrentMemberAssignmentValue, int]:
        o = cls.__new__(cls)
        o.member_epoch, o.previous_member_epoch, o.state = _S_iib.unpack_from(buf, pos)
        pos += 9
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
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("active_tasks_pending_revocation must not be null")
        else:
            active_tasks_pending_revocation_items = []
            for _ in range(n):
                active_tasks_pending_revocation_item, pos = TaskIds.read(buf, pos, version)
                active_tasks_pending_revocation_items.append(active_tasks_pending_revocation_item)
            o.active_tasks_pending_revocation = active_tasks_pending_revocation_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("standby_tasks_pending_revocation must not be null")
        else:
            standby_tasks_pending_revocation_items = []
            for _ in range(n):
                standby_tasks_pending_revocation_item, pos = TaskIds.read(buf, pos, version)
                standby_tasks_pending_revocation_items.append(standby_tasks_pending_revocation_item)
            o.standby_tasks_pending_revocation = standby_tasks_pending_revocation_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("warmup_tasks_pending_revocation must not be null")
        else:
            warmup_tasks_pending_revocation_items = []
            for _ in range(n):
                warmup_tasks_pending_revocation_item, pos = TaskIds.read(buf, pos, version)
                warmup_tasks_pending_revocation_items.append(warmup_tasks_pending_revocation_item)
            o.warmup_tasks_pending_revocation = warmup_tasks_pending_revocation_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iib.pack(self.member_epoch, self.previous_member_epoch, self.state)
        write_uvarint(out, len(self.active_tasks) + 1)
        for active_tasks_item in self.active_tasks:
            active_tasks_item.write(out, version)
        write_uvarint(out, len(self.standby_tasks) + 1)
        for standby_tasks_item in self.standby_tasks:
            standby_tasks_item.write(out, version)
        write_uvarint(out, len(self.warmup_tasks) + 1)
        for warmup_tasks_item in self.warmup_tasks:
            warmup_tasks_item.write(out, version)
        write_uvarint(out, len(self.active_tasks_pending_revocation) + 1)
        for active_tasks_pending_revocation_item in self.active_tasks_pending_revocation:
            active_tasks_pending_revocation_item.write(out, version)
        write_uvarint(out, len(self.standby_tasks_pending_revocation) + 1)
        for standby_tasks_pending_revocation_item in self.standby_tasks_pending_revocation:
            standby_tasks_pending_revocation_item.write(out, version)
        write_uvarint(out, len(self.warmup_tasks_pending_revocation) + 1)
        for warmup_tasks_pending_revocation_item in self.warmup_tasks_pending_revocation:
            warmup_tasks_pending_revocation_item.write(out, version)
        out += b"\0"

