"""Generated from AlterClientQuotasRequest.json; see tools/generate_messages.py."""

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
_S_dZ = Struct(">d?")
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


class OpData(Message):
    __slots__ = ('key', 'value', 'remove', )

    def __init__(
        self,
        key: str = "",
        value: float = 0.0,
        remove: bool = False,
    ) -> None:
        self.key = key
        self.value = value
        self.remove = remove

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[OpData, int]:
        o = cls.__new__(cls)
        if version >= 1:
            o.key, pos = read_compact_string(buf, pos)
        else:
            o.key, pos = read_string(buf, pos)
        o.value, o.remove = _S_dZ.unpack_from(buf, pos)
        pos += 9
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_compact_string(out, self.key)
        else:
            write_string(out, self.key)
        out += _S_dZ.pack(self.value, self.remove)
        if version >= 1:
            out += b"\0"


class EntryData(Message):
    __slots__ = ('entity', 'ops', )

    def __init__(
        self,
        entity: list[EntityData] | None = None,
        ops: list[OpData] | None = None,
    ) -> None:
        self.entity: list[EntityData] = [] if entity is None else entity
        self.ops: list[OpData] = [] if ops is None else ops

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[EntryData, int]:
        o = cls.__new__(cls)
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
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("ops must not be null")
        else:
            ops_items = []
            for _ in range(n):
                ops_item, pos = OpData.read(buf, pos, version)
                ops_items.append(ops_item)
            o.ops = ops_items
        if version >= 1:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 1:
            write_uvarint(out, len(self.entity) + 1)
        else:
            out += _S_i.pack(len(self.entity))
        for entity_item in self.entity:
            entity_item.write(out, version)
        if version >= 1:
            write_uvarint(out, len(self.ops) + 1)
        else:
            out += _S_i.pack(len(self.ops))
        for ops_item in self.ops:
            ops_item.write(out, version)
        if version >= 1:
            out += b"\0"


class AlterClientQuotasRequest(Message):
    __slots__ = ('entries', 'validate_only', )
    API_KEY = 49
    VERSIONS = (0, 1)
    FLEXIBLE = 1

    def __init__(
        self,
        entries: list[EntryData] | None = None,
        validate_only: bool = False,
    ) -> None:
        self.entries: list[EntryData] = [] if entries is None else entries
        self.validate_only = validate_only

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterClientQuotasRequest, int]:
        o = cls.__new__(cls)
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
        o.validate_only, = _S_Z.unpack_from(buf, pos)
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
            write_uvarint(out, len(self.entries) + 1)
        else:
            out += _S_i.pack(len(self.entries))
        for entries_item in self.entries:
            entries_item.write(out, version)
        out += _S_Z.pack(self.validate_only)
        if version >= 1:
            out += b"\0"

