"""Generated from FindCoordinatorResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    read_count,
    read_string,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class Coordinator(Message):
    __slots__ = ('key', 'node_id', 'host', 'port', 'error_code', 'error_message', )

    def __init__(
        self,
        key: str = "",
        node_id: int = 0,
        host: str = "",
        port: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.key = key
        self.node_id = node_id
        self.host = host
        self.port = port
        self.error_code = error_code
        self.error_message = error_message

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Coordinator, int]:
        o = cls.__new__(cls)
        o.key, pos = read_compact_string(buf, pos)
        o.node_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.host, pos = read_compact_string(buf, pos)
        o.port, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.key)
        out += _S_i.pack(self.node_id)
        write_compact_string(out, self.host)
        out += _S_ih.pack(self.port, self.error_code)
        write_compact_string(out, self.error_message)
        out += b"\0"


class FindCoordinatorResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'node_id', 'host', 'port', 'coordinators', )
    API_KEY = 10
    VERSIONS = (0, 6)
    FLEXIBLE = 3

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        node_id: int = 0,
        host: str = "",
        port: int = 0,
        coordinators: list[Coordinator] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.node_id = node_id
        self.host = host
        self.port = port
        self.coordinators: list[Coordinator] = [] if coordinators is None else coordinators

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FindCoordinatorResponse, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        if version <= 3:
            o.error_code, = _S_h.unpack_from(buf, pos)
            pos += 2
        else:
            o.error_code = 0
        if 1 <= version <= 3:
            if version >= 3:
                o.error_message, pos = read_compact_string_or_none(buf, pos)
            else:
                o.error_message, pos = read_string_or_none(buf, pos)
        else:
            o.error_message = ""
        if version <= 3:
            o.node_id, = _S_i.unpack_from(buf, pos)
            pos += 4
            if version >= 3:
                o.host, pos = read_compact_string(buf, pos)
            else:
                o.host, pos = read_string(buf, pos)
            o.port, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.node_id = 0
            o.host = ""
            o.port = 0
        if version >= 4:
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("coordinators must not be null")
            else:
                coordinators_items = []
                for _ in range(n):
                    coordinators_item, pos = Coordinator.read(buf, pos, version)
                    coordinators_items.append(coordinators_item)
                o.coordinators = coordinators_items
        else:
            o.coordinators = []
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            out += _S_i.pack(self.throttle_time_ms)
        if version <= 3:
            out += _S_h.pack(self.error_code)
        if 1 <= version <= 3:
            if version >= 3:
                write_compact_string(out, self.error_message)
            else:
                write_string(out, self.error_message)
        if version <= 3:
            out += _S_i.pack(self.node_id)
            if version >= 3:
                write_compact_string(out, self.host)
            else:
                write_string(out, self.host)
            out += _S_i.pack(self.port)
        if version >= 4:
            if version >= 3:
                write_uvarint(out, len(self.coordinators) + 1)
            else:
                out += _S_i.pack(len(self.coordinators))
            for coordinators_item in self.coordinators:
                coordinators_item.write(out, version)
        if version >= 3:
            out += b"\0"

