"""Generated from ShareGroupMemberMetadataValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    skip_tags,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")

class ShareGroupMemberMetadataValue(Message):
    __slots__ = ('rack_id', 'client_id', 'client_host', 'subscribed_topic_names', )
    API_KEY = 10
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        rack_id: str | None = "",
        client_id: str = "",
        client_host: str = "",
        subscribed_topic_names: list[str] | None = None,
    ) -> None:
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.subscribed_topic_names: list[str] = [] if subscribed_topic_names is None else subscribed_topic_names

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareGroupMemberMetadataValue, int]:
        o = cls.__new__(cls)
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        o.client_id, pos = read_compact_string(buf, pos)
        o.client_host, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("subscribed_topic_names must not be null")
        else:
            subscribed_topic_names_items = []
            for _ in range(n):
                subscribed_topic_names_item, pos = read_compact_string(buf, pos)
                subscribed_topic_names_items.append(subscribed_topic_names_item)
            o.subscribed_topic_names = subscribed_topic_names_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.rack_id)
        write_compact_string(out, self.client_id)
        write_compact_string(out, self.client_host)
        write_uvarint(out, len(self.subscribed_topic_names) + 1)
        for subscribed_topic_names_item in self.subscribed_topic_names:
            write_compact_string(out, subscribed_topic_names_item)
        out += b"\0"

