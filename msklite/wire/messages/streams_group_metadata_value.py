"""Generated from StreamsGroupMetadataValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_tags,
    write_uvarint,
)

_S_i = Struct(">i")
_S_iq = Struct(">iq")

class LastAssignmentConfig(Message):
    __slots__ = ('key', 'value', )

    def __init__(
        self,
        key: str = "",
        value: str = "",
    ) -> None:
        self.key = key
        self.value = value

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[LastAssignmentConfig, int]:
        o = cls.__new__(cls)
        o.key, pos = read_compact_string(buf, pos)
        o.value, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.key)
        write_compact_string(out, self.value)
        out += b"\0"


class StreamsGroupMetadataValue(Message):
    __slots__ = ('epoch', 'metadata_hash', 'validated_topology_epoch', 'last_assignment_configs', )
    API_KEY = 17
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        epoch: int = 0,
        metadata_hash: int = 0,
        validated_topology_epoch: int = -1,
        last_assignment_configs: list[LastAssignmentConfig] | None = None,
    ) -> None:
        self.epoch = epoch
        self.metadata_hash = metadata_hash
        self.validated_topology_epoch = validated_topology_epoch
        self.last_assignment_configs: list[LastAssignmentConfig] | None = [] if last_assignment_configs is None else last_assignment_configs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupMetadataValue, int]:
        o = cls.__new__(cls)
        o.validated_topology_epoch = -1
        o.last_assignment_configs = []
        o.epoch, o.metadata_hash = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.validated_topology_epoch, = _S_i.unpack_from(buf, pos)
                    pos += 4
                elif tag == 1:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        o.last_assignment_configs = None
                    else:
                        last_assignment_configs_items = []
                        for _ in range(n):
                            last_assignment_configs_item, pos = LastAssignmentConfig.read(buf, pos, version)
                            last_assignment_configs_items.append(last_assignment_configs_item)
                        o.last_assignment_configs = last_assignment_configs_items
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.epoch, self.metadata_hash)
        tags: list[tuple[int, bytearray]] = []
        if self.validated_topology_epoch != -1:
            part = bytearray()
            part += _S_i.pack(self.validated_topology_epoch)
            tags.append((0, part))
        if self.last_assignment_configs != []:
            part = bytearray()
            if self.last_assignment_configs is None:
                part += b"\0"
            else:
                write_uvarint(part, len(self.last_assignment_configs) + 1)
                for last_assignment_configs_item in self.last_assignment_configs:
                    last_assignment_configs_item.write(part, version)
            tags.append((1, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

