"""Generated from ShareGroupTargetAssignmentMetadataKey.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_string,
    write_string,
)


class ShareGroupTargetAssignmentMetadataKey(Message):
    __slots__ = ('group_id', )
    API_KEY = 12
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        group_id: str = "",
    ) -> None:
        self.group_id = group_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ShareGroupTargetAssignmentMetadataKey, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_string(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.group_id)

