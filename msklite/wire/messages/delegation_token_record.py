"""Generated from DelegationTokenRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")
_S_qqq = Struct(">qqq")

class DelegationTokenRecord(Message):
    __slots__ = ('owner', 'requester', 'renewers', 'issue_timestamp', 'max_timestamp', 'expiration_timestamp', 'token_id', )
    API_KEY = 10
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        owner: str = "",
        requester: str = "",
        renewers: list[str] | None = None,
        issue_timestamp: int = 0,
        max_timestamp: int = 0,
        expiration_timestamp: int = 0,
        token_id: str = "",
    ) -> None:
        self.owner = owner
        self.requester = requester
        self.renewers: list[str] = [] if renewers is None else renewers
        self.issue_timestamp = issue_timestamp
        self.max_timestamp = max_timestamp
        self.expiration_timestamp = expiration_timestamp
        self.token_id = token_id

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DelegationTokenRecord, int]:
        o = cls.__new__(cls)
        o.owner, pos = read_compact_string(buf, pos)
        o.requester, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("renewers must not be null")
        else:
            renewers_items = []
            for _ in range(n):
                renewers_item, pos = read_compact_string(buf, pos)
                renewers_items.append(renewers_item)
            o.renewers = renewers_items
        o.issue_timestamp, o.max_timestamp, o.expiration_timestamp = _S_qqq.unpack_from(buf, pos)
        pos += 24
        o.token_id, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.owner)
        write_compact_string(out, self.requester)
        write_uvarint(out, len(self.renewers) + 1)
        for renewers_item in self.renewers:
            write_compact_string(out, renewers_item)
        out += _S_qqq.pack(self.issue_timestamp, self.max_timestamp, self.expiration_timestamp)
        write_compact_string(out, self.token_id)
        out += b"\0"

