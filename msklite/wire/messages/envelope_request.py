"""Generated from EnvelopeRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_compact_bytes,
    read_compact_bytes_or_none,
    skip_tags,
    write_compact_bytes,
)


class EnvelopeRequest(Message):
    __slots__ = ('request_data', 'request_principal', 'client_host_address', )
    API_KEY = 58
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        request_data: bytes = b"",
        request_principal: bytes | None = b"",
        client_host_address: bytes = b"",
    ) -> None:
        self.request_data = request_data
        self.request_principal = request_principal
        self.client_host_address = client_host_address

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EnvelopeRequest, int]:
        o = cls.__new__(cls)
        o.request_data, pos = read_compact_bytes(buf, pos)
        o.request_principal, pos = read_compact_bytes_or_none(buf, pos)
        o.client_host_address, pos = read_compact_bytes(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_bytes(out, self.request_data)
        write_compact_bytes(out, self.request_principal)
        write_compact_bytes(out, self.client_host_address)
        out += b"\0"

