"""Generated from BrokerRegistrationChangeRecord.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_uvarint,
    unpack_from,
    write_tags,
    write_uvarint,
)

_S_b = Struct(">b")
_S_i = Struct(">i")
_S_iq = Struct(">iq")

class BrokerRegistrationChangeRecord(Message):
    __slots__ = ('broker_id', 'broker_epoch', 'fenced', 'in_controlled_shutdown', 'log_dirs', )
    API_KEY = 17
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = 0,
        fenced: int = 0,
        in_controlled_shutdown: int = 0,
        log_dirs: list[bytes] | None = None,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.fenced = fenced
        self.in_controlled_shutdown = in_controlled_shutdown
        self.log_dirs: list[bytes] = [] if log_dirs is None else log_dirs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BrokerRegistrationChangeRecord, int]:
        o = cls.__new__(cls)
        o.fenced = 0
        o.in_controlled_shutdown = 0
        o.log_dirs = []
        o.broker_id, o.broker_epoch = _S_iq.unpack_from(buf, pos)
        pos += 12
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    o.fenced, = _S_b.unpack_from(buf, pos)
                    pos += 1
                elif tag == 1 and version >= 1:
                    o.in_controlled_shutdown, = _S_b.unpack_from(buf, pos)
                    pos += 1
                elif tag == 2 and version >= 2:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        raise DecodeError("log_dirs must not be null")
                    else:
                        o.log_dirs = [bytes(buf[pos + 16 * i : pos + 16 * i + 16]) for i in range(n)]
                        if pos + 16 * n > len(buf):
                            raise DecodeError("an array runs past the end")
                        pos += 16 * n
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iq.pack(self.broker_id, self.broker_epoch)
        tags: list[tuple[int, bytearray]] = []
        if self.fenced != 0:
            part = bytearray()
            part += _S_b.pack(self.fenced)
            tags.append((0, part))
        if version >= 1 and self.in_controlled_shutdown != 0:
            part = bytearray()
            part += _S_b.pack(self.in_controlled_shutdown)
            tags.append((1, part))
        if version >= 2 and self.log_dirs != []:
            part = bytearray()
            write_uvarint(part, len(self.log_dirs) + 1)
            part += b"".join(self.log_dirs)
            tags.append((2, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

