"""Generated from UpdateFeaturesResponse.json; see tools/generate_messages.py."""

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

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class UpdatableFeatureResult(Message):
    __slots__ = ('feature', 'error_code', 'error_message', )

    def __init__(
        self,
        feature: str = "",
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.feature = feature
        self.error_code = error_code
        self.error_message = error_message

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UpdatableFeatureResult, int]:
        o = cls.__new__(cls)
        o.feature, pos = read_compact_string(buf, pos)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.feature)
        out += _S_h.pack(self.error_code)
        write_compact_string(out, self.error_message)
        out += b"\0"


class UpdateFeaturesResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'results', )
    API_KEY = 57
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        results: list[UpdatableFeatureResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.results: list[UpdatableFeatureResult] = [] if results is None else results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UpdateFeaturesResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        if version <= 1:
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                raise DecodeError("results must not be null")
            else:
                results_items = []
                for _ in range(n):
                    results_item, pos = UpdatableFeatureResult.read(buf, pos, version)
                    results_items.append(results_item)
                o.results = results_items
        else:
            o.results = []
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_compact_string(out, self.error_message)
        if version <= 1:
            write_uvarint(out, len(self.results) + 1)
            for results_item in self.results:
                results_item.write(out, version)
        out += b"\0"

