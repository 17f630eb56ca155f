"""Frames and headers: a 4-byte length, a request or response header, a body.

Request header: api key, api version, correlation id, client id (always in the old string form),
then tagged fields where the body is flexible. Response header: correlation id, then tagged fields
where flexible, but never for ApiVersions, which a client must read before it knows any version
(KIP-511).
"""

from __future__ import annotations

from struct import Struct
from typing import Protocol

from msklite.wire.apis import API_VERSIONS, Api
from msklite.wire.primitives import Buffer, Message, read_string_or_none, skip_tags

HEADER = Struct(">hhi")
_LENGTH = Struct(">i")


class FilePiece(Protocol):
    """Bytes of a file: what a splice must offer (log/slices does)."""

    length: int

    def read(self) -> bytes: ...

    def sendfile(self, out_fd: int, offset: int) -> int: ...


class Frame(bytearray):
    """A reply being written. `splices` are (position, slice) pairs: file bytes that belong at that
    position and are sent from the file, so that records are never copied through Python.
    """

    __slots__ = ("spliced", "splices")

    def __init__(self, size: int = 0) -> None:
        super().__init__(size)
        self.splices: list[tuple[int, FilePiece]] = []
        self.spliced = 0

    def splice(self, piece: FilePiece, length: int) -> None:
        """Put `length` bytes of `piece` here when the frame is sent."""
        self.splices.append((len(self), piece))
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
    client_id, pos = read_string_or_none(view, 8)
    if flexible:
        if view[pos : pos + 1] == b"\0":
            return client_id, pos + 1
        pos = skip_tags(view, pos)
    return client_id, pos


def encode_reply(api: Api, version: int, correlation_id: int, body: Message) -> Frame:
    """A whole reply frame."""
    out = Frame()
    out += HEADER_REPLY.pack(0, correlation_id)
    if version >= api.flexible and api.key != API_VERSIONS:
        out += b"\0"
    body.write(out, version)
    _LENGTH.pack_into(out, 0, len(out) - 4 + out.spliced)
    return out


HEADER_REPLY = Struct(">ii")
