"""Generated from SaslHandshakeRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_string,
    write_string,
)


class SaslHandshakeRequest(Message):
    __slots__ = ('mechanism', )
    API_KEY = 17
    VERSIONS = (0, 1)
    FLEXIBLE = 32767

    def __init__(
        self,
        mechanism: str = "",
    ) -> None:
        self.mechanism = mechanism

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SaslHandshakeRequest, int]:
        o = cls.__new__(cls)
        o.mechanism, pos = read_string(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.mechanism)

