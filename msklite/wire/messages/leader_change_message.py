"""Generated from LeaderChangeMessage.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    skip_tags,
    unpack_from,
    write_uvarint,
)

_S_hi = Struct(">hi")
_S_i = Struct(">i")
_S_u = Struct(">16s")

class Voter(Message):
    __slots__ = ('voter_id', 'voter_directory_id', )

    def __init__(
        self,
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
    ) -> None:
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Voter, int]:
        o = cls.__new__(cls)
        o.voter_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            o.voter_directory_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.voter_directory_id = ZERO_UUID
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.voter_id)
        if version >= 1:
            out += _S_u.pack(self.voter_directory_id)
        out += b"\0"


class LeaderChangeMessage(Message):
    __slots__ = ('version', 'leader_id', 'voters', 'granting_voters', )
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        version: int = 0,
        leader_id: int = 0,
        voters: list[Voter] | None = None,
        granting_voters: list[Voter] | None = None,
    ) -> None:
        self.version = version
        self.leader_id = leader_id
        self.voters: list[Voter] = [] if voters is None else voters
        self.granting_voters: list[Voter] = [] if granting_voters is None else granting_voters

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LeaderChangeMessage, int]:
        o = cls.__new__(cls)
        o.version, o.leader_id = _S_hi.unpack_from(buf, pos)
        pos += 6
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("voters must not be null")
        else:
            voters_items = []
            for _ in range(n):
                voters_item, pos = Voter.read(buf, pos, version)
                voters_items.append(voters_item)
            o.voters = voters_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("granting_voters must not be null")
        else:
            granting_voters_items = []
            for _ in range(n):
                granting_voters_item, pos = Voter.read(buf, pos, version)
                granting_voters_items.append(granting_voters_item)
            o.granting_voters = granting_voters_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hi.pack(self.version, self.leader_id)
        write_uvarint(out, len(self.voters) + 1)
        for voters_item in self.voters:
            voters_item.write(out, version)
        write_uvarint(out, len(self.granting_voters) + 1)
        for granting_voters_item in self.granting_voters:
            granting_voters_item.write(out, version)
        out += b"\0"

