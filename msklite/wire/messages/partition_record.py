"""Generated from PartitionRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_uvarint,
    unpack_from,
    write_tags,
    write_uvarint,
)

_S_b = Struct(">b")
_S_i = Struct(">i")
_S_iii = Struct(">iii")
_S_iu = Struct(">i16s")

class PartitionRecord(Message):
    __slots__ = ('partition_id', 'topic_id', 'replicas', 'isr', 'removing_replicas', 'adding_replicas', 'leader', 'leader_recovery_state', 'leader_epoch', 'partition_epoch', 'directories', 'eligible_leader_replicas', 'last_known_elr', )
    API_KEY = 3
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        partition_id: int = -1,
        topic_id: bytes = ZERO_UUID,
        replicas: list[int] | None = None,
        isr: list[int] | None = None,
        removing_replicas: list[int] | None = None,
        adding_replicas: list[int] | None = None,
        leader: int = -1,
        leader_recovery_state: int = 0,
        leader_epoch: int = -1,
        partition_epoch: int = -1,
        directories: list[bytes] | None = None,
        eligible_leader_replicas: list[int] | None = None,
        last_known_elr: list[int] | None = None,
    ) -> None:
        self.partition_id = partition_id
        self.topic_id = topic_id
        self.replicas: list[int] = [] if replicas is None else replicas
        self.isr: list[int] = [] if isr is None else isr
        self.removing_replicas: list[int] = [] if removing_replicas is None else removing_replicas
        self.adding_replicas: list[int] = [] if adding_replicas is None else adding_replicas
        self.leader = leader
        self.leader_recovery_state = leader_recovery_state
        self.leader_epoch = leader_epoch
        self.partition_epoch = partition_epoch
        self.directories: list[bytes] = [] if directories is None else directories
        self.eligible_leader_replicas = eligible_leader_replicas
        self.last_known_elr = last_known_elr

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionRecord, int]:
        o = cls.__new__(cls)
        o.leader_recovery_state = 0
        o.eligible_leader_replicas = None
        o.last_known_elr = None
        o.partition_id, o.topic_id = _S_iu.unpack_from(buf, pos)
        pos += 20
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("replicas must not be null")
        else:
            o.replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("isr must not be null")
        else:
            o.isr = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("removing_replicas must not be null")
        else:
            o.removing_replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("adding_replicas must not be null")
        else:
            o.adding_replicas = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        o.leader, o.leader_epoch, o.partition_epoch = _S_iii.unpack_from(buf, pos)
        pos += 12
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                raise DecodeError("directories must not be null")
            else:
                o.directories = [bytes(buf[pos + 16 * i : pos + 16 * i + 16]) for i in range(n)]
                if pos + 16 * n > len(buf):
                    raise DecodeError("an array runs past the end")
                pos += 16 * n
        else:
            o.directories = []
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.leader_recovery_state, = _S_b.unpack_from(buf, pos)
                    pos += 1
                elif tag == 1 and version >= 2:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.eligible_leader_replicas = None
                    else:
                        o.eligible_leader_replicas = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                elif tag == 2 and version >= 2:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.last_known_elr = None
                    else:
                        o.last_known_elr = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iu.pack(self.partition_id, self.topic_id)
        write_uvarint(out, len(self.replicas) + 1)
        out += pack(f">{len(self.replicas)}i", *self.replicas)
        write_uvarint(out, len(self.isr) + 1)
        out += pack(f">{len(self.isr)}i", *self.isr)
        write_uvarint(out, len(self.removing_replicas) + 1)
        out += pack(f">{len(self.removing_replicas)}i", *self.removing_replicas)
        write_uvarint(out, len(self.adding_replicas) + 1)
        out += pack(f">{len(self.adding_replicas)}i", *self.adding_replicas)
        out += _S_iii.pack(self.leader, self.leader_epoch, self.partition_epoch)
        if version >= 1:
            write_uvarint(out, len(self.directories) + 1)
            out += b"".join(self.directories)
        tags: list[tuple[int, bytearray]] = []
        if self.leader_recovery_state != 0:
            part = bytearray()
            part += _S_b.pack(self.leader_recovery_state)
            tags.append((0, part))
        if version >= 2 and self.eligible_leader_replicas is not None:
            part = bytearray()
            write_uvarint(part, len(self.eligible_leader_replicas) + 1)
            part += pack(f">{len(self.eligible_leader_replicas)}i", *self.eligible_leader_replicas)
            tags.append((1, part))
        if version >= 2 and self.last_known_elr is not None:
            part = bytearray()
            write_uvarint(part, len(self.last_known_elr) + 1)
            part += pack(f">{len(self.last_known_elr)}i", *self.last_known_elr)
            tags.append((2, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

