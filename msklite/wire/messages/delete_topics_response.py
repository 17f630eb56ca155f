"""Generated from DeleteTopicsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string_or_none,
    read_count,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_u = Struct(">16s")

class DeletableTopicResult(Message):
    __slots__ = ('name', 'topic_id', 'error_code', 'error_message', )

    def __init__(
        self,
        name: str | None = "",
        topic_id: bytes = ZERO_UUID,
        error_code: int = 0,
        error_message: str | None = None,
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.error_code = error_code
        self.error_message = error_message

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeletableTopicResult, int]:
        o = cls.__new__(cls)
        if version >= 4:
            o.name, pos = read_compact_string_or_none(buf, pos)
        else:
            o.name, pos = read_string_or_none(buf, pos)
        if o.name is None and not version >= 6:
            raise DecodeError("name must not be null")
        if version >= 6:
            o.topic_id, = _S_u.unpack_from(buf, pos)
            pos += 16
        else:
            o.topic_id = ZERO_UUID
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 5:
            if version >= 4:
                o.error_message, pos = read_compact_string_or_none(buf, pos)
            else:
                o.error_message, pos = read_string_or_none(buf, pos)
        else:
            o.error_message = None
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 6:
            out += _S_u.pack(self.topic_id)
        out += _S_h.pack(self.error_code)
        if version >= 5:
            if version >= 4:
                write_compact_string(out, self.error_message)
            else:
                write_string(out, self.error_message)
        if version >= 4:
            out += b"\0"


class DeleteTopicsResponse(Message):
    __slots__ = ('throttle_time_ms', 'responses', )
    API_KEY = 20
    VERSIONS = (1, 6)
    FLEXIBLE = 4

    def __init__(
        self,
        throttle_time_ms: int = 0,
        responses: list[DeletableTopicResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.responses: list[DeletableTopicResult] = [] if responses is None else responses

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteTopicsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("responses must not be null")
        else:
            responses_items = []
            for _ in range(n):
                responses_item, pos = DeletableTopicResult.read(buf, pos, version)
                responses_items.append(responses_item)
            o.responses = responses_items
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 4:
            write_uvarint(out, len(self.responses) + 1)
        else:
            out += _S_i.pack(len(self.responses))
        for responses_item in self.responses:
            responses_item.write(out, version)
        if version >= 4:
            out += b"\0"

