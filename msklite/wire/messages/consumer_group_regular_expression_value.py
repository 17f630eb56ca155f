"""Generated from ConsumerGroupRegularExpressionValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_qq = Struct(">qq")

class ConsumerGroupRegularExpressionValue(Message):
    __slots__ = ('topics', 'version', 'timestamp', )
    API_KEY = 16
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        topics: list[str] | None = None,
        version: int = 0,
        timestamp: int = 0,
    ) -> None:
        self.topics: list[str] = [] if topics is None else topics
        self.version = version
        self.timestamp = timestamp

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupRegularExpressionValue, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = read_compact_string(buf, pos)
                topics_items.append(topics_item)
            o.topics = topics_items
        o.version, o.timestamp = _S_qq.unpack_from(buf, pos)
        pos += 16
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            write_compact_string(out, topics_item)
        out += _S_qq.pack(self.version, self.timestamp)
        out += b"\0"

