"""Generated from UpdateRaftVoterResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_string,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_tags,
)

_S_i = Struct(">i")
_S_ih = Struct(">ih")
_S_ii = Struct(">ii")

class CurrentLeader(Message):
    __slots__ = ('leader_id', 'leader_epoch', 'host', 'port', )

    def __init__(
        self,
        leader_id: int = -1,
        leader_epoch: int = -1,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.leader_id = leader_id
        self.leader_epoch = leader_epoch
        self.host = host
        self.port = port

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CurrentLeader, int]:
        o = cls.__new__(cls)
        o.leader_id, o.leader_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        o.host, pos = read_compact_string(buf, pos)
        o.port, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ii.pack(self.leader_id, self.leader_epoch)
        write_compact_string(out, self.host)
        out += _S_i.pack(self.port)
        out += b"\0"


DEFAULT_CurrentLeader = CurrentLeader()


class UpdateRaftVoterResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'current_leader', )
    API_KEY = 82
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        current_leader: CurrentLeader = DEFAULT_CurrentLeader,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.current_leader = current_leader

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UpdateRaftVoterResponse, int]:
        o = cls.__new__(cls)
        o.current_leader = DEFAULT_CurrentLeader
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.current_leader, pos = CurrentLeader.read(buf, pos, version)
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        tags: list[tuple[int, bytearray]] = []
        if self.current_leader is not DEFAULT_CurrentLeader and self.current_leader != DEFAULT_CurrentLeader:
            part = bytearray()
            self.current_leader.write(part, version)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

