"""Generated from ClientQuotaRecord.json; see tools/generate_messages.py."""

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
        o.entity_type, pos = read_compact_string(buf, pos)
        o.entity_name, pos = read_compact_string_or_none(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.entity_type)
        write_compact_string(out, self.entity_name)
        out += b"\0"


class ClientQuotaRecord(Message):
    __slots__ = ('entity', 'key', 'value', 'remove', )
    API_KEY = 14
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        entity: list[EntityData] | None = None,
        key: str = "",
        value: float = 0.0,
        remove: bool = False,
    ) -> None:
        self.entity: list[EntityData] = [] if entity is None else entity
        self.key = key
        self.value = value
        self.remove = remove

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ClientQuotaRecord, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("entity must not be null")
        else:
            entity_items = []
            for _ in range(n):
                entity_item, pos = EntityData.read(buf, pos, version)
                entity_items.append(entity_item)
            o.entity = entity_items
        o.key, pos = read_compact_string(buf, pos)
        o.value, o.remove = _S_dZ.unpack_from(buf, pos)
        pos += 9
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.entity) + 1)
        for entity_item in self.entity:
            entity_item.write(out, version)
        write_compact_string(out, self.key)
        out += _S_dZ.pack(self.value, self.remove)
        out += b"\0"

