"""Generated from DescribeClusterResponse.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")
_S_b = Struct(">b")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class DescribeClusterBroker(Message):
    __slots__ = ('broker_id', 'host', 'port', 'rack', 'is_fenced', )

    def __init__(
        self,
        broker_id: int = 0,
        host: str = "",
        port: int = 0,
        rack: str | None = None,
        is_fenced: bool = False,
    ) -> None:
        self.broker_id = broker_id
        self.host = host
        self.port = port
        self.rack = rack
        self.is_fenced = is_fenced

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeClusterBroker, int]:
        o = cls.__new__(cls)
        o.broker_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.host, pos = read_compact_string(buf, pos)
        o.port, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.rack, pos = read_compact_string_or_none(buf, pos)
        if version >= 2:
            o.is_fenced, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.is_fenced = False
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.broker_id)
        write_compact_string(out, self.host)
        out += _S_i.pack(self.port)
        write_compact_string(out, self.rack)
        if version >= 2:
            out += _S_Z.pack(self.is_fenced)
        out += b"\0"


class DescribeClusterResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'endpoint_type', 'cluster_id', 'controller_id', 'brokers', 'cluster_authorized_operations', )
    API_KEY = 60
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = None,
        endpoint_type: int = 1,
        cluster_id: str = "",
        controller_id: int = -1,
        brokers: list[DescribeClusterBroker] | None = None,
        cluster_authorized_operations: int = -2147483648,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.endpoint_type = endpoint_type
        self.cluster_id = cluster_id
        self.controller_id = controller_id
        self.brokers: list[DescribeClusterBroker] = [] if brokers is None else brokers
        self.cluster_authorized_operations = cluster_authorized_operations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeClusterResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        if version >= 1:
            o.endpoint_type, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.endpoint_type = 1
        o.cluster_id, pos = read_compact_string(buf, pos)
        o.controller_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("brokers must not be null")
        else:
            brokers_items = []
            for _ in range(n):
                brokers_item, pos = DescribeClusterBroker.read(buf, pos, version)
                brokers_items.append(brokers_item)
            o.brokers = brokers_items
        o.cluster_authorized_operations, = _S_i.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_compact_string(out, self.error_message)
        if version >= 1:
            out += _S_b.pack(self.endpoint_type)
        write_compact_string(out, self.cluster_id)
        out += _S_i.pack(self.controller_id)
        write_uvarint(out, len(self.brokers) + 1)
        for brokers_item in self.brokers:
            brokers_item.write(out, version)
        out += _S_i.pack(self.cluster_authorized_operations)
        out += b"\0"

