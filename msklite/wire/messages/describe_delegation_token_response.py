"""Generated from DescribeDelegationTokenResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_bytes,
    read_compact_bytes,
    read_compact_count,
    read_compact_string,
    read_count,
    read_string,
    skip_tags,
    unpack_from,
    write_bytes,
    write_compact_bytes,
    write_compact_string,
    write_string,
    write_uvarint,
)

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_qqq = Struct(">qqq")

class DescribedDelegationTokenRenewer(Message):
    __slots__ = ('principal_type', 'principal_name', )

    def __init__(
        self,
        principal_type: str = "",
        principal_name: str = "",
    ) -> None:
        self.principal_type = principal_type
        self.principal_name = principal_name

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribedDelegationTokenRenewer, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.principal_type, pos = read_compact_string(buf, pos)
        else:
            o.principal_type, pos = read_string(buf, pos)
        if version >= 2:
            o.principal_name, pos = read_compact_string(buf, pos)
        else:
            o.principal_name, pos = read_string(buf, pos)
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.principal_type)
        else:
            write_string(out, self.principal_type)
        if version >= 2:
            write_compact_string(out, self.principal_name)
        else:
            write_string(out, self.principal_name)
        if version >= 2:
            out += b"\0"


class DescribedDelegationToken(Message):
    __slots__ = ('principal_type', 'principal_name', 'token_requester_principal_type', 'token_requester_principal_name', 'issue_timestamp', 'expiry_timestamp', 'max_timestamp', 'token_id', 'hmac', 'renewers', )

    def __init__(
        self,
        principal_type: str = "",
        principal_name: str = "",
        token_requester_principal_type: str = "",
        token_requester_principal_name: str = "",
        issue_timestamp: int = 0,
        expiry_timestamp: int = 0,
        max_timestamp: int = 0,
        token_id: str = "",
        hmac: bytes = b"",
        renewers: list[DescribedDelegationTokenRenewer] | None = None,
    ) -> None:
        self.principal_type = principal_type
        self.principal_name = principal_name
        self.token_requester_principal_type = token_requester_principal_type
        self.token_requester_principal_name = token_requester_principal_name
        self.issue_timestamp = issue_timestamp
        self.expiry_timestamp = expiry_timestamp
        self.max_timestamp = max_timestamp
        self.token_id = token_id
        self.hmac = hmac
        self.renewers: list[DescribedDelegationTokenRenewer] = [] if renewers is None else renewers

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribedDelegationToken, int]:
        o = cls.__new__(cls)
        if version >= 2:
            o.principal_type, pos = read_compact_string(buf, pos)
        else:
            o.principal_type, pos = read_string(buf, pos)
        if version >= 2:
            o.principal_name, pos = read_compact_string(buf, pos)
        else:
            o.principal_name, pos = read_string(buf, pos)
        if version >= 3:
            if version >= 2:
                o.token_requester_principal_type, pos = read_compact_string(buf, pos)
            else:
                o.token_requester_principal_type, pos = read_string(buf, pos)
            if version >= 2:
                o.token_requester_principal_name, pos = read_compact_string(buf, pos)
            else:
                o.token_requester_principal_name, pos = read_string(buf, pos)
        else:
            o.token_requester_principal_type = ""
            o.token_requester_principal_name = ""
        o.issue_timestamp, o.expiry_timestamp, o.max_timestamp = _S_qqq.unpack_from(buf, pos)
        pos += 24
        if version >= 2:
            o.token_id, pos = read_compact_string(buf, pos)
        else:
            o.token_id, pos = read_string(buf, pos)
        if version >= 2:
            o.hmac, pos = read_compact_bytes(buf, pos)
        else:
            o.hmac, pos = read_bytes(buf, pos)
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("renewers must not be null")
        else:
            renewers_items = []
            for _ in range(n):
                renewers_item, pos = DescribedDelegationTokenRenewer.read(buf, pos, version)
                renewers_items.append(renewers_item)
            o.renewers = renewers_items
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        if version >= 2:
            write_compact_string(out, self.principal_type)
        else:
            write_string(out, self.principal_type)
        if version >= 2:
            write_compact_string(out, self.principal_name)
        else:
            write_string(out, self.principal_name)
        if version >= 3:
            if version >= 2:
                write_compact_string(out, self.token_requester_principal_type)
            else:
                write_string(out, self.token_requester_principal_type)
            if version >= 2:
                write_compact_string(out, self.token_requester_principal_name)
            else:
                write_string(out, self.token_requester_principal_name)
        out += _S_qqq.pack(self.issue_timestamp, self.expiry_timestamp, self.max_timestamp)
        if version >= 2:
            write_compact_string(out, self.token_id)
        else:
            write_string(out, self.token_id)
        if version >= 2:
            write_compact_bytes(out, self.hmac)
        else:
            write_bytes(out, self.hmac)
        if version >= 2:
            write_uvarint(out, len(self.renewers) + 1)
        else:
            out += _S_i.pack(len(self.renewers))
        for renewers_item in self.renewers:
            renewers_item.write(out, version)
        if version >= 2:
            out += b"\0"


class DescribeDelegationTokenResponse(Message):
    __slots__ = ('error_code', 'tokens', 'throttle_time_ms', )
    API_KEY = 41
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        error_code: int = 0,
        tokens: list[DescribedDelegationToken] | None = None,
        throttle_time_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.tokens: list[DescribedDelegationToken] = [] if tokens is None else tokens
        self.throttle_time_ms = throttle_time_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[DescribeDelegationTokenResponse, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("tokens must not be null")
        else:
            tokens_items = []
            for _ in range(n):
                tokens_item, pos = DescribedDelegationToken.read(buf, pos, version)
                tokens_items.append(tokens_item)
            o.tokens = tokens_items
        o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 2:
            write_uvarint(out, len(self.tokens) + 1)
        else:
            out += _S_i.pack(len(self.tokens))
        for tokens_item in self.tokens:
            tokens_item.write(out, version)
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 2:
            out += b"\0"

