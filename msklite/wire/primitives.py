"""Kafka's primitive types, as the generated messages use them.

Readers take (buffer, position) and return (value, position); they raise DecodeError when a value
runs past the end or a count can't be true, so that a huge count inside a small frame costs nothing.
A field of type `records` is a memoryview where the buffer is one: record bytes aren't copied here.
Sources: Kafka's protocol guide, KIP-482 (flexible versions, tagged fields).
"""

from __future__ import annotations

from struct import Struct, error, pack, unpack_from
from typing import Any

Buffer = bytes | bytearray | memoryview

__all__ = [
    "ZERO_UUID", "Buffer", "DecodeError", "Message", "Piece", "pack", "read_bytes",
    "read_bytes_or_none", "read_compact_bytes", "read_compact_bytes_or_none", "read_compact_count",
    "read_compact_records", "read_compact_records_or_none", "read_compact_string",
    "read_compact_string_or_none", "read_count", "read_records", "read_records_or_none",
    "read_string", "read_string_or_none", "read_uvarint", "read_varint", "skip_tags", "unpack_from",
    "write_bytes", "write_compact_bytes", "write_compact_string", "write_string", "write_tags",
    "write_uvarint", "write_varint",
]  # fmt: skip

ZERO_UUID = bytes(16)
_H = Struct(">h")
_I = Struct(">i")


class DecodeError(ValueError):
    """Bytes that are no such message. `struct.error` from a fixed-width field means the same."""


MALFORMED = (DecodeError, error, UnicodeDecodeError)
"""What decoding can raise for bad input."""


class Message:
    """Base of all generated messages: equality, a readable repr, plain-data form."""

    __slots__: tuple[str, ...] = ()
    API_KEY: int = -1
    VERSIONS: tuple[int, int] = (0, 0)
    FLEXIBLE: int = 32767

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, n) == getattr(other, n) for n in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        body = ", ".join(f"{n}={getattr(self, n)!r}" for n in self.__slots__)
        return f"{type(self).__name__}({body})"

    def plain(self) -> dict[str, Any]:
        """Fields as a dict, nested messages too."""
        return {n: _plain(getattr(self, n)) for n in self.__slots__}

    def encode(self, version: int) -> bytes:
        """The message's bytes at `version`, without header."""
        out = bytearray()
        self.write(out, version)
        return bytes(out)

    def write(self, out: bytearray, version: int) -> None:
        """Append the message's bytes at `version` to `out`."""
        raise NotImplementedError


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return value.plain()
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def read_uvarint(buf: Buffer, pos: int) -> tuple[int, int]:
    """An unsigned LEB128 number of at most five bytes."""
    try:
        b = buf[pos]
        if b < 128:
            return b, pos + 1
        value = b & 127
        for shift in (7, 14, 21, 28):
            pos += 1
            b = buf[pos]
            value |= (b & 127) << shift
            if b < 128:
                return value & 0xFFFFFFFF, pos + 1
    except IndexError:
        raise DecodeError("a varint runs past the end") from None
    raise DecodeError("a varint has more than five bytes")


def write_uvarint(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def read_varint(buf: Buffer, pos: int) -> tuple[int, int]:
    """A zigzag number of at most ten bytes (varint and varlong alike), as records use them."""
    value = shift = 0
    try:
        while True:
            b = buf[pos]
            pos += 1
            value |= (b & 127) << shift
            if b < 128:
                return (value >> 1) ^ -(value & 1), pos
            shift += 7
            if shift > 63:
                raise DecodeError("a varint has more than ten bytes")
    except IndexError:
        raise DecodeError("a varint runs past the end") from None


def write_varint(out: bytearray, value: int) -> None:
    value = (value << 1) ^ (value >> 63)
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def skip_tags(buf: Buffer, pos: int) -> int:
    """Pass over a section of tagged fields that we know none of."""
    n, pos = read_uvarint(buf, pos)
    for _ in range(n):
        _, pos = read_uvarint(buf, pos)
        size, pos = read_uvarint(buf, pos)
        pos += size
        if pos > len(buf):
            raise DecodeError("a tagged field runs past the end")
    return pos


def read_tags(buf: Buffer, pos: int) -> tuple[dict[int, bytes], int]:
    """A section of tagged fields as bytes by tag."""
    n, pos = read_uvarint(buf, pos)
    tags = {}
    for _ in range(n):
        tag, pos = read_uvarint(buf, pos)
        size, pos = read_uvarint(buf, pos)
        if pos + size > len(buf):
            raise DecodeError("a tagged field runs past the end")
        tags[tag] = bytes(buf[pos : pos + size])
        pos += size
    return tags, pos


def write_tags(out: bytearray, tags: list[tuple[int, bytearray]]) -> None:
    write_uvarint(out, len(tags))
    for tag, data in tags:
        write_uvarint(out, tag)
        write_uvarint(out, len(data))
        out += data


# -- lengths -------------------------------------------------------------------------------------


def read_count(buf: Buffer, pos: int) -> tuple[int, int]:
    """An array's length, -1 for null; never more than the bytes that are left."""
    (n,) = _I.unpack_from(buf, pos)
    pos += 4
    if n > len(buf) - pos:
        raise DecodeError(f"an array of {n} items in {len(buf) - pos} bytes")
    return n if n >= 0 else -1, pos


def read_compact_count(buf: Buffer, pos: int) -> tuple[int, int]:
    n, pos = read_uvarint(buf, pos)
    n -= 1
    if n > len(buf) - pos:
        raise DecodeError(f"an array of {n} items in {len(buf) - pos} bytes")
    return n, pos


def _slice(buf: Buffer, pos: int, n: int) -> tuple[Buffer, int]:
    end = pos + n
    if n < 0:
        raise DecodeError("a value that must not be null is null")
    if end > len(buf):
        raise DecodeError(f"a value of {n} bytes runs past the end")
    return buf[pos:end], end


# -- strings -------------------------------------------------------------------------------------


def read_string(buf: Buffer, pos: int) -> tuple[str, int]:
    (n,) = _H.unpack_from(buf, pos)
    raw, pos = _slice(buf, pos + 2, n)
    return str(raw, "utf-8", "replace"), pos


def read_string_or_none(buf: Buffer, pos: int) -> tuple[str | None, int]:
    (n,) = _H.unpack_from(buf, pos)
    if n < 0:
        return None, pos + 2
    raw, pos = _slice(buf, pos + 2, n)
    return str(raw, "utf-8", "replace"), pos


def read_compact_string(buf: Buffer, pos: int) -> tuple[str, int]:
    n, pos = read_uvarint(buf, pos)
    raw, pos = _slice(buf, pos, n - 1)
    return str(raw, "utf-8", "replace"), pos


def read_compact_string_or_none(buf: Buffer, pos: int) -> tuple[str | None, int]:
    n, pos = read_uvarint(buf, pos)
    if n == 0:
        return None, pos
    raw, pos = _slice(buf, pos, n - 1)
    return str(raw, "utf-8", "replace"), pos


def write_string(out: bytearray, value: str | None) -> None:
    if value is None:
        out += b"\xff\xff"
        return
    raw = value.encode()
    out += _H.pack(len(raw))
    out += raw


def write_compact_string(out: bytearray, value: str | None) -> None:
    if value is None:
        out.append(0)
        return
    raw = value.encode()
    n = len(raw) + 1
    if n < 128:
        out.append(n)
    else:
        write_uvarint(out, n)
    out += raw


# -- bytes and records ---------------------------------------------------------------------------


def read_records(buf: Buffer, pos: int) -> tuple[Buffer, int]:
    (n,) = _I.unpack_from(buf, pos)
    return _slice(buf, pos + 4, n)


def read_records_or_none(buf: Buffer, pos: int) -> tuple[Buffer | None, int]:
    (n,) = _I.unpack_from(buf, pos)
    if n < 0:
        return None, pos + 4
    return _slice(buf, pos + 4, n)


def read_compact_records(buf: Buffer, pos: int) -> tuple[Buffer, int]:
    n, pos = read_uvarint(buf, pos)
    return _slice(buf, pos, n - 1)


def read_compact_records_or_none(buf: Buffer, pos: int) -> tuple[Buffer | None, int]:
    n, pos = read_uvarint(buf, pos)
    if n == 0:
        return None, pos
    return _slice(buf, pos, n - 1)


def read_bytes(buf: Buffer, pos: int) -> tuple[bytes, int]:
    raw, pos = read_records(buf, pos)
    return bytes(raw), pos


def read_bytes_or_none(buf: Buffer, pos: int) -> tuple[bytes | None, int]:
    raw, pos = read_records_or_none(buf, pos)
    return None if raw is None else bytes(raw), pos


def read_compact_bytes(buf: Buffer, pos: int) -> tuple[bytes, int]:
    raw, pos = read_compact_records(buf, pos)
    return bytes(raw), pos


def read_compact_bytes_or_none(buf: Buffer, pos: int) -> tuple[bytes | None, int]:
    raw, pos = read_compact_records_or_none(buf, pos)
    return None if raw is None else bytes(raw), pos


class Piece:
    """Bytes that stay where they are (in a file) until a frame is sent; `length` of them.

    A `records` field may hold one when it is written into a frame that takes splices.
    """

    __slots__ = ("length",)

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length


def write_bytes(out: bytearray, value: Buffer | Piece | None) -> None:
    if value is None:
        out += b"\xff\xff\xff\xff"
        return
    out += _I.pack(len(value))
    if isinstance(value, Piece):
        out.splice(value, value.length)  # type: ignore[attr-defined]
    else:
        out += value


def write_compact_bytes(out: bytearray, value: Buffer | Piece | None) -> None:
    if value is None:
        out.append(0)
        return
    write_uvarint(out, len(value) + 1)
    if isinstance(value, Piece):
        out.splice(value, value.length)  # type: ignore[attr-defined]
    else:
        out += value
