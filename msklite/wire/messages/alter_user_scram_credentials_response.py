"""Generated from AlterUserScramCredentialsResponse.json; see tools/generate_messages.py."""

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

class AlterUserScramCredentialsResult(Message):
    __slots__ = ('user', 'error_code', 'error_message', )

    def __init__(
        self,
        user: str = "",
        error_code: int = 0,
        error_message: str | None = "",
    ) -> None:
        self.user = user
        self.error_code = error_code
        self.error_message = error_message

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterUserScramCredentialsResult, int]:
        o = cls.__new__(cls)
        o.user, pos = read_compact_string(buf, pos)
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
        write_compact_string(out, self.user)
        out += _S_h.pack(self.error_code)
        write_compact_string(out, self.error_message)
        out += b"\0"


class AlterUserScramCredentialsResponse(Message):
    __slots__ = ('throttle_time_ms', 'results', )
    API_KEY = 51
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        results: list[AlterUserScramCredentialsResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.results: list[AlterUserScramCredentialsResult] = [] if results is None else results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterUserScramCredentialsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("results must not be null")
        else:
            results_items = []
            for _ in range(n):
                results_item, pos = AlterUserScramCredentialsResult.read(buf, pos, version)
                results_items.append(results_item)
            o.results = results_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        write_uvarint(out, len(self.results) + 1)
        for results_item in self.results:
            results_item.write(out, version)
        out += b"\0"

