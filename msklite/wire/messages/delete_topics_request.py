"""Generated from DeleteTopicsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    read_count,
    read_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_u = Struct(">16s")

class DeleteTopicState(Message):
    __slots__ = ('name', 'topic_id', )

    def __init__(
        self,
        name: str | None = None,
        topic_id: bytes = ZERO_UUID,
    ) -> None:
        self.name = name
        self.topic_id = topic_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteTopicState, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string_or_none(buf, pos)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_u.pack(self.topic_id)
        out += b"\0"


class DeleteTopicsRequest(Message):
    __slots__ = ('topics', 'topic_names', 'timeout_ms', )
    API_KEY = 20
    VERSIONS = (1, 6)
    FLEXIBLE = 4

    def __init__(
        self,
        topics: list[DeleteTopicState] | None = None,
        topic_names: list[str] | None = None,
        timeout_ms: int = 0,
    ) -> None:
        self.topics: list[DeleteTopicState] = [] if topics is None else topics
        self.topic_names: list[str] = [] if topic_names is None else topic_names
        self.timeout_ms = timeout_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DeleteTopicsRequest, int]:
        o = cls.__new__(cls)
        if version >= 6:
            if version >= 4:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("topics must not be null")
            else:
                topics_items = []
                for _ in range(n):
                    topics_item, pos = DeleteTopicState.read(buf, pos, version)
                    topics_items.append(topics_item)
                o.topics = topics_items
        else:
            o.topics = []
        if version <= 5:
            if version >= 4:
                n, pos = read_compact_count(buf, pos)
            else:
                n, pos = read_count(buf, pos)
            if n < 0:
                raise DecodeError("topic_names must not be null")
            else:
                topic_names_items = []
                for _ in range(n):
                    if version >= 4:
                        topic_names_item, pos = read_compact_string(buf, pos)
                    else:
                        topic_names_item, pos = read_string(buf, pos)
                    topic_names_items.append(topic_names_item)
                o.topic_names = topic_names_items
        else:
            o.topic_names = []
        o.timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 4:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 6:
            if version >= 4:
                write_uvarint(out, len(self.topics) + 1)
            else:
                out += _S_i.pack(len(self.topics))
            for topics_item in self.topics:
                topics_item.write(out, version)
        if version <= 5:
            if version >= 4:
                write_uvarint(out, len(self.topic_names) + 1)
            else:
                out += _S_i.pack(len(self.topic_names))
            for topic_names_item in self.topic_names:
                if version >= 4:
                    write_compact_string(out, topic_names_item)
                else:
                    write_string(out, topic_names_item)
        out += _S_i.pack(self.timeout_ms)
        if version >= 4:
            out += b"\0"

