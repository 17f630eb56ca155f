"""Generated from AddRaftVoterRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_H = Struct(">H")
_S_Z = Struct(">?")
_S_i = Struct(">i")
_S_iiu = Struct(">ii16s")

class Listener(Message):
    __slots__ = ('name', 'host', 'port', )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Listener, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.host, pos = read_compact_string(buf, pos)
        o.port, = _S_H.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_compact_string(out, self.host)
        out += _S_H.pack(self.port)
        out += b"\0"


class AddRaftVoterRequest(Message):
    __slots__ = ('cluster_id', 'timeout_ms', 'voter_id', 'voter_directory_id', 'listeners', 'ack_when_committed', )
    API_KEY = 80
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        cluster_id: str | None = "",
        timeout_ms: int = 0,
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
        listeners: list[Listener] | None = None,
        ack_when_committed: bool = True,
    ) -> None:
        self.cluster_id = cluster_id
        self.timeout_ms = timeout_ms
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id
        self.listeners: list[Listener] = [] if listeners is None else listeners
        self.ack_when_committed = ack_when_committed

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AddRaftVoterRequest, int]:
        o = cls.__new__(cls)
        o.cluster_id, pos = read_compact_string_or_none(buf, pos)
        o.timeout_ms, o.voter_id, o.voter_directory_id = _S_iiu.unpack_from(buf, pos)
        pos += 24
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("listeners must not be null")
        else:
            listeners_items = []
            for _ in range(n):
                listeners_item, pos = Listener.read(buf, pos, version)
                listeners_items.append(listeners_item)
            o.listeners = listeners_items
        if version >= 1:
            o.ack_when_committed, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.ack_when_committed = True
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.cluster_id)
        out += _S_iiu.pack(self.timeout_ms, self.voter_id, self.voter_directory_id)
        write_uvarint(out, len(self.listeners) + 1)
        for listeners_item in self.listeners:
            listeners_item.write(out, version)
        if version >= 1:
            out += _S_Z.pack(self.ack_when_committed)
        out += b"\0"

