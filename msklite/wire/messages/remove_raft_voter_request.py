"""Generated from RemoveRaftVoterRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    ZERO_UUID,
    pack,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
)

_S_iu = Struct(">i16s")

class RemoveRaftVoterRequest(Message):
    __slots__ = ('cluster_id', 'voter_id', 'voter_directory_id', )
    API_KEY = 81
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        cluster_id: str | None = "",
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
    ) -> None:
        self.cluster_id = cluster_id
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[RemoveRaftVoterRequest, int]:
        o = cls.__new__(cls)
        o.cluster_id, pos = read_compact_string_or_none(buf, pos)
        o.voter_id, o.voter_directory_id = _S_iu.unpack_from(buf, pos)
        pos += 20
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.cluster_id)
        out += _S_iu.pack(self.voter_id, self.voter_directory_id)
        out += b"\0"

