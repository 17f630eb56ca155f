"""Generated from DeleteShareGroupOffsetsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    read_compact_count,
    read_compact_string,
    skip_tags,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")

class DeleteShareGroupOffsetsRequestTopic(Message):
    __slots__ = ('topic_name', )

    def __init__(
        self,
        topic_name: str = "",
    ) -> None:
        self.topic_name = topic_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteShareGroupOffsetsRequestTopic, int]:
        o = cls.__new__(cls)
        o.topic_name, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.topic_name)
        out += b"\0"


class DeleteShareGroupOffsetsRequest(Message):
    __slots__ = ('group_id', 'topics', )
    API_KEY = 92
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        group_id: str = "",
        topics: list[DeleteShareGroupOffsetsRequestTopic] | None = None,
    ) -> None:
        self.group_id = group_id
        self.topics: list[DeleteShareGroupOffsetsRequestTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteShareGroupOffsetsRequest, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = DeleteShareGroupOffsetsRequestTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.group_id)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"

