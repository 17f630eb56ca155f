"""Generated from VoteRequest.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_Z = Struct(">?")
_S_i = Struct(">i")
_S_iii = Struct(">iii")
_S_iq = Struct(">iq")
_S_uu = Struct(">16s16s")

class PartitionData(Message):
    __slots__ = ('partition_index', 'replica_epoch', 'replica_id', 'replica_directory_id', 'voter_directory_id', 'last_offset_epoch', 'last_offset', 'pre_vote', )

    def __init__(
        self,
        partition_index: int = 0,
        replica_epoch: int = 0,
        replica_id: int = 0,
        replica_directory_id: bytes = ZERO_UUID,
        voter_directory_id: bytes = ZERO_UUID,
        last_offset_epoch: int = 0,
        last_offset: int = 0,
        pre_vote: bool = False,
    ) -> None:
        self.partition_index = partition_index
        self.replica_epoch = replica_epoch
        self.replica_id = replica_id
        self.replica_directory_id = replica_directory_id
        self.voter_directory_id = voter_directory_id
        self.last_offset_epoch = last_offset_epoch
        self.last_offset = last_offset
        self.pre_vote = pre_vote

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[PartitionData, int]:
        o = cls.__new__(cls)
        o.partition_index, o.replica_epoch, o.replica_id = _S_iii.unpack_from(buf, pos)
        pos += 12
        if version >= 1:
            o.replica_directory_id, o.voter_directory_id = _S_uu.unpack_from(buf, pos)
            pos += 32
        else:
            o.replica_directory_id = ZERO_UUID
            o.voter_directory_id = ZERO_UUID
        o.last_offset_epoch, o.last_offset = _S_iq.unpack_from(buf, pos)
        pos += 12
        if version >= 2:
            o.pre_vote, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.pre_vote = False
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iii.pack(self.partition_index, self.replica_epoch, self.replica_id)
        if version >= 1:
            out += _S_uu.pack(self.replica_directory_id, self.voter_directory_id)
        out += _S_iq.pack(self.last_offset_epoch, self.last_offset)
        if version >= 2:
            out += _S_Z.pack(self.pre_vote)
        out += b"\0"


class TopicData(Message):
    __slots__ = ('topic_name', 'partitions', )

    def __init__(
        self,
        topic_name: str = "",
        partitions: list[PartitionData] | None = None,
    ) -> None:
        self.topic_name = topic_name
        self.partitions: list[PartitionData] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TopicData, int]:
        o = cls.__new__(cls)
        o.topic_name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = PartitionData.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.topic_name)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class VoteRequest(Message):
    __slots__ = ('cluster_id', 'voter_id', 'topics', )
    API_KEY = 52
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        cluster_id: str | None = None,
        voter_id: int = -1,
        topics: list[TopicData] | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.voter_id = voter_id
        self.topics: list[TopicData] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[VoteRequest, int]:
        o = cls.__new__(cls)
        o.cluster_id, pos = read_compact_string_or_none(buf, pos)
        if version >= 1:
            o.voter_id, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.voter_id = -1
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = TopicData.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.cluster_id)
        if version >= 1:
            out += _S_i.pack(self.voter_id)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"

