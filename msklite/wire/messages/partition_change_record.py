"""Generated from PartitionChangeRecord.json; see tools/generate_messages.py."""

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
_S_iu = Struct(">i16s")

class PartitionChangeRecord(Message):
    __slots__ = ('partition_id', 'topic_id', 'isr', 'leader', 'replicas', 'removing_replicas', 'adding_replicas', 'leader_recovery_state', 'directories', 'eligible_leader_replicas', 'last_known_elr', )
    API_KEY = 5
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        partition_id: int = -1,
        topic_id: bytes = ZERO_UUID,
        isr: list[int] | None = None,
        leader: int = -2,
        replicas: list[int] | None = None,
        removing_replicas: list[int] | None = None,
        adding_replicas: list[int] | None = None,
        leader_recovery_state: int = -1,
        directories: list[bytes] | None = None,
        eligible_leader_replicas: list[int] | None = None,
        last_known_elr: list[int] | None = None,
    ) -> None:
        self.partition_id = partition_id
        self.topic_id = topic_id
        self.isr = isr
        self.leader = leader
        self.replicas = replicas
        self.removing_replicas = removing_replicas
        self.adding_replicas = adding_replicas
        self.leader_recovery_state = leader_recovery_state
        self.directories = directories
        self.eligible_leader_replicas = eligible_leader_replicas
        self.last_known_elr = last_known_elr

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionChangeRecord, int]:
        o = cls.__new__(cls)
        o.isr = None
        o.leader = -2
        o.replicas = None
        o.removing_replicas = None
        o.adding_replicas = None
        o.leader_recovery_state = -1
        o.directories = None
        o.eligible_leader_replicas = None
        o.last_known_elr = None
        o.partition_id, o.topic_id = _S_iu.unpack_from(buf, pos)
        pos += 20
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
                        o.isr = None
                    else:
                        o.isr = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                elif tag == 1:
                    o.leader, = _S_i.unpack_from(buf, pos)
                    pos += 4
                elif tag == 2:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.replicas = None
                    else:
                        o.replicas = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                elif tag == 3:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.removing_replicas = None
                    else:
                        o.removing_replicas = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                elif tag == 4:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.adding_replicas = None
                    else:
                        o.adding_replicas = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                elif tag == 5:
                    o.leader_recovery_state, = _S_b.unpack_from(buf, pos)
                    pos += 1
                elif tag == 8 and version >= 1:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.directories = None
                    else:
                        o.directories = [bytes(buf[pos + 16 * i : pos + 16 * i + 16]) for i in range(n)]
                        if pos + 16 * n > len(buf):
                            raise DecodeError("an array runs past the end")
                        pos += 16 * n
                elif tag == 6 and version >= 2:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.eligible_leader_replicas = None
                    else:
                        o.eligible_leader_replicas = list(unpack_from(f">{n}i", buf, pos))
                        pos += 4 * n
                elif tag == 7 and version >= 2:
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
        tags: list[tuple[int, bytearray]] = []
        if self.isr is not None:
            part = bytearray()
            write_uvarint(part, len(self.isr) + 1)
            part += pack(f">{len(self.isr)}i", *self.isr)
            tags.append((0, part))
        if self.leader != -2:
            part = bytearray()
            part += _S_i.pack(self.leader)
            tags.append((1, part))
        if self.replicas is not None:
            part = bytearray()
            write_uvarint(part, len(self.replicas) + 1)
            part += pack(f">{len(self.replicas)}i", *self.replicas)
            tags.append((2, part))
        if self.removing_replicas is not None:
            part = bytearray()
            write_uvarint(part, len(self.removing_replicas) + 1)
            part += pack(f">{len(self.removing_replicas)}i", *self.removing_replicas)
            tags.append((3, part))
        if self.adding_replicas is not None:
            part = bytearray()
            write_uvarint(part, len(self.adding_replicas) + 1)
            part += pack(f">{len(self.adding_replicas)}i", *self.adding_replicas)
            tags.append((4, part))
        if self.leader_recovery_state != -1:
            part = bytearray()
            part += _S_b.pack(self.leader_recovery_state)
            tags.append((5, part))
        if version >= 2 and self.eligible_leader_replicas is not None:
            part = bytearray()
            write_uvarint(part, len(self.eligible_leader_replicas) + 1)
            part += pack(f">{len(self.eligible_leader_replicas)}i", *self.eligible_leader_replicas)
            tags.append((6, part))
        if version >= 2 and self.last_known_elr is not None:
            part = bytearray()
            write_uvarint(part, len(self.last_known_elr) + 1)
            part += pack(f">{len(self.last_known_elr)}i", *self.last_known_elr)
            tags.append((7, part))
        if version >= 1 and self.directories is not None:
            part = bytearray()
            write_uvarint(part, len(self.directories) + 1)
            part += b"".join(self.directories)
            tags.append((8, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

