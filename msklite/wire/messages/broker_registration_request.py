"""Generated from BrokerRegistrationRequest.json; see tools/generate_messages.py."""

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
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_Hh = Struct(">Hh")
_S_Z = Struct(">?")
_S_hh = Struct(">hh")
_S_i = Struct(">i")
_S_q = Struct(">q")
_S_u = Struct(">16s")

class Listener(Message):
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
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Listener, int]:
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


class Feature(Message):
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
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[Feature, int]:
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


class BrokerRegistrationRequest(Message):
    __slots__ = ('broker_id', 'cluster_id', 'incarnation_id', 'listeners', 'features', 'rack', 'is_migrating_zk_broker', 'log_dirs', 'previous_broker_epoch', )
    API_KEY = 62
    VERSIONS = (0, 4)
    FLEXIBLE = 0

    def __init__(
        self,
        broker_id: int = 0,
        cluster_id: str = "",
        incarnation_id: bytes = ZERO_UUID,
        listeners: list[Listener] | None = None,
        features: list[Feature] | None = None,
        rack: str | None = "",
        is_migrating_zk_broker: bool = False,
        log_dirs: list[bytes] | None = None,
        previous_broker_epoch: int = -1,
    ) -> None:
        self.broker_id = broker_id
        self.cluster_id = cluster_id
        self.incarnation_id = incarnation_id
        self.listeners: list[Listener] = [] if listeners is None else listeners
        self.features: list[Feature] = [] if features is None else features
        self.rack = rack
        self.is_migrating_zk_broker = is_migrating_zk_broker
        self.log_dirs: list[bytes] = [] if log_dirs is None else log_dirs
        self.previous_broker_epoch = previous_broker_epoch

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[BrokerRegistrationRequest, int]:
        o = cls.__new__(cls)
        o.broker_id, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.cluster_id, pos = read_compact_string(buf, pos)
        o.incarnation_id, = _S_u.unpack_from(buf, pos)
        pos += 16
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("listeners must not be null")
        else:
            listeners_items = []
            for _ in range(n):
                listeners_item, pos = Listener.read(buf, pos, version)
                listeners_items.append(listeners_item)
            o.listeners = listeners_items
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("features must not be null")
        else:
            features_items = []
            for _ in range(n):
                features_item, pos = Feature.read(buf, pos, version)
                features_items.append(features_item)
            o.features = features_items
        o.rack, pos = read_compact_string_or_none(buf, pos)
        if version >= 1:
            o.is_migrating_zk_broker, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.is_migrating_zk_broker = False
        if version >= 2:
            n, pos = read_compact_count(buf, pos)
            if n < 0:
                raise DecodeError("log_dirs must not be null")
            else:
                o.log_dirs = [bytes(buf[pos + 16 * i : pos + 16 * i + 16]) for i in range(n)]
                if pos + 16 * n > len(buf):
                    raise DecodeError("an array runs past the end")
                pos += 16 * n
        else:
            o.log_dirs = []
        if version >= 3:
            o.previous_broker_epoch, = _S_q.unpack_from(buf, pos)
            pos += 8
        else:
            o.previous_broker_epoch = -1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.broker_id)
        write_compact_string(out, self.cluster_id)
        out += _S_u.pack(self.incarnation_id)
        write_uvarint(out, len(self.listeners) + 1)
        for listeners_item in self.listeners:
            listeners_item.write(out, version)
        write_uvarint(out, len(self.features) + 1)
        for features_item in self.features:
            features_item.write(out, version)
        write_compact_string(out, self.rack)
        if version >= 1:
            out += _S_Z.pack(self.is_migrating_zk_broker)
        if version >= 2:
            write_uvarint(out, len(self.log_dirs) + 1)
            out += b"".join(self.log_dirs)
        if version >= 3:
            out += _S_q.pack(self.previous_broker_epoch)
        out += b"\0"

