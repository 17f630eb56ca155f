"""Generated from PushTelemetryRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    ZERO_UUID,
    pack,
    read_compact_bytes,
    skip_tags,
    unpack_from,
    write_compact_bytes,
)

_S_uiZb = Struct(">16si?b")

class PushTelemetryRequest(Message):
    __slots__ = ('client_instance_id', 'subscription_id', 'terminating', 'compression_type', 'metrics', )
    API_KEY = 72
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        client_instance_id: bytes = ZERO_UUID,
        subscription_id: int = 0,
        terminating: bool = False,
        compression_type: int = 0,
        metrics: bytes = b"",
    ) -> None:
        self.client_instance_id = client_instance_id
        self.subscription_id = subscription_id
        self.terminating = terminating
        self.compression_type = compression_type
        self.metrics = metrics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PushTelemetryRequest, int]:
        o = cls.__new__(cls)
        o.client_instance_id, o.subscription_id, o.terminating, o.compression_type = _S_uiZb.unpack_from(buf, pos)
        pos += 22
        o.metrics, pos = read_compact_bytes(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_uiZb.pack(self.client_instance_id, self.subscription_id, self.terminating, self.compression_type)
        write_compact_bytes(out, self.metrics)
        out += b"\0"

