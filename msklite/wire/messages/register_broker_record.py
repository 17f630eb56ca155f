"""Generated from RegisterBrokerRecord.json; see tools/generate_messages.py."""

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
    read_compact_string_or_none,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_tags,
    write_uvarint,
)

_S_Hh = Struct(">Hh")
_S_Z = Struct(">?")
_S_hh = Struct(">hh")
_S_i = Struct(">i")
_S_uq = Struct(">16sq")

class BrokerEndpoint(Message):
    __slots__ = ('name', 'host', 'port', 'security_protocol', )

    def __init__(
        self,
        name: str = "",
        host: str = "",
        port: int = 0,
        security_protocol: int = 0,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        self.security_protocol = security_protocol

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BrokerEndpoint, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.host, pos = read_compact_string(buf, pos)
        o.port, o.security_protocol = _S_Hh.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_compact_string(out, self.host)
        out += _S_Hh.pack(self.port, self.security_protocol)
        out += b"\0"


class BrokerFeature(Message):
    __slots__ = ('name', 'min_supported_version', 'max_supported_version', )

    def __init__(
        self,
        name: str = "",
        min_supported_version: int = 0,
        max_supported_version: int = 0,
    ) -> None:
        self.name = name
        self.min_supported_version = min_supported_version
        self.max_supported_version = max_supported_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BrokerFeature, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.min_supported_version, o.max_supported_version = _S_hh.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_hh.pack(self.min_supported_version, self.max_supported_version)
        out += b"\0"


class RegisterBrokerRecord(Message):
    __slots__ = ('broker_id', 'is_migrating_zk_broker', 'incarnation_id', 'broker_epoch', 'end_points', 'features', 'rack', 'fenced', 'in_controlled_shutdown', 'log_dirs', )
    API_KEY = 0
    VERSIONS = (0, 3)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
        is_migrating_zk_broker: bool = False,
        incarnation_id: bytes = ZERO_UUID,
        broker_epoch: int = 0,
        end_points: list[BrokerEndpoint] | None = None,
        features: list[BrokerFeature] | None = None,
        rack: str | None = "",
        fenced: bool = True,
        in_controlled_shutdown: bool = False,
        log_dirs: list[bytes] | None = None,
    ) -> None:
        self.broker_id = broker_id
        self.is_migrating_zk_broker = is_migrating_zk_broker
        self.incarnation_id = incarnation_id
        self.broker_epoch = broker_epoch
        self.end_points: list[BrokerEndpoint] = [] if end_points is None else end_points
        self.features: list[BrokerFeature] = [] if features is None else features
        self.rack = rack
        self.fenced = fenced
        self.in_controlled_shutdown = in_controlled_shutdown
        self.log_dirs: list[bytes] = [] if log_dirs is None else log_dirs

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[RegisterBrokerRecord, int]:
        o = cls.__new__(cls)
        o.log_dirs = []
        o.broker_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        if version >= 2:
            o.is_migrating_zk_broker, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.is_migrating_zk_broker = False
        o.incarnation_id, o.broker_epoch = _S_uq.unpack_from(buf, pos)
        pos += 24
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("end_points must not be null")
        else:
            end_points_items = []
            for _ in range(n):
                end_points_item, pos = BrokerEndpoint.read(buf, pos, version)
                end_points_items.append(end_points_item)
            o.end_points = end_points_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("features must not be null")
        else:
            features_items = []
            for _ in range(n):
                features_item, pos = BrokerFeature.read(buf, pos, version)
                features_items.append(features_item)
            o.features = features_items
        o.rack, pos = read_compact_string_or_none(buf, pos)
        o.fenced, = _S_Z.unpack_from(buf, pos)
        pos += 1
        if version >= 1:
            o.in_controlled_shutdown, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.in_controlled_shutdown = False
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0 and version >= 3:
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
        out += _S_i.pack(self.broker_id)
        if version >= 2:
            out += _S_Z.pack(self.is_migrating_zk_broker)
        out += _S_uq.pack(self.incarnation_id, self.broker_epoch)
        write_uvarint(out, len(self.end_points) + 1)
        for end_points_item in self.end_points:
            end_points_item.write(out, version)
        write_uvarint(out, len(self.features) + 1)
        for features_item in self.features:
            features_item.write(out, version)
        write_compact_string(out, self.rack)
        out += _S_Z.pack(self.fenced)
        if version >= 1:
            out += _S_Z.pack(self.in_controlled_shutdown)
        tags: list[tuple[int, bytearray]] = []
        if version >= 3 and self.log_dirs != []:
            part = bytearray()
            write_uvarint(part, len(self.log_dirs) + 1)
            part += b"".join(self.log_dirs)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

