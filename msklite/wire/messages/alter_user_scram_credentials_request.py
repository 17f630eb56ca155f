"""Generated from AlterUserScramCredentialsRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_bytes,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_bytes,
    write_compact_string,
    write_uvarint,
)

_S_b = Struct(">b")
_S_bi = Struct(">bi")
_S_i = Struct(">i")

class ScramCredentialDeletion(Message):
    __slots__ = ('name', 'mechanism', )

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
    ) -> None:
        self.name = name
        self.mechanism = mechanism

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ScramCredentialDeletion, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.mechanism, = _S_b.unpack_from(buf, pos)
        pos += 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_b.pack(self.mechanism)
        out += b"\0"


class ScramCredentialUpsertion(Message):
    __slots__ = ('name', 'mechanism', 'iterations', 'salt', 'salted_password', )

    def __init__(
        self,
        name: str = "",
        mechanism: int = 0,
        iterations: int = 0,
        salt: bytes = b"",
        salted_password: bytes = b"",
    ) -> None:
        self.name = name
        self.mechanism = mechanism
        self.iterations = iterations
        self.salt = salt
        self.salted_password = salted_password

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ScramCredentialUpsertion, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.mechanism, o.iterations = _S_bi.unpack_from(buf, pos)
        pos += 5
        o.salt, pos = read_compact_bytes(buf, pos)
        o.salted_password, pos = read_compact_bytes(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_bi.pack(self.mechanism, self.iterations)
        write_compact_bytes(out, self.salt)
        write_compact_bytes(out, self.salted_password)
        out += b"\0"


class AlterUserScramCredentialsRequest(Message):
    __slots__ = ('deletions', 'upsertions', )
    API_KEY = 51
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        deletions: list[ScramCredentialDeletion] | None = None,
        upsertions: list[ScramCredentialUpsertion] | None = None,
    ) -> None:
        self.deletions: list[ScramCredentialDeletion] = [] if deletions is None else deletions
        self.upsertions: list[ScramCredentialUpsertion] = [] if upsertions is None else upsertions

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[AlterUserScramCredentialsRequest, int]:
        o = cls.__new__(cls)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("deletions must not be null")
        else:
            deletions_items = []
            for _ in range(n):
                deletions_item, pos = ScramCredentialDeletion.read(buf, pos, version)
                deletions_items.append(deletions_item)
            o.deletions = deletions_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("upsertions must not be null")
        else:
            upsertions_items = []
            for _ in range(n):
                upsertions_item, pos = ScramCredentialUpsertion.read(buf, pos, version)
                upsertions_items.append(upsertions_item)
            o.upsertions = upsertions_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_uvarint(out, len(self.deletions) + 1)
        for deletions_item in self.deletions:
            deletions_item.write(out, version)
        write_uvarint(out, len(self.upsertions) + 1)
        for upsertions_item in self.upsertions:
            upsertions_item.write(out, version)
        out += b"\0"

