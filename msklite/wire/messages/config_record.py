"""Generated from ConfigRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_compact_string,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
)

_S_b = Struct(">b")

class ConfigRecord(Message):
    __slots__ = ('resource_type', 'resource_name', 'name', 'value', )
    API_KEY = 4
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        resource_type: int = 0,
        resource_name: str = "",
        name: str = "",
        value: str | None = "",
    ) -> None:
        self.resource_type = resource_type
        self.resource_name = resource_name
        self.name = name
        self.value = value

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConfigRecord, int]:
        o = cls.__new__(cls)
        o.resource_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        o.resource_name, pos = read_compact_string(buf, pos)
        o.name, pos = read_compact_string(buf, pos)
        o.value, pos = read_compact_string_or_none(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_b.pack(self.resource_type)
        write_compact_string(out, self.resource_name)
        write_compact_string(out, self.name)
        write_compact_string(out, self.value)
        out += b"\0"

