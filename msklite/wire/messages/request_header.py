"""Generated from RequestHeader.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_string_or_none,
    skip_tags,
    unpack_from,
    write_string,
)

_S_hhi = Struct(">hhi")

class RequestHeader(Message):
    __slots__ = ('request_api_key', 'request_api_version', 'correlation_id', 'client_id', )
    VERSIONS = (1, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        request_api_key: int = 0,
        request_api_version: int = 0,
        correlation_id: int = 0,
        client_id: str | None = "",
    ) -> None:
        self.request_api_key = request_api_key
        self.request_api_version = request_api_version
        self.correlation_id = correlation_id
        self.client_id = client_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[RequestHeader, int]:
        o = cls.__new__(cls)
        o.request_api_key, o.request_api_version, o.correlation_id = _S_hhi.unpack_from(buf, pos)
        pos += 8
        o.client_id, pos = read_string_or_none(buf, pos)
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hhi.pack(self.request_api_key, self.request_api_version, self.correlation_id)
        write_string(out, self.client_id)
        if version >= 2:
            out += b"\0"

