"""The header of a record batch (magic 2): read it, check it, patch it in place.

    0        8       12      16    17   21    23     27       35       43     51     53     57   61
    | offset | length| epoch |magic| CRC|attrs|last d|base ts |max ts  |prod. |epoch |seq   |count|

The CRC-32C covers everything from byte 21 on, so base offset and leader epoch can be patched while
the bytes stay as the producer sent them. `BatchHeader.length` counts the whole batch, with the 12
bytes of offset and length that the number on the wire leaves out. Records aren't looked at here:
see `records`. Which error Kafka gives for which fault, and in which order faults are looked for,
follows its ByteBufferLogInputStream, ProduceRequest, UnifiedLog and LogValidator.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from msklite.errors import Code
from msklite.wire.crc import crc32c
from msklite.wire.primitives import Buffer

HEADER_SIZE = 61
PREFIX_SIZE = 12
CRC_START = 21
MAGIC = 2
MAX_CODEC = 4
MIN_RECORD = 7
"""Bytes of the smallest record: seven fields of one byte each."""

CODEC_MASK = 0x07
LOG_APPEND_TIME = 0x08
TRANSACTIONAL = 0x10
CONTROL = 0x20
DELETE_HORIZON = 0x40

HEADER = Struct(">qiibIhiqqqhii")
_PREFIX = Struct(">qi")
_BASE = Struct(">q")
_INT = Struct(">i")
_CRC = Struct(">I")
_unpack_header = HEADER.unpack_from
_pack_base = _BASE.pack_into
_pack_int = _INT.pack_into
_pack_place = Struct(">qii").pack_into
_NO_LIMIT = 0x7FFFFFFF


class BatchError(Exception):
    """A batch that can't be taken: Kafka's code for it, and one sentence."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class BatchHeader:
    """The fields of a batch's header, as stored (but for `length`, see above)."""

    __slots__ = (
        "attributes", "base_offset", "base_sequence", "base_timestamp", "count", "crc",
        "last_offset_delta", "leader_epoch", "length", "magic", "max_timestamp", "producer_epoch",
        "producer_id",
    )  # fmt: skip

    def __init__(
        self, base_offset: int, length: int, leader_epoch: int, magic: int, crc: int,
        attributes: int, last_offset_delta: int, base_timestamp: int, max_timestamp: int,
        producer_id: int, producer_epoch: int, base_sequence: int, count: int,
    ) -> None:  # fmt: skip
        self.base_offset = base_offset
        self.length = length + 12
        self.leader_epoch = leader_epoch
        self.magic = magic
        self.crc = crc
        self.attributes = attributes
        self.last_offset_delta = last_offset_delta
        self.base_timestamp = base_timestamp
        self.max_timestamp = max_timestamp
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.base_sequence = base_sequence
        self.count = count

    @property
    def last_offset(self) -> int:
        """The offset of the last record; the batch owns all up to it, cleaned away or not."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The base offset that a following batch may have."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def compression(self) -> int:
        """0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."""
        return self.attributes & CODEC_MASK

    @property
    def is_control(self) -> bool:
        return self.attributes & CONTROL != 0

    @property
    def is_transactional(self) -> bool:
        return self.attributes & TRANSACTIONAL != 0

    @property
    def log_append_time(self) -> bool:
        """Whether `max_timestamp` is the time of every record, set by the broker."""
        return self.attributes & LOG_APPEND_TIME != 0

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last record, or -1 where the producer isn't idempotent."""
        first = self.base_sequence
        return -1 if first < 0 else add_sequence(first, self.last_offset_delta)

    def __repr__(self) -> str:
        body = ", ".join(f"{name}={getattr(self, name)}" for name in sorted(self.__slots__))
        return f"BatchHeader({body})"


def add_sequence(sequence: int, count: int) -> int:
    """A producer's sequence number `count` later: they wrap from 2^31-1 to 0."""
    return (sequence + count) & 0x7FFFFFFF


def parse_header(buf: Buffer, pos: int = 0) -> BatchHeader:
    """The header at `pos`, unchecked; struct.error where fewer than 61 bytes are left."""
    return BatchHeader(*_unpack_header(buf, pos))


def batch_length(buf: Buffer, pos: int = 0) -> int:
    """The whole length of the batch at `pos`; needs its first 12 bytes only."""
    return int(_INT.unpack_from(buf, pos + 8)[0]) + PREFIX_SIZE


def check_batch(
    buf: Buffer, pos: int, end: int, *, max_bytes: int = _NO_LIMIT, client: bool = True
) -> BatchHeader:
    """The header of the batch at `pos`, if all of it is sound and ends by `end`; else BatchError.

    With `client` also the rules for what a producer sends: records counted right, no control
    batch. A batch that was compacted may hold fewer records than offsets, so followers and
    recovery pass False. `max_bytes` is the topic's `max.message.bytes`. Who has parsed the header
    already calls `check_header`.
    """
    if pos + HEADER_SIZE > end or pos + batch_length(buf, pos) > end:
        _raise_short(buf, pos, end)
    header = BatchHeader(*_unpack_header(buf, pos))
    check_header(header, buf, pos, max_bytes=max_bytes, client=client)
    return header


def check_header(
    header: BatchHeader,
    buf: Buffer,
    pos: int = 0,
    *,
    max_bytes: int = _NO_LIMIT,
    client: bool = True,
) -> None:
    """`check_batch` for a header that was read at `pos` and whose batch is all there."""
    length = header.length
    if header.magic != MAGIC or length < HEADER_SIZE:
        _raise_malformed(header.magic, length)
    if client and header.base_offset != 0:
        raise BatchError(
            Code.INVALID_RECORD,
            f"The base offset of a produced batch should be 0, but it is {header.base_offset}.",
        )
    if length > max_bytes:
        raise BatchError(
            Code.MESSAGE_TOO_LARGE,
            f"The record batch of {length} bytes is larger than the maximum of {max_bytes}.",
        )
    if crc32c(memoryview(buf)[pos + CRC_START : pos + length]) != header.crc:
        raise BatchError(
            Code.CORRUPT_MESSAGE, f"Record is corrupt (stored CRC {header.crc} doesn't match)."
        )
    if header.attributes & CODEC_MASK > MAX_CODEC:
        # Kafka stumbles over an IllegalArgumentException here, hence its code.
        raise BatchError(
            Code.UNKNOWN_SERVER_ERROR, f"Unknown compression type id: {header.compression}"
        )
    if client and (header.last_offset_delta + 1 != header.count or header.count <= 0):
        raise BatchError(
            Code.INVALID_RECORD,
            f"The batch's offset range 0..{header.last_offset_delta} doesn't match its count of "
            f"records, {header.count}.",
        )
    if (
        client
        and header.count * MIN_RECORD > length - HEADER_SIZE
        and not header.attributes & CODEC_MASK
    ):
        raise BatchError(
            Code.INVALID_RECORD, f"{header.count} records don't fit in a batch of {length} bytes."
        )


def sole_batch(buf: Buffer) -> BatchHeader:
    """The header of the one batch that a produce request may hold, of magic 2; else BatchError.

    Bytes after it that are no batch are left alone, as in Kafka's ProduceRequest.validateRecords:
    what counts is buf[:header.length].
    """
    size = len(buf)
    if size >= HEADER_SIZE:
        header = BatchHeader(*_unpack_header(buf, 0))
        if header.length == size and header.magic == MAGIC:
            return header
    length = next_batch(buf, 0)
    if length == 0:
        raise BatchError(Code.INVALID_RECORD, "There must be at least one whole record batch.")
    if buf[16] != MAGIC or length < HEADER_SIZE:
        _raise_malformed(buf[16], length)
    if next_batch(buf, length):
        raise BatchError(Code.INVALID_RECORD, "A partition's records must be one batch.")
    return header


def next_batch(buf: Buffer, pos: int = 0) -> int:
    """The length of the whole batch at `pos`, 0 when none is there; BatchError for nonsense.

    As Kafka's ByteBufferLogInputStream, which looks at length and magic only.
    """
    left = len(buf) - pos
    if left < PREFIX_SIZE:
        return 0
    length = batch_length(buf, pos)
    if length > _NO_LIMIT:
        # Kafka's int overflows and it stumbles, hence its code.
        raise BatchError(Code.UNKNOWN_SERVER_ERROR, f"A batch can't have {length} bytes.")
    magic = buf[pos + 16] if left > 16 else MAGIC
    if length - PREFIX_SIZE < 14 or magic > MAGIC:
        _raise_malformed(magic if magic < 128 else magic - 256, length, short=True)
    return length if 16 < length <= left else 0


def _raise_short(buf: Buffer, pos: int, end: int) -> None:
    """Less than a whole batch is there: find the words that Kafka's reader would have for it."""
    if end - pos >= PREFIX_SIZE:
        magic = buf[pos + 16] if end - pos > 16 else MAGIC
        _raise_malformed(magic if magic < 128 else magic - 256, batch_length(buf, pos), short=True)
    raise BatchError(Code.INVALID_RECORD, "There must be at least one whole record batch.")


def _raise_malformed(magic: int, length: int, *, short: bool = False) -> None:
    # 14 bytes is the least body that Kafka's oldest format could have.
    if length - PREFIX_SIZE < 14:
        raise BatchError(
            Code.CORRUPT_MESSAGE, f"A record size of {length - PREFIX_SIZE} is below the minimum."
        )
    if not 0 <= magic <= MAGIC:
        raise BatchError(Code.CORRUPT_MESSAGE, f"Invalid magic found in record: {magic}")
    if short:
        return
    if magic < MAGIC:
        raise BatchError(
            Code.INVALID_RECORD, f"Only record batches of magic 2 are taken; this one has {magic}."
        )
    raise BatchError(
        Code.CORRUPT_MESSAGE, f"A batch of {length} bytes is smaller than a batch's header."
    )


def iter_headers(buf: Buffer, pos: int = 0, end: int | None = None) -> Iterator[BatchHeader]:
    """Headers of the whole batches in buf[pos:end], unchecked; a partial last batch ends it."""
    end = len(buf) if end is None else end
    while pos + HEADER_SIZE <= end:
        header = parse_header(buf, pos)
        if header.length < HEADER_SIZE or pos + header.length > end:
            return
        yield header
        pos += header.length


def check_batches(buf: Buffer, pos: int = 0, end: int | None = None) -> list[BatchHeader]:
    """Check every batch of what a leader sent; a partial last batch is left out, as in Kafka."""
    end = len(buf) if end is None else end
    headers = []
    while pos + PREFIX_SIZE <= end:
        length = batch_length(buf, pos)
        if length >= HEADER_SIZE and pos + length > end:
            break
        headers.append(check_batch(buf, pos, end, client=False))
        pos += length
    return headers


def set_base(buf: bytearray | memoryview, pos: int, base_offset: int, leader_epoch: int) -> None:
    """Give the batch its place in the log; both fields lie outside the CRC."""
    _pack_base(buf, pos, base_offset)
    _pack_int(buf, pos + 12, leader_epoch)


def set_place(buf: bytearray | memoryview, header: BatchHeader) -> None:
    """The same for a batch at the beginning of `buf`, as its header says."""
    _pack_place(buf, 0, header.base_offset, header.length - PREFIX_SIZE, header.leader_epoch)


def set_append_time(buf: bytearray | memoryview, pos: int, now_ms: int) -> None:
    """Stamp the batch with the broker's time: attribute, max timestamp and a new CRC."""
    length = batch_length(buf, pos)
    buf[pos + 22] |= LOG_APPEND_TIME
    _pack_base(buf, pos + 35, now_ms)
    crc = crc32c(memoryview(buf)[pos + CRC_START : pos + length])
    _CRC.pack_into(buf, pos + 17, crc)
