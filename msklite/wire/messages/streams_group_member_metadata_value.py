"""Generated from StreamsGroupMemberMetadataValue.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_H = Struct(">H")
_S_i = Struct(">i")
_S_ii = Struct(">ii")

class Endpoint(Message):
    __slots__ = ('host', 'port', )

    def __init__(
        self,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.host = host
        self.port = port

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Endpoint, int]:
        o = cls.__new__(cls)
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
        write_compact_string(out, self.host)
        out += _S_H.pack(self.port)
        out += b"\0"


class KeyValue(Message):
    __slots__ = ('key', 'value', )

    def __init__(
        self,
        key: str = "",
        value: str = "",
    ) -> None:
        self.key = key
        self.value = value

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[KeyValue, int]:
        o = cls.__new__(cls)
        o.key, pos = read_compact_string(buf, pos)
        o.value, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.key)
        write_compact_string(out, self.value)
        out += b"\0"


class StreamsGroupMemberMetadataValue(Message):
    __slots__ = ('instance_id', 'rack_id', 'client_id', 'client_host', 'rebalance_timeout_ms', 'topology_epoch', 'process_id', 'user_endpoint', 'client_tags', )
    API_KEY = 19
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        instance_id: str | None = "",
        rack_id: str | None = "",
        client_id: str = "",
        client_host: str = "",
        rebalance_timeout_ms: int = -1,
        topology_epoch: int = 0,
        process_id: str = "",
        user_endpoint: Endpoint | None = None,
        client_tags: list[KeyValue] | None = None,
    ) -> None:
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.topology_epoch = topology_epoch
        self.process_id = process_id
        self.user_endpoint = user_endpoint
        self.client_tags: list[KeyValue] = [] if client_tags is None else client_tags

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupMemberMetadataValue, int]:
        o = cls.__new__(cls)
        o.instance_id, pos = read_compact_string_or_none(buf, pos)
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        o.client_id, pos = read_compact_string(buf, pos)
        o.client_host, pos = read_compact_string(buf, pos)
        o.rebalance_timeout_ms, o.topology_epoch = _S_ii.unpack_from(buf, pos)
        pos += 8
        o.process_id, pos = read_compact_string(buf, pos)
        pos += 1
        if pos > len(buf):
            raise DecodeError("a struct runs past the end")
        if buf[pos - 1] == 255:
            o.user_endpoint = None
        else:
            o.user_endpoint, pos = Endpoint.read(buf, pos, version)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("client_tags must not be null")
        else:
            client_tags_items = []
            for _ in range(n):
                client_tags_item, pos = KeyValue.read(buf, pos, version)
                client_tags_items.append(client_tags_item)
            o.client_tags = client_tags_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.instance_id)
        write_compact_string(out, self.rack_id)
        write_compact_string(out, self.client_id)
        write_compact_string(out, self.client_host)
        out += _S_ii.pack(self.rebalance_timeout_ms, self.topology_epoch)
        write_compact_string(out, self.process_id)
        if self.user_endpoint is None:
            out += b"\xff"
        else:
            out += b"\x01"
            self.user_endpoint.write(out, version)
        write_uvarint(out, len(self.client_tags) + 1)
        for client_tags_item in self.client_tags:
            client_tags_item.write(out, version)
        out += b"\0"

