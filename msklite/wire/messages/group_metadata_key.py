"""Generated from GroupMetadataKey.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_string,
    write_string,
)


class GroupMetadataKey(Message):
    __slots__ = ('group', )
    API_KEY = 2
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        group: str = "",
    ) -> None:
        self.group = group

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[GroupMetadataKey, int]:
        o = cls.__new__(cls)
        o.group, pos = read_string(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.group)

