"""Generated from AlterReplicaLogDirsRequest.json; see tools/generate_messages.py."""

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

_S_i = Struct(">i")

class AlterReplicaLogDirTopic(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[int] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterReplicaLogDirTopic, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.name, pos = read_compact_string(buf, pos)
        else:
            o.name, pos = read_string(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.name)
        else:
            write_string(out, self.name)
        if version >= 2:
            write_uvarint(out, len(self.partitions) + 1)
        else:
            out += _S_i.pack(len(self.partitions))
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        if version >= 2:
            out += b"\0"


class AlterReplicaLogDir(Message):
    __slots__ = ('path', 'topics', )

    def __init__(
        self,
        path: str = "",
        topics: list[AlterReplicaLogDirTopic] | None = None,
    ) -> None:
        self.path = path
        self.topics: list[AlterReplicaLogDirTopic] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterReplicaLogDir, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.path, pos = read_compact_string(buf, pos)
        else:
            o.path, pos = read_string(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = AlterReplicaLogDirTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.path)
        else:
            write_string(out, self.path)
        if version >= 2:
            write_uvarint(out, len(self.topics) + 1)
        else:
            out += _S_i.pack(len(self.topics))
        for topics_item in self.topics:
            topics_item.write(out, version)
        if version >= 2:
            out += b"\0"


class AlterReplicaLogDirsRequest(Message):
    __slots__ = ('dirs', )
    API_KEY = 34
    VERSIONS = (1, 2)
    FLEXIBLE = 2

    def __init__(
        self,
        dirs: list[AlterReplicaLogDir] | None = None,
    ) -> None:
        self.dirs: list[AlterReplicaLogDir] = [] if dirs is None else dirs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterReplicaLogDirsRequest, int]:
        o = cls.__new__(cls)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("dirs must not be null")
        else:
            dirs_items = []
            for _ in range(n):
                dirs_item, pos = AlterReplicaLogDir.read(buf, pos, version)
                dirs_items.append(dirs_item)
            o.dirs = dirs_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_uvarint(out, len(self.dirs) + 1)
        else:
            out += _S_i.pack(len(self.dirs))
        for dirs_item in self.dirs:
            dirs_item.write(out, version)
        if version >= 2:
            out += b"\0"

