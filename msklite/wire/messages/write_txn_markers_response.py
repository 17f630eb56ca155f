"""Generated from WriteTxnMarkersResponse.json; see tools/generate_messages.py."""

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
_S_q = Struct(">q")

class WritableTxnMarkerPartitionResult(Message):
    __slots__ = ('partition_index', 'error_code', )

    def __init__(
        self,
        partition_index: int = 0,
        error_code: int = 0,
    ) -> None:
        self.partition_index = partition_index
        self.error_code = error_code

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WritableTxnMarkerPartitionResult, int]:
        o = cls.__new__(cls)
        o.partition_index, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.partition_index, self.error_code)
        out += b"\0"


class WritableTxnMarkerTopicResult(Message):
    __slots__ = ('name', 'partitions', )

    def __init__(
        self,
        name: str = "",
        partitions: list[WritableTxnMarkerPartitionResult] | None = None,
    ) -> None:
        self.name = name
        self.partitions: list[WritableTxnMarkerPartitionResult] = [] if partitions is None else partitions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WritableTxnMarkerTopicResult, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partitions must not be null")
        else:
            partitions_items = []
            for _ in range(n):
                partitions_item, pos = WritableTxnMarkerPartitionResult.read(buf, pos, version)
                partitions_items.append(partitions_item)
            o.partitions = partitions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_uvarint(out, len(self.partitions) + 1)
        for partitions_item in self.partitions:
            partitions_item.write(out, version)
        out += b"\0"


class WritableTxnMarkerResult(Message):
    __slots__ = ('producer_id', 'topics', )

    def __init__(
        self,
        producer_id: int = 0,
        topics: list[WritableTxnMarkerTopicResult] | None = None,
    ) -> None:
        self.producer_id = producer_id
        self.topics: list[WritableTxnMarkerTopicResult] = [] if topics is None else topics

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WritableTxnMarkerResult, int]:
        o = cls.__new__(cls)
        o.producer_id, = _S_q.unpack_from(buf, pos)
        pos += 8
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = WritableTxnMarkerTopicResult.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_q.pack(self.producer_id)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += b"\0"


class WriteTxnMarkersResponse(Message):
    __slots__ = ('markers', )
    API_KEY = 27
    VERSIONS = (1, 2)
    FLEXIBLE = 1

    def __init__(
        self,
        markers: list[WritableTxnMarkerResult] | None = None,
    ) -> None:
        self.markers: list[WritableTxnMarkerResult] = [] if markers is None else markers

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WriteTxnMarkersResponse, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("markers must not be null")
        else:
            markers_items = []
            for _ in range(n):
                markers_item, pos = WritableTxnMarkerResult.read(buf, pos, version)
                markers_items.append(markers_item)
            o.markers = markers_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.markers) + 1)
        for markers_item in self.markers:
            markers_item.write(out, version)
        out += b"\0"

