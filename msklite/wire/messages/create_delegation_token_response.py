"""Generated from CreateDelegationTokenResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    Message,
    pack,
    read_bytes,
    read_compact_bytes,
    read_compact_string,
    read_string,
    skip_tags,
    unpack_from,
    write_bytes,
    write_compact_bytes,
    write_compact_string,
    write_string,
)

_S_h = Struct(">h")
_S_i = Struct(">i")
_S_qqq = Struct(">qqq")

class CreateDelegationTokenResponse(Message):
    __slots__ = ('error_code', 'principal_type', 'principal_name', 'token_requester_principal_type', 'token_requester_principal_name', 'issue_timestamp_ms', 'expiry_timestamp_ms', 'max_timestamp_ms', 'token_id', 'hmac', 'throttle_time_ms', )
    API_KEY = 38
    VERSIONS = (1, 3)
    FLEXIBLE = 2

    def __init__(
        self,
        error_code: int = 0,
        principal_type: str = "",
        principal_name: str = "",
        token_requester_principal_type: str = "",
        token_requester_principal_name: str = "",
        issue_timestamp_ms: int = 0,
        expiry_timestamp_ms: int = 0,
        max_timestamp_ms: int = 0,
        token_id: str = "",
        hmac: bytes = b"",
        throttle_time_ms: int = 0,
    ) -> None:
        self.error_code = error_code
        self.principal_type = principal_type
        self.principal_name = principal_name
        self.token_requester_principal_type = token_requester_principal_type
        self.token_requester_principal_name = token_requester_principal_name
        self.issue_timestamp_ms = issue_timestamp_ms
        self.expiry_timestamp_ms = expiry_timestamp_ms
        self.max_timestamp_ms = max_timestamp_ms
        self.token_id = token_id
        self.hmac = hmac
        self.throttle_time_ms = throttle_time_ms

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[CreateDelegationTokenResponse, int]:
        o = cls.__new__(cls)
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
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
        o.issue_timestamp_ms, o.expiry_timestamp_ms, o.max_timestamp_ms = _S_qqq.unpack_from(buf, pos)
        pos += 24
        if version >= 2:
            o.token_id, pos = read_compact_string(buf, pos)
        else:
            o.token_id, pos = read_string(buf, pos)
        if version >= 2:
            o.hmac, pos = read_compact_bytes(buf, pos)
        else:
            o.hmac, pos = read_bytes(buf, pos)
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
        out += _S_qqq.pack(self.issue_timestamp_ms, self.expiry_timestamp_ms, self.max_timestamp_ms)
        if version >= 2:
            write_compact_string(out, self.token_id)
        else:
            write_string(out, self.token_id)
        if version >= 2:
            write_compact_bytes(out, self.hmac)
        else:
            write_bytes(out, self.hmac)
        out += _S_i.pack(self.throttle_time_ms)
        if version >= 2:
            out += b"\0"

