"""A stretch of a segment file, named but not yet read: replies are sent from it by the kernel."""

from __future__ import annotations

from msklite.wire.primitives import Piece
from msklite.world import File


class LogSlice(Piece):
    """`length` bytes of `file` from `position` on; the first batch begins at `first_offset`."""

    __slots__ = ("file", "first_offset", "position")

    def __init__(self, file: File, position: int, length: int, first_offset: int) -> None:
        self.length = length
        self.file = file
        self.position = position
        self.first_offset = first_offset

    def read(self) -> bytes:
        """The bytes."""
        return self.file.read(self.position, self.length) if self.length else b""

    bytes = read

    def sendfile(self, out_fd: int, offset: int) -> int:
        """Send from `offset` within the slice on; how much the socket took."""
        return self.file.sendfile(out_fd, self.position + offset, self.length - offset)
