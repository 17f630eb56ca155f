"""Generated from FindCoordinatorRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_count,
    read_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_b = Struct(">b")
_S_i = Struct(">i")

class FindCoordinatorRequest(Message):
    __slots__ = ('key', 'key_type', 'coordinator_keys', )
    API_KEY = 10
    VERSIONS = (0, 6)
    FLEXIBLE = 3

    def __init__(
        self,
        key: str = "",
        key_type: int = 0,
        coordinator_keys: list[str] | None = None,
    ) -> None:
        self.key = key
        self.key_type = key_type
        self.coordinator_keys: list[str] = [] if coordinator_keys is None else coordinator_keys

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FindCoordinatorRequest, int]:
        o = cls.__new__(cls)
        if version <= 3:
            if version >= 3:
                o.key, pos = read_compact_string(buf, pos)
            else:
                o.key, pos = read_string(buf, pos)
        else:
            o.key = ""
        if version >= 1:
            o.key_type, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.key_type = 0
        if version >= 4:
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("coordinator_keys must not be null")
            else:
                coordinator_keys_items = []
                for _ in range(n):
                    if version >= 3:
                        coordinator_keys_item, pos = read_compact_string(buf, pos)
                    else:
                        coordinator_keys_item, pos = read_string(buf, pos)
                    coordinator_keys_items.append(coordinator_keys_item)
                o.coordinator_keys = coordinator_keys_items
        else:
            o.coordinator_keys = []
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version <= 3:
            if version >= 3:
                write_compact_string(out, self.key)
            else:
                write_string(out, self.key)
        if version >= 1:
            out += _S_b.pack(self.key_type)
        if version >= 4:
            if version >= 3:
                write_uvarint(out, len(self.coordinator_keys) + 1)
            else:
                out += _S_i.pack(len(self.coordinator_keys))
            for coordinator_keys_item in self.coordinator_keys:
                if version >= 3:
                    write_compact_string(out, coordinator_keys_item)
                else:
                    write_string(out, coordinator_keys_item)
        if version >= 3:
            out += b"\0"

