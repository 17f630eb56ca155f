"""Generated from TransactionLogKey.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_string,
    write_string,
)


class TransactionLogKey(Message):
    __slots__ = ('transactional_id', )
    API_KEY = 0
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        transactional_id: str = "",
    ) -> None:
        self.transactional_id = transactional_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[TransactionLogKey, int]:
        o = cls.__new__(cls)
        o.transactional_id, pos = read_string(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.transactional_id)

