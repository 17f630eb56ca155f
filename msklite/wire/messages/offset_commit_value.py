"""Generated from OffsetCommitValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_string,
    read_string,
    read_uvarint,
    unpack_from,
    write_compact_string,
    write_string,
    write_tags,
)

_S_i = Struct(">i")
_S_q = Struct(">q")
_S_u = Struct(">16s")

class OffsetCommitValue(Message):
    __slots__ = ('offset', 'leader_epoch', 'metadata', 'commit_timestamp', 'expire_timestamp', 'topic_id', )
    API_KEY = 1
    VERSIONS = (0, 4)
    FLEXIBLE = 4

    def __init__(
        self,
        offset: int = 0,
        leader_epoch: int = -1,
        metadata: str = "",
        commit_timestamp: int = 0,
        expire_timestamp: int = -1,
        topic_id: bytes = ZERO_UUID,
    ) -> None:
        self.offset = offset
        self.leader_epoch = leader_epoch
        self.metadata = metadata
        self.commit_timestamp = commit_timestamp
        self.expire_timestamp = expire_timestamp
        self.topic_id = topic_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OffsetCommitValue, int]:
        o = cls.__new__(cls)
        o.topic_id = ZERO_UUID
        o.offset, = _S_q.unpack_from(buf, pos)
        pos += 8
        if version >= 3:
            o.leader_epoch, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.leader_epoch = -1
        if version >= 4:
            o.metadata, pos = read_compact_string(buf, pos)
        else:
            o.metadata, pos = read_string(buf, pos)
        o.commit_timestamp, = _S_q.unpack_from(buf, pos)
        pos += 8
        if version == 1:
            o.expire_timestamp, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.expire_timestamp = -1
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                n, pos = read_uvarint(buf, pos)
                for _ in range(n):
                    tag, pos = read_uvarint(buf, pos)
                    size, pos = read_uvarint(buf, pos)
                    if tag == 0 and version >= 4:
                        o.topic_id, = _S_u.unpack_from(buf, pos)
                        pos += 16
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_q.pack(self.offset)
        if version >= 3:
            out += _S_i.pack(self.leader_epoch)
        if version >= 4:
            write_compact_string(out, self.metadata)
        else:
            write_string(out, self.metadata)
        out += _S_q.pack(self.commit_timestamp)
        if version == 1:
            out += _S_q.pack(self.expire_timestamp)
        if version >= 4:
            tags: list[tuple[int, bytearray]] = []
            if version >= 4 and self.topic_id != ZERO_UUID:
                part = bytearray()
                part += _S_u.pack(self.topic_id)
                tags.append((0, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"

