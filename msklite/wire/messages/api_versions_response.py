"""Generated from ApiVersionsResponse.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    read_count,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_tags,
    write_uvarint,
)

_S_Z = Struct(">?")
_S_h = Struct(">h")
_S_hh = Struct(">hh")
_S_hhh = Struct(">hhh")
_S_i = Struct(">i")
_S_q = Struct(">q")

class ApiVersion(Message):
    __slots__ = ('api_key', 'min_version', 'max_version', )

    def __init__(
        self,
        api_key: int = 0,
        min_version: int = 0,
        max_version: int = 0,
    ) -> None:
        self.api_key = api_key
        self.min_version = min_version
        self.max_version = max_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ApiVersion, int]:
        o = cls.__new__(cls)
        o.api_key, o.min_version, o.max_version = _S_hhh.unpack_from(buf, pos)
        pos += 6
        if version >= 3:
            n = buf[pos] if pos < len(buf) else 128
            if n == 0:
                pos += 1
            else:
                pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_hhh.pack(self.api_key, self.min_version, self.max_version)
        if version >= 3:
            out += b"\0"


class SupportedFeatureKey(Message):
    __slots__ = ('name', 'min_version', 'max_version', )

    def __init__(
        self,
        name: str = "",
        min_version: int = 0,
        max_version: int = 0,
    ) -> None:
        self.name = name
        self.min_version = min_version
        self.max_version = max_version

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[SupportedFeatureKey, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.min_version, o.max_version = _S_hh.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_hh.pack(self.min_version, self.max_version)
        out += b"\0"


class FinalizedFeatureKey(Message):
    __slots__ = ('name', 'max_version_level', 'min_version_level', )

    def __init__(
        self,
        name: str = "",
        max_version_level: int = 0,
        min_version_level: int = 0,
    ) -> None:
        self.name = name
        self.max_version_level = max_version_level
        self.min_version_level = min_version_level

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FinalizedFeatureKey, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.max_version_level, o.min_version_level = _S_hh.unpack_from(buf, pos)
        pos += 4
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        out += _S_hh.pack(self.max_version_level, self.min_version_level)
        out += b"\0"


class ApiVersionsResponse(Message):
    __slots__ = ('error_code', 'api_keys', 'throttle_time_ms', 'supported_features', 'finalized_features_epoch', 'finalized_features', 'zk_migration_ready', )
    API_KEY = 18
    VERSIONS = (0, 4)
    FLEXIBLE = 3

    def __init__(
        self,
        error_code: int = 0,
        api_keys: list[ApiVersion] | None = None,
        throttle_time_ms: int = 0,
        supported_features: list[SupportedFeatureKey] | None = None,
        finalized_features_epoch: int = -1,
        finalized_features: list[FinalizedFeatureKey] | None = None,
        zk_migration_ready: bool = False,
    ) -> None:
        self.error_code = error_code
        self.api_keys: list[ApiVersion] = [] if api_keys is None else api_keys
        self.throttle_time_ms = throttle_time_ms
        self.supported_features: list[SupportedFeatureKey] = [] if supported_features is None else supported_features
        self.finalized_features_epoch = finalized_features_epoch
        self.finalized_features: list[FinalizedFeatureKey] = [] if finalized_features is None else finalized_features
        self.zk_migration_ready = zk_migration_ready

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ApiVersionsResponse, int]:
        o = cls.__new__(cls)
        o.supported_features = []
        o.finalized_features_epoch = -1
        o.finalized_features = []
        o.zk_migration_ready = False
        o.error_code, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version >= 3:
            n, pos = read_compact_count(buf, pos)
        else:
            n, pos = read_count(buf, pos)
        if n < 0:
            raise DecodeError("api_keys must not be null")
        else:
            api_keys_items = []
            for _ in range(n):
                api_keys_item, pos = ApiVersion.read(buf, pos, version)
                api_keys_items.append(api_keys_item)
            o.api_keys = api_keys_items
        if version >= 1:
            o.throttle_time_ms, = _S_i.unpack_from(buf, pos)
            pos += 4
        else:
            o.throttle_time_ms = 0
        if version >= 3:
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
                            raise DecodeError("supported_features must not be null")
                        else:
                            supported_features_items = []
                            for _ in range(n):
                                supported_features_item, pos = SupportedFeatureKey.read(buf, pos, version)
                                supported_features_items.append(supported_features_item)
                            o.supported_features = supported_features_items
                    elif tag == 1 and version >= 3:
                        o.finalized_features_epoch, = _S_q.unpack_from(buf, pos)
                        pos += 8
                    elif tag == 2 and version >= 3:
                        n, pos = read_compact_count(buf, pos)
                        if n < 0:
                            raise DecodeError("finalized_features must not be null")
                        else:
                            finalized_features_items = []
                            for _ in range(n):
                                finalized_features_item, pos = FinalizedFeatureKey.read(buf, pos, version)
                                finalized_features_items.append(finalized_features_item)
                            o.finalized_features = finalized_features_items
                    elif tag == 3 and version >= 3:
                        o.zk_migration_ready, = _S_Z.unpack_from(buf, pos)
                        pos += 1
                    else:
                        pos += size
                    if pos > len(buf):
                        raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_h.pack(self.error_code)
        if version >= 3:
            write_uvarint(out, len(self.api_keys) + 1)
        else:
            out += _S_i.pack(len(self.api_keys))
        for api_keys_item in self.api_keys:
            api_keys_item.write(out, version)
        if version >= 1:
            out += _S_i.pack(self.throttle_time_ms)
        if version >= 3:
            tags: list[tuple[int, bytearray]] = []
            if version >= 3 and self.supported_features != []:
                part = bytearray()
                write_uvarint(part, len(self.supported_features) + 1)
                for supported_features_item in self.supported_features:
                    supported_features_item.write(part, version)
                tags.append((0, part))
            if version >= 3 and self.finalized_features_epoch != -1:
                part = bytearray()
                part += _S_q.pack(self.finalized_features_epoch)
                tags.append((1, part))
            if version >= 3 and self.finalized_features != []:
                part = bytearray()
                write_uvarint(part, len(self.finalized_features) + 1)
                for finalized_features_item in self.finalized_features:
                    finalized_features_item.write(part, version)
                tags.append((2, part))
            if version >= 3 and self.zk_migration_ready is not False:
                part = bytearray()
                part += _S_Z.pack(self.zk_migration_ready)
                tags.append((3, part))
            if tags:
                write_tags(out, tags)
            else:
                out += b"\0"

