"""Generated from AlterClientQuotasResponse.json; see tools/generate_messages.py."""

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

_S_h = Struct(">h")
_S_i = Struct(">i")

class EntityData(Message):
    __slots__ = ('entity_type', 'entity_name', )

    def __init__(
        self,
        entity_type: str = "",
        entity_name: str | None = "",
    ) -> None:
        self.entity_type = entity_type
        self.entity_name = entity_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EntityData, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.entity_type, pos = read_compact_string(buf, pos)
        else:
            o.entity_type, pos = read_string(buf, pos)
        if version >= 1:
            o.entity_name, pos = read_compact_string_or_none(buf, pos)
        else:
            o.entity_name, pos = read_string_or_none(buf, pos)
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
        if version >= 1:
            write_compact_string(out, self.entity_name)
        else:
            write_string(out, self.entity_name)
        if version >= 1:
            out += b"\0"


class EntryData(Message):
    __slots__ = ('error_code', 'error_message', 'entity', )

    def __init__(
        self,
        error_code: int = 0,
        error_message: str | None = "",
        entity: list[EntityData] | None = None,
    ) -> None:
        self.error_code = error_code
        self.error_message = error_message
        self.entity: list[EntityData] = [] if entity is None else entity

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EntryData, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 1:
            o.error_message, pos = read_compact_string_or_none(buf, pos)
        else:
            o.error_message, pos = read_string_or_none(buf, pos)
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("entity must not be null")
        else:
            entity_items = []
            for _ in range(n):
                entity_item, pos = EntityData.read(buf, pos, version)
                entity_items.append(entity_item)
            o.entity = entity_items
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 1:
            write_compact_string(out, self.error_message)
        else:
            write_string(out, self.error_message)
        if version >= 1:
            write_uvarint(out, len(self.entity) + 1)
        else:
            out += _S_i.pack(len(self.entity))
        for entity_item in self.entity:
            entity_item.write(out, version)
        if version >= 1:
            out += b"\0"


class AlterClientQuotasResponse(Message):
    __slots__ = ('throttle_time_ms', 'entries', )
    API_KEY = 49
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        throttle_time_ms: int = 0,
        entries: list[EntryData] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.entries: list[EntryData] = [] if entries is None else entries

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterClientQuotasResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 1:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("entries must not be null")
        else:
            entries_items = []
            for _ in range(n):
                entries_item, pos = EntryData.read(buf, pos, version)
                entries_items.append(entries_item)
            o.entries = entries_items
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 1:
            write_uvarint(out, len(self.entries) + 1)
        else:
            out += _S_i.pack(len(self.entries))
        for entries_item in self.entries:
            entries_item.write(out, version)
        if version >= 1:
            out += b"\0"

