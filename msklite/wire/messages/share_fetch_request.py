"""Generated from ShareFetchRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_bZ = Struct(">b?")
_S_i = Struct(">i")
_S_iiiiii = Struct(">iiiiii")
_S_qq = Struct(">qq")
_S_u = Struct(">16s")

class AcknowledgementBatch(Message):
    __slots__ = ('first_offset', 'last_offset', 'acknowledge_types', )

    def __init__(
        self,
        first_offset: int = 0,
        last_offset: int = 0,
        acknowledge_types: list[int] | None = None,
    ) -> None:
        self.first_offset = first_offset
        self.last_offset = last_offset
        self.acknowledge_types: list[int] = [] if acknowledge_types is None else acknowledge_types

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AcknowledgementBatch, int]:
        o = cls.__new__(cls)
        o.first_offset, o.last_offset = _S_qq.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("acknowledge_types must not be null")
        else:
            o.acknowledge_types = list(unpack_from(f">{n}b", buf, pos))
            pos += 1 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qq.pack(self.first_offset, self.last_offset)
        write_uvarint(out, len(self.acknowledge_types) + 1)
        out += pack(f">{len(self.acknowledge_types)}b", *self.acknowledge_types)
        out += b"\0"


class FetchPartition(Message):
    __slots__ = ('partition_index', 'acknowledgement_batches', )

    def __init__(
        self,
        partition_index: int = 0,
        acknowledgement_batches: list[AcknowledgementBatch] | None = None,
    ) -> None:
        self.partition_index = partition_index
        self.acknowledgement_batches: list[AcknowledgementBatch] = [] if acknowledgement_batches is None else acknowledgement_batches

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchPartition, int]:
        o = cls.__new__(cls)
        o.partition_index, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("acknowledgement_batches must not be null")
        else:
            acknowledgement_batches_items = []
            for _ in range(n):
                acknowledgement_batches_item, pos = AcknowledgementBatch.read(buf, pos, version)
                acknowledgement_batches_items.append(acknowledgement_batches_item)
            o.acknowledgement_batches = acknowledgement_batches_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.partition_index)
        write_uvarint(out, len(self.acknowledgement_batches) + 1)
        for acknowledgement_batches_item in self.acknowledgement_batches:
            acknowledgement_batches_item.write(out, version)
        out += b"\0"


class FetchTopic(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[FetchPartition] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[FetchPartition] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FetchTopic, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = FetchPartition.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class ForgottenTopic(Message):
    __slots__ = ('topic_id', 'partitions', )

    def __init__(
        self,
        topic_id: bytes = ZERO_UUID,
        partitions: list[int] | None = None,
    ) -> None:
        self.topic_id = topic_id
        self.partitions: list[int] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ForgottenTopic, int]:
        o = cls.__new__(cls)
        o.topic_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            o.partitions = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_u.pack(self.topic_id)
        write_uvarint(out, len(self.partitions) + 1)
        out += pack(f">{len(self.partitions)}i", *self.partitions)
        out += b"\0"


class ShareFetchRequest(Message):
    __slots__ = ('group_id', 'member_id', 'share_session_epoch', 'max_wait_ms', 'min_bytes', 'max_bytes', 'max_records', 'batch_size', 'share_acquire_mode', 'is_renew_ack', 'topics', 'forgotten_topics_data', )
    API_KEY = 78
    VERSIONS = (1, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        group_id: str | None = None,
        member_id: str | None = "",
        share_session_epoch: int = 0,
        max_wait_ms: int = 0,
        min_bytes: int = 0,
        max_bytes: int = 2147483647,
        max_records: int = 0,
        batch_size: int = 0,
        share_acquire_mode: int = 0,
        is_renew_ack: bool = False,
        topics: list[FetchTopic] | None = None,
        forgotten_topics_data: list[ForgottenTopic] | None = None,
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.share_session_epoch = share_session_epoch
        self.max_wait_ms = max_wait_ms
        self.min_bytes = min_bytes
        self.max_bytes = max_bytes
        self.max_records = max_records
        self.batch_size = batch_size
        self.share_acquire_mode = share_acquire_mode
        self.is_renew_ack = is_renew_ack
        self.topics: list[FetchTopic] = [] if topics is None else topics
        self.forgotten_topics_data: list[ForgottenTopic] = [] if forgotten_topics_data is None else forgotten_topics_data

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareFetchRequest, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_compact_string_or_none(buf, pos)
        o.member_id, pos = read_compact_string_or_none(buf, pos)
        o.share_session_epoch, o.max_wait_ms, o.min_bytes, o.max_bytes, o.max_records, o.batch_size = _S_iiiiii.unpack_from(buf, pos)
        pos += 24
        if version >= 2:
            o.share_acquire_mode, o.is_renew_ack = _S_bZ.unpack_from(buf, pos)
            pos += 2
        else:
            o.share_acquire_mode = 0
            o.is_renew_ack = False
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = FetchTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("forgotten_topics_data must not be null")
        else:
            forgotten_topics_data_items = []
            for _ in range(n):
                forgotten_topics_data_item, pos = ForgottenTopic.read(buf, pos, version)
                forgotten_topics_data_items.append(forgotten_topics_data_item)
            o.forgotten_topics_data = forgotten_topics_data_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.group_id)
        write_compact_string(out, self.member_id)
        out += _S_iiiiii.pack(self.share_session_epoch, self.max_wait_ms, self.min_bytes, self.max_bytes, self.max_records, self.batch_size)
        if version >= 2:
            out += _S_bZ.pack(self.share_acquire_mode, self.is_renew_ack)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        write_uvarint(out, len(self.forgotten_topics_data) + 1)
        for forgotten_topics_data_item in self.forgotten_topics_data:
            forgotten_topics_data_item.write(out, version)
        out += b"\0"

