"""Generated from WriteTxnMarkersRequest.json; see tools/generate_messages.py."""

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

_S_b = Struct(">b")
_S_i = Struct(">i")
_S_qhZ = Struct(">qh?")

class WritableTxnMarkerTopic(Message):
    __slots__ = ('name', 'partition_indexes', )

    def __init__(
        self,
        name: str = "",
        partition_indexes: list[int] | None = None,
    ) -> None:
        self.name = name
        self.partition_indexes: list[int] = [] if partition_indexes is None else partition_indexes

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WritableTxnMarkerTopic, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("partition_indexes must not be null")
        else:
            o.partition_indexes = list(unpack_from(f">{n}i", buf, pos))
            pos += 4 * n
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_uvarint(out, len(self.partition_indexes) + 1)
        out += pack(f">{len(self.partition_indexes)}i", *self.partition_indexes)
        out += b"\0"


class WritableTxnMarker(Message):
    __slots__ = ('producer_id', 'producer_epoch', 'transaction_result', 'topics', 'coordinator_epoch', 'transaction_version', )

    def __init__(
        self,
        producer_id: int = 0,
        producer_epoch: int = 0,
        transaction_result: bool = False,
        topics: list[WritableTxnMarkerTopic] | None = None,
        coordinator_epoch: int = 0,
        transaction_version: int = 0,
    ) -> None:
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.transaction_result = transaction_result
        self.topics: list[WritableTxnMarkerTopic] = [] if topics is None else topics
        self.coordinator_epoch = coordinator_epoch
        self.transaction_version = transaction_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WritableTxnMarker, int]:
        o = cls.__new__(cls)
        o.producer_id, o.producer_epoch, o.transaction_result = _S_qhZ.unpack_from(buf, pos)
        pos += 11
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("topics must not be null")
        else:
            topics_items = []
            for _ in range(n):
                topics_item, pos = WritableTxnMarkerTopic.read(buf, pos, version)
                topics_items.append(topics_item)
            o.topics = topics_items
        o.coordinator_epoch, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            o.transaction_version, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.transaction_version = 0
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_qhZ.pack(self.producer_id, self.producer_epoch, self.transaction_result)
        write_uvarint(out, len(self.topics) + 1)
        for topics_item in self.topics:
            topics_item.write(out, version)
        out += _S_i.pack(self.coordinator_epoch)
        if version >= 2:
            out += _S_b.pack(self.transaction_version)
        out += b"\0"


class WriteTxnMarkersRequest(Message):
    __slots__ = ('markers', )
    API_KEY = 27
    VERSIONS = (1, 2)
    FLEXIBLE = 1

    def __init__(
        self,
        markers: list[WritableTxnMarker] | None = None,
    ) -> None:
        self.markers: list[WritableTxnMarker] = [] if markers is None else markers

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[WriteTxnMarkersRequest, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("markers must not be null")
        else:
            markers_items = []
            for _ in range(n):
                markers_item, pos = WritableTxnMarker.read(buf, pos, version)
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

