"""Generated from ListGroupsRequest.json; see tools/generate_messages.py."""

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
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_i = Struct(">i")

class ListGroupsRequest(Message):
    __slots__ = ('states_filter', 'types_filter', )
    API_KEY = 16
    VERSIONS = (0, 5)
    FLEXIBLE = 3

    def __init__(
        self,
        states_filter: list[str] | None = None,
        types_filter: list[str] | None = None,
    ) -> None:
        self.states_filter: list[str] = [] if states_filter is None else states_filter
        self.types_filter: list[str] = [] if types_filter is None else types_filter

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ListGroupsRequest, int]:
        o = cls.__new__(cls)
        if version >= 4:
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("states_filter must not be null")
            else:
                states_filter_items = []
                for _ in range(n):
                    if version >= 3:
                        states_filter_item, pos = read_compact_string(buf, pos)
                    else:
                        states_filter_item, pos = read_string(buf, pos)
                    states_filter_items.append(states_filter_item)
                o.states_filter = states_filter_items
        else:
            o.states_filter = []
        if version >= 5:
            if version >= 3:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("types_filter must not be null")
            else:
                types_filter_items = []
                for _ in range(n):
                    if version >= 3:
                        types_filter_item, pos = read_compact_string(buf, pos)
                    else:
                        types_filter_item, pos = read_string(buf, pos)
                    types_filter_items.append(types_filter_item)
                o.types_filter = types_filter_items
        else:
            o.types_filter = []
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 4:
            if version >= 3:
                write_uvarint(out, len(self.states_filter) + 1)
            else:
                out += _S_i.pack(len(self.states_filter))
            for states_filter_item in self.states_filter:
                if version >= 3:
                    write_compact_string(out, states_filter_item)
                else:
                    write_string(out, states_filter_item)
        if version >= 5:
            if version >= 3:
                write_uvarint(out, len(self.types_filter) + 1)
            else:
                out += _S_i.pack(len(self.types_filter))
            for types_filter_item in self.types_filter:
                if version >= 3:
                    write_compact_string(out, types_filter_item)
                else:
                    write_string(out, types_filter_item)
        if version >= 3:
            out += b"\0"

