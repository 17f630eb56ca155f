"""Generated from ApiVersionsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_compact_string,
    read_string,
    skip_tags,
    write_compact_string,
    write_string,
)


class ApiVersionsRequest(Message):
    __slots__ = ('client_software_name', 'client_software_version', )
    API_KEY = 18
    VERSIONS = (0, 4)
    FLEXIBLE = 3

    def __init__(
        self,
        client_software_name: str = "",
        client_software_version: str = "",
    ) -> None:
        self.client_software_name = client_software_name
        self.client_software_version = client_software_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ApiVersionsRequest, int]:
        o = cls.__new__(cls)
        if version >= 3:
            if version >= 3:
                o.client_software_name, pos = read_compact_string(buf, pos)
            else:
                o.client_software_name, pos = read_string(buf, pos)
            if version >= 3:
                o.client_software_version, pos = read_compact_string(buf, pos)
            else:
                o.client_software_version, pos = read_string(buf, pos)
        else:
            o.client_software_name = ""
            o.client_software_version = ""
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 3:
            if version >= 3:
                write_compact_string(out, self.client_software_name)
            else:
                write_string(out, self.client_software_name)
            if version >= 3:
                write_compact_string(out, self.client_software_version)
            else:
                write_string(out, self.client_software_version)
        if version >= 3:
            out += b"\0"

