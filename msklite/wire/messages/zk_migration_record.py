"""Generated from ZkMigrationStateRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    skip_tags,
    unpack_from,
)

_S_b = Struct(">b")

class ZkMigrationStateRecord(Message):
    __slots__ = ('zk_migration_state', )
    API_KEY = 21
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        zk_migration_state: int = 0,
    ) -> None:
        self.zk_migration_state = zk_migration_state

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ZkMigrationStateRecord, int]:
        o = cls.__new__(cls)
        o.zk_migration_state, = _S_b.unpack_from(buf, pos)
        pos += 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_b.pack(self.zk_migration_state)
        out += b"\0"

