"""Generated from ShareGroupHeartbeatRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
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

_S_i = Struct(">i")

class ShareGroupHeartbeatRequest(Message):
    __slots__ = ('group_id', 'member_id', 'member_epoch', 'rack_id', 'subscribed_topic_names', )
    API_KEY = 76
    VERSIONS = (1, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        group_id: str = "",
        member_id: str = "",
        member_epoch: int = 0,
        rack_id: str | None = None,
        subscribed_topic_names: list[str] | None = None,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.member_epoch = member_epoch
        self.rack_id = rack_id
        self.subscribed_topic_names = subscribed_topic_names

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareGroupHeartbeatRequest, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string(buf, pos)
        o.member_id, pos = read_compact_string(buf, pos)
        o.member_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.subscribed_topic_names = None
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
        write_compact_string(out, self.group_id)
        write_compact_string(out, self.member_id)
        out += _S_i.pack(self.member_epoch)
        write_compact_string(out, self.rack_id)
        if self.subscribed_topic_names is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.subscribed_topic_names) + 1)
            for subscribed_topic_names_item in self.subscribed_topic_names:
                write_compact_string(out, subscribed_topic_names_item)
        out += b"\0"

