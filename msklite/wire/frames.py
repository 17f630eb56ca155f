"""Frames and headers: a 4-byte length, a request or response header, a body.

Request header: api key, api version, correlation id, client id (always in the old string form),
then tagged fields where the body is flexible. Response header: correlation id, then tagged fields
where flexible, but never for ApiVersions, which a client must read before it knows any version
(KIP-511).
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any, Protocol

from msklite.wire.apis import API_VERSIONS, Api
from msklite.wire.primitives import Buffer, DecodeError, Message, skip_tags

HEADER = Struct(">hhi")
_LENGTH = Struct(">i")
_client_length = Struct(">h").unpack_from
_reply_header = Struct(">ii").pack
_flexible_reply_header = Struct(">iix").pack


class FilePiece(Protocol):
    """Bytes of a file: what a splice must offer (log/slices does)."""

    length: int

    def read(self) -> bytes: ...

    def sendfile(self, out_fd: int, offset: int) -> int: ...


class Frame(bytearray):
    """A reply being written. `splices` are (position, slice) pairs: file bytes that belong at that
    position and are sent from the file, so that records are never copied through Python.
    """

    splices: tuple[tuple[int, FilePiece], ...] = ()
    spliced = 0

    def splice(self, piece: FilePiece, length: int) -> None:
        """Put `length` bytes of `piece` here when the frame is sent."""
        self.splices += ((len(self), piece),)
        self.spliced += length

    def parts(self) -> list[Buffer]:
        """The frame as buffers, with what stands in files read."""
        view = memoryview(self)
        at = 0
        found: list[Buffer] = []
        for pos, piece in self.splices:
            found += [view[at:pos], piece.read()]
            at = pos
        found.append(view[at:])
        return found


def read_client_id(view: Buffer, flexible: bool) -> tuple[str | None, int]:
    """The rest of a request header after its fixed eight bytes; gives the body's position too."""
    (size,) = _client_length(view, 8)
    pos = 10
    client_id = None
    if size >= 0:
        pos += size
        if pos > len(view):
            raise DecodeError(f"a client id of {size} bytes runs past the end")
        client_id = str(view[10:pos], "utf-8", "replace")
    if flexible:
        pos = pos + 1 if pos < len(view) and view[pos] == 0 else skip_tags(view, pos)
    return client_id, pos


def encode_reply(
    api: Api,
    version: int,
    correlation_id: int,
    body: Message,
    write: Callable[[Any, bytearray, int], None] | None = None,
    tags: bytes | None = None,
) -> Frame:
    """A whole reply frame.

    `write` is there where the body has a hand-written codec; `tags` are the header's tagged fields,
    where it can have any.
    """
    if version >= api.flexible and api.key != API_VERSIONS:
        out = Frame(_flexible_reply_header(0, correlation_id))
        if tags is not None:
            out[-1:] = tags
    else:
        out = Frame(_reply_header(0, correlation_id))
    if write is None:
        body.write(out, version)
    else:
        write(body, out, version)
    _LENGTH.pack_into(out, 0, len(out) - 4 + out.spliced)
    return out
