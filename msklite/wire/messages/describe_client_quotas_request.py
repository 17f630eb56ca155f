"""Generated from DescribeClientQuotasRequest.json; see tools/generate_messages.py."""

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

_S_Z = Struct(">?")
_S_b = Struct(">b")
_S_i = Struct(">i")

class ComponentData(Message):
    __slots__ = ('entity_type', 'match_type', 'match', )

    def __init__(
        self,
        entity_type: str = "",
        match_type: int = 0,
        match: str | None = "",
    ) -> None:
        self.entity_type = entity_type
        self.match_type = match_type
        self.match = match

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ComponentData, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.entity_type, pos = read_compact_string(buf, pos)
        else:
            o.entity_type, pos = read_string(buf, pos)
        o.match_type, = _S_b.unpack_from(buf, pos)
        pos += 1
        if version >= 1:
            o.match, pos = read_compact_string_or_none(buf, pos)
        else:
            o.match, pos = read_string_or_none(buf, pos)
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_compact_string(out, self.entity_type)
        else:
            write_string(out, self.entity_type)
        out += _S_b.pack(self.match_type)
        if version >= 1:
            write_compact_string(out, self.match)
        else:
            write_string(out, self.match)
        if version >= 1:
            out += b"\0"


class DescribeClientQuotasRequest(Message):
    __slots__ = ('components', 'strict', )
    API_KEY = 48
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        components: list[ComponentData] | None = None,
        strict: bool = False,
    ) -> None:
        self.components: list[ComponentData] = [] if components is None else components
        self.strict = strict

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeClientQuotasRequest, int]:
        o = cls.__new__(cls)
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("components must not be null")
        else:
            components_items = []
            for _ in range(n):
                components_item, pos = ComponentData.read(buf, pos, version)
                components_items.append(components_item)
            o.components = components_items
        o.strict, = _S_Z.unpack_from(buf, pos)
        pos += 1
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_uvarint(out, len(self.components) + 1)
        else:
            out += _S_i.pack(len(self.components))
        for components_item in self.components:
            components_item.write(out, version)
        out += _S_Z.pack(self.strict)
        if version >= 1:
            out += b"\0"

