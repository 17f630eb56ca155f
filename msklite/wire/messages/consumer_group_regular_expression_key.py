"""Generated from ConsumerGroupRegularExpressionKey.json; see tools/generate_messages.py."""

from __future__ import annotations

from msklite.wire.primitives import (
    Buffer,
    Message,
    read_string,
    write_string,
)


class ConsumerGroupRegularExpressionKey(Message):
    __slots__ = ('group_id', 'regular_expression', )
    API_KEY = 16
    VERSIONS = (0, 0)
    FLEXIBLE = 32767

    def __init__(
        self,
        group_id: str = "",
        regular_expression: str = "",
    ) -> None:
        self.group_id = group_id
        self.regular_expression = regular_expression

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupRegularExpressionKey, int]:
        o = cls.__new__(cls)
        o.group_id, pos = read_string(buf, pos)
        o.regular_expression, pos = read_string(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_string(out, self.group_id)
        write_string(out, self.regular_expression)

