"""Generated from DescribeUserScramCredentialsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_compact_count,
    read_compact_string,
    skip_tags,
    write_compact_string,
    write_uvarint,
)

_S_i = Struct(">i")

class UserName(Message):
    __slots__ = ('name', )

    def __init__(
        self,
        name: str = "",
    ) -> None:
        self.name = name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UserName, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += b"\0"


class DescribeUserScramCredentialsRequest(Message):
    __slots__ = ('users', )
    API_KEY = 50
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        users: list[UserName] | None = None,
    ) -> None:
        self.users: list[UserName] | None = [] if users is None else users

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeUserScramCredentialsRequest, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            o.users = None
        else:
            users_items = []
            for _ in range(n):
                users_item, pos = UserName.read(buf, pos, version)
                users_items.append(users_item)
            o.users = users_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if self.users is None:
            out += b"\0"
        else:
            write_uvarint(out, len(self.users) + 1)
            for users_item in self.users:
                users_item.write(out, version)
        out += b"\0"

