"""Generated from AlterConfigsResponse.json; see tools/generate_messages.py."""

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

_S_b = Struct(">b")
_S_h = Struct(">h")
_S_i = Struct(">i")

class AlterConfigsResourceResponse(Message):
    __slots__ = ('error_code', 'error_message', 'resource_type', 'resource_name', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        resource_type: int = 0,
        resource_name: str = "",
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.resource_type = resource_type
        self.resource_name = resource_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterConfigsResourceResponse, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 2:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        o.resource_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 2:
            o.resource_name, pos = read_compact_string(buf, pos)
        else:
            o.resource_name, pos = read_string(buf, pos)
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 2:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        out += _S_b.pack(self.resource_type)
        if version >= 2:
            write_compact_string(out, self.resource_name)
        else:
            write_string(out, self.resource_name)
        if version >= 2:
            out += b"\0"


class AlterConfigsResponse(Message):
    __slots__ = ('throttle_time_ms', 'responses', )
    API_KEY = 33
    VERSIONS = (0, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        throttle_time_ms: int = 0,
        responses: list[AlterConfigsResourceResponse] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.responses: list[AlterConfigsResourceResponse] = [] if responses is None else responses

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterConfigsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("responses must not be null")
        else:
            responses_items = []
            for _ in range(n):
                responses_item, pos = AlterConfigsResourceResponse.read(buf, pos, version)
                responses_items.append(responses_item)
            o.responses = responses_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 2:
            write_uvarint(out, len(self.responses) + 1)
        else:
            out += _S_i.pack(len(self.responses))
        for responses_item in self.responses:
            responses_item.write(out, version)
        if version >= 2:
            out += b"\0"

