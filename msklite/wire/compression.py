"""The four codecs of record batches, in the framings that Kafka's clients use.

gzip; snappy in xerial's framing (Java) or bare (librdkafka), both read, xerial written; lz4 frames
of independent blocks, because Kafka's Java reader refuses linked ones; zstd. Decompression is
bounded: no more than `max_size` bytes come out, however small the input, else BatchError.
The codec library loads on first use: most brokers never look inside a batch.
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import Any

from msklite.errors import Code
from msklite.wire.batch import BatchError
from msklite.wire.primitives import Buffer

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
CODEC_NAMES = ("none", "gzip", "snappy", "lz4", "zstd")
MAX_SIZE = 256 * 1024 * 1024
_INT = Struct(">i")
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER = _XERIAL + b"\x00\x00\x00\x01\x00\x00\x00\x01"
_XERIAL_BLOCK = 32 * 1024


def compress(codec: int, data: Buffer, level: int | None = None) -> bytes:
    """`data` under `codec` (a number of 0..4)."""
    if codec == NONE:
        return bytes(data)
    if codec == GZIP:
        job = zlib.compressobj(-1 if level is None else level, zlib.DEFLATED, 31)
        return job.compress(data) + job.flush()
    import cramjam

    if codec == SNAPPY:
        out = bytearray(_XERIAL_HEADER)
        view = memoryview(data)
        for start in range(0, len(view), _XERIAL_BLOCK):
            block = bytes(cramjam.snappy.compress_raw(bytes(view[start : start + _XERIAL_BLOCK])))
            out += _INT.pack(len(block)) + block
        return bytes(out)
    if codec == LZ4:
        compressor = cramjam.lz4.Compressor(level=level, content_checksum=False, block_linked=False)
        compressor.compress(bytes(data))
        return bytes(compressor.finish())
    if codec == ZSTD:
        return bytes(cramjam.zstd.compress(bytes(data), level=3 if level is None else level))
    raise BatchError(Code.UNKNOWN_SERVER_ERROR, f"Unknown compression type id: {codec}")


def decompress(codec: int, data: Buffer, max_size: int = MAX_SIZE) -> Buffer:
    """What `compress` was given. BatchError for damage, or for more than `max_size` bytes."""
    if codec == NONE:
        return data
    if codec == GZIP:
        return _gunzip(data, max_size)
    import cramjam

    if codec == SNAPPY:
        return _unsnappy(cramjam.snappy, bytes(data), max_size)
    if codec == LZ4:
        return _grow(cramjam.lz4.decompress_into, bytes(data), max_size)
    if codec == ZSTD:
        return _grow(cramjam.zstd.decompress_into, bytes(data), max_size)
    raise BatchError(Code.UNKNOWN_SERVER_ERROR, f"Unknown compression type id: {codec}")


def _too_big(max_size: int) -> BatchError:
    return BatchError(
        Code.INVALID_RECORD, f"A batch decompresses to more than the limit of {max_size} bytes."
    )


def _damaged(codec: str, error: object) -> BatchError:
    # Kafka's streams throw what its handlers don't expect, hence its code.
    return BatchError(
        Code.UNKNOWN_SERVER_ERROR, f"Records can't be decompressed with {codec}: {error}."
    )


def _gunzip(data: Buffer, max_size: int) -> bytes:
    out = b""
    rest: Buffer = data
    try:
        while len(rest):
            job = zlib.decompressobj(31)
            out += job.decompress(rest, max_size + 1 - len(out))
            if len(out) > max_size:
                raise _too_big(max_size)
            if not job.eof:
                raise _damaged("gzip", "the stream is cut short")
            rest = job.unused_data
    except zlib.error as e:
        raise _damaged("gzip", e) from None
    return out


def _unsnappy(snappy: Any, data: bytes, max_size: int) -> bytes:
    if not data.startswith(_XERIAL):
        return _unsnappy_block(snappy, data, max_size)
    out = bytearray()
    pos = len(_XERIAL_HEADER)
    while pos < len(data):
        if pos + 4 > len(data):
            raise _damaged("snappy", "a block's length is cut short")
        (size,) = _INT.unpack_from(data, pos)
        pos += 4
        if size < 0 or pos + size > len(data):
            raise _damaged("snappy", "a block runs past the end")
        out += _unsnappy_block(snappy, data[pos : pos + size], max_size - len(out))
        pos += size
    return bytes(out)


def _unsnappy_block(snappy: Any, block: bytes, max_size: int) -> bytes:
    try:
        if snappy.decompress_raw_len(block) > max_size:
            raise _too_big(max_size)
        return bytes(snappy.decompress_raw(block))
    except BatchError:
        raise
    except Exception as e:  # the library's error class isn't part of its stated interface
        raise _damaged("snappy", e) from None


def _grow(decompress_into: Any, data: bytes, max_size: int) -> bytearray:
    """Decompress into buffers of growing size: the library has no limit of its own."""
    size = min(max(4 * len(data), 64 * 1024), max_size)
    while True:
        out = bytearray(size)
        try:
            written = decompress_into(data, out)
        except Exception as e:
            # Rust's words for "the output is full", which only a larger buffer can mend.
            if "write whole buffer" not in str(e):
                raise _damaged("lz4 or zstd", e) from None
            if size >= max_size:
                raise _too_big(max_size) from None
            size = min(size * 4, max_size)
            continue
        del out[written:]
        return out
