"""Generated from GetTelemetrySubscriptionsResponse.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_ihui = Struct(">ih16si")
_S_iiZ = Struct(">ii?")

class GetTelemetrySubscriptionsResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'client_instance_id', 'subscription_id', 'accepted_compression_types', 'push_interval_ms', 'telemetry_max_bytes', 'delta_temporality', 'requested_metrics', )
    API_KEY = 71
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        client_instance_id: bytes = ZERO_UUID,
        subscription_id: int = 0,
        accepted_compression_types: list[int] | None = None,
        push_interval_ms: int = 0,
        telemetry_max_bytes: int = 0,
        delta_temporality: bool = False,
        requested_metrics: list[str] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.client_instance_id = client_instance_id
        self.subscription_id = subscription_id
        self.accepted_compression_types: list[int] = [] if accepted_compression_types is None else accepted_compression_types
        self.push_interval_ms = push_interval_ms
        self.telemetry_max_bytes = telemetry_max_bytes
        self.delta_temporality = delta_temporality
        self.requested_metrics: list[str] = [] if requested_metrics is None else requested_metrics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[GetTelemetrySubscriptionsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code, o.client_instance_id, o.subscription_id = _S_ihui.unpack_from(buf, pos)
        pos += 26
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("accepted_compression_types must not be null")
        else:
            o.accepted_compression_types = list(unpack_from(f">{n}b", buf, pos))
            pos += 1 * n
        o.push_interval_ms, o.telemetry_max_bytes, o.delta_temporality = _S_iiZ.unpack_from(buf, pos)
        pos += 9
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("requested_metrics must not be null")
        else:
            requested_metrics_items = []
            for _ in range(n):
                requested_metrics_item, pos = read_compact_string(buf, pos)
                requested_metrics_items.append(requested_metrics_item)
            o.requested_metrics = requested_metrics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ihui.pack(self.throttle_time_ms, self.error_code, self.client_instance_id, self.subscription_id)
        write_uvarint(out, len(self.accepted_compression_types) + 1)
        out += pack(f">{len(self.accepted_compression_types)}b", *self.accepted_compression_types)
        out += _S_iiZ.pack(self.push_interval_ms, self.telemetry_max_bytes, self.delta_temporality)
        write_uvarint(out, len(self.requested_metrics) + 1)
        for requested_metrics_item in self.requested_metrics:
            write_compact_string(out, requested_metrics_item)
        out += b"\0"

