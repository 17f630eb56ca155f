"""Generated from LegacyOffsetCommitValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_string,
    unpack_from,
    write_string,
)

_S_q = Struct(">q")

class LegacyOffsetCommitValue(Message):
    __slots__ = ('offset', 'metadata', 'commit_timestamp', )
    API_KEY = 0
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        offset: int = 0,
        metadata: str = "",
        commit_timestamp: int = 0,
    ) -> None:
        self.offset = offset
        self.metadata = metadata
        self.commit_timestamp = commit_timestamp

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LegacyOffsetCommitValue, int]:
        o = cls.__new__(cls)
        o.offset, = _S_q.unpack_from(buf, pos)
        pos += 8
        o.metadata, pos = read_string(buf, pos)
        o.commit_timestamp, = _S_q.unpack_from(buf, pos)
        pos += 8
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_q.pack(self.offset)
        write_string(out, self.metadata)
        out += _S_q.pack(self.commit_timestamp)

