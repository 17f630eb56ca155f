"""Generated from StreamsGroupTopologyValue.json; see tools/generate_messages.py."""

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
_S_ih = Struct(">ih")

class TopicConfig(Message):
    __slots__ = ('key', 'value', )

    def __init__(
        self,
        key: str = "",
        value: str = "",
    ) -> None:
        self.key = key
        self.value = value

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicConfig, int]:
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


class TopicInfo(Message):
    __slots__ = ('name', 'partitions', 'replication_factor', 'topic_configs', )

    def __init__(
        self,
        name: str = "",
        partitions: int = 0,
        replication_factor: int = 0,
        topic_configs: list[TopicConfig] | None = None,
    ) -> None:
        self.name = name
        self.partitions = partitions
        self.replication_factor = replication_factor
        self.topic_configs: list[TopicConfig] = [] if topic_configs is None else topic_configs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicInfo, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.partitions, o.replication_factor = _S_ih.unpack_from(buf, pos)
        pos += 6
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topic_configs must not be null")
        else:
            topic_configs_items = []
            for _ in range(n):
                topic_configs_item, pos = TopicConfig.read(buf, pos, version)
                topic_configs_items.append(topic_configs_item)
            o.topic_configs = topic_configs_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_ih.pack(self.partitions, self.replication_factor)
        write_uvarint(out, len(self.topic_configs) + 1)
        for topic_configs_item in self.topic_configs:
            topic_configs_item.write(out, version)
        out += b"\0"


class CopartitionGroup(Message):
    __slots__ = ('source_topics', 'source_topic_regex', 'repartition_source_topics', )

    def __init__(
        self,
        source_topics: list[int] | None = None,
        source_topic_regex: list[int] | None = None,
        repartition_source_topics: list[int] | None = None,
    ) -> None:
        self.source_topics: list[int] = [] if source_topics is None else source_topics
        self.source_topic_regex: list[int] = [] if source_topic_regex is None else source_topic_regex
        self.repartition_source_topics: list[int] = [] if repartition_source_topics is None else repartition_source_topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CopartitionGroup, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topics must not be null")
        else:
            o.source_topics = list(unpack_from(f">{n}h", buf, pos))
            pos += 2 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topic_regex must not be null")
        else:
            o.source_topic_regex = list(unpack_from(f">{n}h", buf, pos))
            pos += 2 * n
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("repartition_source_topics must not be null")
        else:
            o.repartition_source_topics = list(unpack_from(f">{n}h", buf, pos))
            pos += 2 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.source_topics) + 1)
        out += pack(f">{len(self.source_topics)}h", *self.source_topics)
        write_uvarint(out, len(self.source_topic_regex) + 1)
        out += pack(f">{len(self.source_topic_regex)}h", *self.source_topic_regex)
        write_uvarint(out, len(self.repartition_source_topics) + 1)
        out += pack(f">{len(self.repartition_source_topics)}h", *self.repartition_source_topics)
        out += b"\0"


class Subtopology(Message):
    __slots__ = ('subtopology_id', 'source_topics', 'source_topic_regex', 'state_changelog_topics', 'repartition_sink_topics', 'repartition_source_topics', 'copartition_groups', )

    def __init__(
        self,
        subtopology_id: str = "",
        source_topics: list[str] | None = None,
        source_topic_regex: list[str] | None = None,
        state_changelog_topics: list[TopicInfo] | None = None,
        repartition_sink_topics: list[str] | None = None,
        repartition_source_topics: list[TopicInfo] | None = None,
        copartition_groups: list[CopartitionGroup] | None = None,
    ) -> None:
        self.subtopology_id = subtopology_id
        self.source_topics: list[str] = [] if source_topics is None else source_topics
        self.source_topic_regex: list[str] = [] if source_topic_regex is None else source_topic_regex
        self.state_changelog_topics: list[TopicInfo] = [] if state_changelog_topics is None else state_changelog_topics
        self.repartition_sink_topics: list[str] = [] if repartition_sink_topics is None else repartition_sink_topics
        self.repartition_source_topics: list[TopicInfo] = [] if repartition_source_topics is None else repartition_source_topics
        self.copartition_groups: list[CopartitionGroup] = [] if copartition_groups is None else copartition_groups

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Subtopology, int]:
        o = cls.__new__(cls)
        o.subtopology_id, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topics must not be null")
        else:
            source_topics_items = []
            for _ in range(n):
                source_topics_item, pos = read_compact_string(buf, pos)
                source_topics_items.append(source_topics_item)
            o.source_topics = source_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("source_topic_regex must not be null")
        else:
            source_topic_regex_items = []
            for _ in range(n):
                source_topic_regex_item, pos = read_compact_string(buf, pos)
                source_topic_regex_items.append(source_topic_regex_item)
            o.source_topic_regex = source_topic_regex_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("state_changelog_topics must not be null")
        else:
            state_changelog_topics_items = []
            for _ in range(n):
                state_changelog_topics_item, pos = TopicInfo.read(buf, pos, version)
                state_changelog_topics_items.append(state_changelog_topics_item)
            o.state_changelog_topics = state_changelog_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("repartition_sink_topics must not be null")
        else:
            repartition_sink_topics_items = []
            for _ in range(n):
                repartition_sink_topics_item, pos = read_compact_string(buf, pos)
                repartition_sink_topics_items.append(repartition_sink_topics_item)
            o.repartition_sink_topics = repartition_sink_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("repartition_source_topics must not be null")
        else:
            repartition_source_topics_items = []
            for _ in range(n):
                repartition_source_topics_item, pos = TopicInfo.read(buf, pos, version)
                repartition_source_topics_items.append(repartition_source_topics_item)
            o.repartition_source_topics = repartition_source_topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("copartition_groups must not be null")
        else:
            copartition_groups_items = []
            for _ in range(n):
                copartition_groups_item, pos = CopartitionGroup.read(buf, pos, version)
                copartition_groups_items.append(copartition_groups_item)
            o.copartition_groups = copartition_groups_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.subtopology_id)
        write_uvarint(out, len(self.source_topics) + 1)
        for source_topics_item in self.source_topics:
            write_compact_string(out, source_topics_item)
        write_uvarint(out, len(self.source_topic_regex) + 1)
        for source_topic_regex_item in self.source_topic_regex:
            write_compact_string(out, source_topic_regex_item)
        write_uvarint(out, len(self.state_changelog_topics) + 1)
        for state_changelog_topics_item in self.state_changelog_topics:
            state_changelog_topics_item.write(out, version)
        write_uvarint(out, len(self.repartition_sink_topics) + 1)
        for repartition_sink_topics_item in self.repartition_sink_topics:
            write_compact_string(out, repartition_sink_topics_item)
        write_uvarint(out, len(self.repartition_source_topics) + 1)
        for repartition_source_topics_item in self.repartition_source_topics:
            repartition_source_topics_item.write(out, version)
        write_uvarint(out, len(self.copartition_groups) + 1)
        for copartition_groups_item in self.copartition_groups:
            copartition_groups_item.write(out, version)
        out += b"\0"


class StreamsGroupTopologyValue(Message):
    __slots__ = ('epoch', 'subtopologies', )
    API_KEY = 23
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        epoch: int = 0,
        subtopologies: list[Subtopology] | None = None,
    ) -> None:
        self.epoch = epoch
        self.subtopologies: list[Subtopology] = [] if subtopologies is None else subtopologies

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[StreamsGroupTopologyValue, int]:
        o = cls.__new__(cls)
        o.epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("subtopologies must not be null")
        else:
            subtopologies_items = []
            for _ in range(n):
                subtopologies_item, pos = Subtopology.read(buf, pos, version)
                subtopologies_items.append(subtopologies_item)
            o.subtopologies = subtopologies_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.epoch)
        write_uvarint(out, len(self.subtopologies) + 1)
        for subtopologies_item in self.subtopologies:
            subtopologies_item.write(out, version)
        out += b"\0"

