"""Generated from DescribeClusterRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_Z = Struct(">?")
_S_b = Struct(">b")

class DescribeClusterRequest(Message):
    __slots__ = ('include_cluster_authorized_operations', 'endpoint_type', 'include_fenced_brokers', )
    API_KEY = 60
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        include_cluster_authorized_operations: bool = False,
        endpoint_type: int = 1,
        include_fenced_brokers: bool = False,
    ) -> None:
        self.include_cluster_authorized_operations = include_cluster_authorized_operations
        self.endpoint_type = endpoint_type
        self.include_fenced_brokers = include_fenced_brokers

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeClusterRequest, int]:
        o = cls.__new__(cls)
        o.include_cluster_authorized_operations, = _S_Z.unpack_from(buf, pos)
        pos += 1
        if version >= 1:
            o.endpoint_type, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.endpoint_type = 1
        if version >= 2:
            o.include_fenced_brokers, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.include_fenced_brokers = False
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_Z.pack(self.include_cluster_authorized_operations)
        if version >= 1:
            out += _S_b.pack(self.endpoint_type)
        if version >= 2:
            out += _S_Z.pack(self.include_fenced_brokers)
        out += b"\0"

