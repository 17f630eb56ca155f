"""Generated from BrokerHeartbeatRequest.json; see tools/generate_messages.py."""

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

_S_i = Struct(">i")
_S_iqqZZ = Struct(">iqq??")

class BrokerHeartbeatRequest(Message):
    __slots__ = ('broker_id', 'broker_epoch', 'current_metadata_offset', 'want_fence', 'want_shut_down', 'offline_log_dirs', )
    API_KEY = 63
    VERSIONS = (0, 1)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
        broker_epoch: int = -1,
        current_metadata_offset: int = 0,
        want_fence: bool = False,
        want_shut_down: bool = False,
        offline_log_dirs: list[bytes] | None = None,
    ) -> None:
        self.broker_id = broker_id
        self.broker_epoch = broker_epoch
        self.current_metadata_offset = current_metadata_offset
        self.want_fence = want_fence
        self.want_shut_down = want_shut_down
        self.offline_log_dirs: list[bytes] = [] if offline_log_dirs is None else offline_log_dirs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BrokerHeartbeatRequest, int]:
        o = cls.__new__(cls)
        o.offline_log_dirs = []
        o.broker_id, o.broker_epoch, o.current_metadata_offset, o.want_fence, o.want_shut_down = _S_iqqZZ.unpack_from(buf, pos)
        pos += 22
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0 and version >= 1:
                    n, pos = read_compact_count(buf, pos)
                    if n < 0:
                        raise DecodeError("offline_log_dirs must not be null")
                    else:
                        o.offline_log_dirs = [bytes(buf[pos + 16 * i : pos + 16 * i + 16]) for i in range(n)]
                        if pos + 16 * n > len(buf):
                            raise DecodeError("an array runs past the end")
                        pos += 16 * n
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iqqZZ.pack(self.broker_id, self.broker_epoch, self.current_metadata_offset, self.want_fence, self.want_shut_down)
        tags: list[tuple[int, bytearray]] = []
        if version >= 1 and self.offline_log_dirs != []:
            part = bytearray()
            write_uvarint(part, len(self.offline_log_dirs) + 1)
            part += b"".join(self.offline_log_dirs)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

