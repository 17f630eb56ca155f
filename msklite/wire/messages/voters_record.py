"""Generated from VotersRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    ZERO_UUID,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_H = Struct(">H")
_S_h = Struct(">h")
_S_hh = Struct(">hh")
_S_i = Struct(">i")
_S_iu = Struct(">i16s")

class Endpoint(Message):
    __slots__ = ('name', 'host', 'port', )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Endpoint, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.host, pos = read_compact_string(buf, pos)
        o.port, = _S_H.unpack_from(buf, pos)
        pos += 2
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_compact_string(out, self.host)
        out += _S_H.pack(self.port)
        out += b"\0"


class KRaftVersionFeature(Message):
    __slots__ = ('min_supported_version', 'max_supported_version', )

    def __init__(
        self,
        min_supported_version: int = 0,
        max_supported_version: int = 0,
    ) -> None:
        self.min_supported_version = min_supported_version
        self.max_supported_version = max_supported_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[KRaftVersionFeature, int]:
        o = cls.__new__(cls)
        o.min_supported_version, o.max_supported_version = _S_hh.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hh.pack(self.min_supported_version, self.max_supported_version)
        out += b"\0"


class Voter(Message):
    __slots__ = ('voter_id', 'voter_directory_id', 'endpoints', 'kraft_version_feature', )

    def __init__(
        self,
        voter_id: int = 0,
        voter_directory_id: bytes = ZERO_UUID,
        endpoints: list[Endpoint] | None = None,
        kraft_version_feature: KRaftVersionFeature | None = None,
    ) -> None:
        self.voter_id = voter_id
        self.voter_directory_id = voter_directory_id
        self.endpoints: list[Endpoint] = [] if endpoints is None else endpoints
        self.kraft_version_feature: KRaftVersionFeature = KRaftVersionFeature() if kraft_version_feature is None else kraft_version_feature

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Voter, int]:
        o = cls.__new__(cls)
        o.voter_id, o.voter_directory_id = _S_iu.unpack_from(buf, pos)
        pos += 20
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("endpoints must not be null")
        else:
            endpoints_items = []
            for _ in range(n):
                endpoints_item, pos = Endpoint.read(buf, pos, version)
                endpoints_items.append(endpoints_item)
            o.endpoints = endpoints_items
        o.kraft_version_feature, pos = KRaftVersionFeature.read(buf, pos, version)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iu.pack(self.voter_id, self.voter_directory_id)
        write_uvarint(out, len(self.endpoints) + 1)
        for endpoints_item in self.endpoints:
            endpoints_item.write(out, version)
        self.kraft_version_feature.write(out, version)
        out += b"\0"


class VotersRecord(Message):
    __slots__ = ('version', 'voters', )
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        version: int = 0,
        voters: list[Voter] | None = None,
    ) -> None:
        self.version = version
        self.voters: list[Voter] = [] if voters is None else voters

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[VotersRecord, int]:
        o = cls.__new__(cls)
        o.version, = _S_h.unpack_from(buf, pos)
        pos += 2
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("voters must not be null")
        else:
            voters_items = []
            for _ in range(n):
                voters_item, pos = Voter.read(buf, pos, version)
                voters_items.append(voters_item)
            o.voters = voters_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.version)
        write_uvarint(out, len(self.voters) + 1)
        for voters_item in self.voters:
            voters_item.write(out, version)
        out += b"\0"

