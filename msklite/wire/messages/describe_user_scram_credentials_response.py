"""Generated from DescribeUserScramCredentialsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_bi = Struct(">bi")
_S_h = Struct(">h")
_S_i = Struct(">i")
_S_ih = Struct(">ih")

class CredentialInfo(Message):
    __slots__ = ('mechanism', 'iterations', )

    def __init__(
        self,
        mechanism: int = 0,
        iterations: int = 0,
    ) -> None:
        self.mechanism = mechanism
        self.iterations = iterations

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CredentialInfo, int]:
        o = cls.__new__(cls)
        o.mechanism, o.iterations = _S_bi.unpack_from(buf, pos)
        pos += 5
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_bi.pack(self.mechanism, self.iterations)
        out += b"\0"


class DescribeUserScramCredentialsResult(Message):
    __slots__ = ('user', 'error_code', 'error_message', 'credential_infos', )

    def __init__(
        self,
        user: str = "",
        error_code: int = 0,
        error_message: str | None = "",
        credential_infos: list[CredentialInfo] | None = None,
    ) -> None:
        self.user = user
        self.error_code = error_code
        self.error_message = error_message
        self.credential_infos: list[CredentialInfo] = [] if credential_infos is None else credential_infos

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeUserScramCredentialsResult, int]:
        o = cls.__new__(cls)
        o.user, pos = read_compact_string(buf, pos)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("credential_infos must not be null")
        else:
            credential_infos_items = []
            for _ in range(n):
                credential_infos_item, pos = CredentialInfo.read(buf, pos, version)
                credential_infos_items.append(credential_infos_item)
            o.credential_infos = credential_infos_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.user)
        out += _S_h.pack(self.error_code)
        write_compact_string(out, self.error_message)
        write_uvarint(out, len(self.credential_infos) + 1)
        for credential_infos_item in self.credential_infos:
            credential_infos_item.write(out, version)
        out += b"\0"


class DescribeUserScramCredentialsResponse(Message):
    __slots__ = ('throttle_time_ms', 'error_code', 'error_message', 'results', )
    API_KEY = 50
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        results: list[DescribeUserScramCredentialsResult] | None = None,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.results: list[DescribeUserScramCredentialsResult] = [] if results is None else results

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeUserScramCredentialsResponse, int]:
        o = cls.__new__(cls)
        o.throttle_time_ms, o.error_code = _S_ih.unpack_from(buf, pos)
        pos += 6
        o.error_message, pos = read_compact_string_or_none(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("results must not be null")
        else:
            results_items = []
            for _ in range(n):
                results_item, pos = DescribeUserScramCredentialsResult.read(buf, pos, version)
                results_items.append(results_item)
            o.results = results_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_ih.pack(self.throttle_time_ms, self.error_code)
        write_compact_string(out, self.error_message)
        write_uvarint(out, len(self.results) + 1)
        for results_item in self.results:
            results_item.write(out, version)
        out += b"\0"

