"""Record batches built by hand from Kafka's format description, good and bad.

Kept apart from msklite's own builder, so that a shared mistake can't hide; only reading back what
a broker compressed anew uses msklite's reader.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import cramjam
from crc32c import crc32c

from msklite.wire.batch import HEADER_SIZE, parse_header
from msklite.wire.records import record_bytes

T0 = 1_600_000_000_000
"""The scripts' first record time (2020)."""

Record = tuple[bytes | None, bytes | None]


def varint(value: int) -> bytes:
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def blob(value: bytes | None) -> bytes:
    return varint(-1) if value is None else varint(len(value)) + value


def record(
    delta: int, key: bytes | None, value: bytes | None, time_delta: int = 0, headers: bytes = b"\0"
) -> bytes:
    body = b"\0" + varint(time_delta) + varint(delta) + blob(key) + blob(value) + headers
    return varint(len(body)) + body


def batch(
    *values: bytes | Record,
    time: int = T0,
    step: int = 1,
    base_offset: int = 0,
    epoch: int = -1,
    magic: int = 2,
    attributes: int = 0,
    producer: tuple[int, int, int] = (-1, -1, -1),
    count: int | None = None,
    last_delta: int | None = None,
    max_time: int | None = None,
    length: int | None = None,
    crc: int | None = None,
    body: bytes | None = None,
    deltas: Sequence[int] | None = None,
) -> bytes:
    """One batch of version 2; every header field can be set wrong."""
    pairs = [v if isinstance(v, tuple) else (None, v) for v in values]
    n = len(pairs)
    if body is None:
        places = deltas or range(n)
        body = b"".join(
            record(d, k, v, i * step)
            for i, (d, (k, v)) in enumerate(zip(places, pairs, strict=True))
        )
    tail = struct.pack(
        ">hiqqqhii",
        attributes,
        n - 1 if last_delta is None else last_delta,
        time,
        time + max(0, n - 1) * step if max_time is None else max_time,
        *producer,
        n if count is None else count,
    )
    tail += body
    checksum = crc32c(tail) if crc is None else crc
    size = 9 + len(tail) if length is None else length
    return struct.pack(">qiibI", base_offset, size, epoch, magic, checksum) + tail


def _lz4_frame(raw: bytes) -> bytes:
    """A frame with one stored block; the last byte of its header is the header's checksum."""
    stored = len(raw) | 1 << 31
    return b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", stored) + raw + bytes(4)


def packed(
    codec: int,
    *values: bytes | Record,
    cut: int = 0,
    deltas: Sequence[int] | None = None,
    **fields: Any,
) -> bytes:
    """A batch whose records are compressed; `cut` leaves out their last bytes."""
    plain = batch(*values, deltas=deltas)[HEADER_SIZE:]
    body = {
        0: lambda raw: raw,
        1: cramjam.gzip.compress,
        2: cramjam.snappy.compress_raw,
        3: _lz4_frame,
        4: cramjam.zstd.compress,
    }[codec](plain)
    body = bytes(body)
    return batch(*values, body=body[: len(body) - cut], attributes=codec, **fields)


def opened(raw: bytes) -> list[Any]:
    """What batches say, records decompressed: two compressors' bytes needn't be alike."""
    out = []
    while raw:
        size = 12 + int.from_bytes(raw[8:12], "big")
        one, raw = bytes(raw[:size]), raw[size:]
        attributes = int.from_bytes(one[21:23], "big")
        body = record_bytes(one, parse_header(one))
        out.append(
            {
                "base_offset": int.from_bytes(one[:8], "big"),
                "attributes": attributes,
                "header": one[23:HEADER_SIZE].hex(),
                "records": bytes(body).hex(),
            }
        )
    return out


def message_set(value: bytes, magic: int) -> bytes:
    """One message of the formats before 0.11 (magic 0 or 1)."""
    import zlib

    inner = struct.pack(">bb", magic, 0)
    if magic == 1:
        inner += struct.pack(">q", T0)
    inner += struct.pack(">i", -1) + struct.pack(">i", len(value)) + value
    inner = struct.pack(">I", zlib.crc32(inner)) + inner
    return struct.pack(">qi", 0, len(inner)) + inner
