"""Generated from QuorumStateData.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_iii = Struct(">iii")
_S_q = Struct(">q")
_S_u = Struct(">16s")

class Voter(Message):
    __slots__ = ('voter_id', )

    def __init__(
        self,
        voter_id: int = 0,
    ) -> None:
        self.voter_id = voter_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Voter, int]:
        o = cls.__new__(cls)
        o.voter_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.voter_id)
        out += b"\0"


class QuorumStateData(Message):
    __slots__ = ('cluster_id', 'leader_id', 'leader_epoch', 'voted_id', 'voted_directory_id', 'applied_offset', 'current_voters', )
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        cluster_id: str = "",
        leader_id: int = -1,
        leader_epoch: int = -1,
        voted_id: int = -1,
        voted_directory_id: bytes = ZERO_UUID,
        applied_offset: int = 0,
        current_voters: list[Voter] | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.voted_id = voted_id
        self.voted_directory_id = voted_directory_id
        self.applied_offset = applied_offset
        self.current_voters: list[Voter] | None = [] if current_voters is None else current_voters

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[QuorumStateData, int]:
        o = cls.__new__(cls)
        if version <= 0:
            o.cluster_id, pos = read_compact_string(buf, pos)
        else:
            o.cluster_id = ""
        o.leader_id, o.leader_epoch, o.voted_id = _S_iii.unpack_from(buf, pos)
        pos += 12
        if version >= 1:
            o.voted_directory_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.voted_directory_id = ZERO_UUID
        if version <= 0:
            o.applied_offset, = _S_q.unpack_from(buf, pos)
            pos += 8
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                o.current_voters = None
            else:
                current_voters_items = []
                for _ in range(n):
                    current_voters_item, pos = Voter.read(buf, pos, version)
                    current_voters_items.append(current_voters_item)
                o.current_voters = current_voters_items
        else:
            o.applied_offset = 0
            o.current_voters = []
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 0:
            write_compact_string(out, self.cluster_id)
        out += _S_iii.pack(self.leader_id, self.leader_epoch, self.voted_id)
        if version >= 1:
            out += _S_u.pack(self.voted_directory_id)
        if version <= 0:
            out += _S_q.pack(self.applied_offset)
            if self.current_voters is None:
                out += b"\0"
            else:
                write_uvarint(out, len(self.current_voters) + 1)
                for current_voters_item in self.current_voters:
                    current_voters_item.write(out, version)
        out += b"\0"

