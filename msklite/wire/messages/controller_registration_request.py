"""Generated from ControllerRegistrationRequest.json; see tools/generate_messages.py."""

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

_S_Hh = Struct(">Hh")
_S_hh = Struct(">hh")
_S_i = Struct(">i")
_S_iuZ = Struct(">i16s?")

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


class ControllerRegistrationRequest(Message):
    __slots__ = ('controller_id', 'incarnation_id', 'zk_migration_ready', 'listeners', 'features', )
    API_KEY = 70
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        controller_id: int = 0,
        incarnation_id: bytes = ZERO_UUID,
        zk_migration_ready: bool = False,
        listeners: list[Listener] | None = None,
        features: list[Feature] | None = None,
    ) -> None:
        self.controller_id = controller_id
        self.incarnation_id = incarnation_id
        self.zk_migration_ready = zk_migration_ready
        self.listeners: list[Listener] = [] if listeners is None else listeners
        self.features: list[Feature] = [] if features is None else features

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ControllerRegistrationRequest, int]:
        o = cls.__new__(cls)
        o.controller_id, o.incarnation_id, o.zk_migration_ready = _S_iuZ.unpack_from(buf, pos)
        pos += 21
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
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_iuZ.pack(self.controller_id, self.incarnation_id, self.zk_migration_ready)
        write_uvarint(out, len(self.listeners) + 1)
        for listeners_item in self.listeners:
            listeners_item.write(out, version)
        write_uvarint(out, len(self.features) + 1)
        for features_item in self.features:
            features_item.write(out, version)
        out += b"\0"

