"""Generated from UpdateFeaturesRequest.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_count,
    read_compact_string,
    skip_tags,
    unpack_from,
    write_compact_string,
    write_uvarint,
)

_S_Z = Struct(">?")
_S_b = Struct(">b")
_S_h = Struct(">h")
_S_i = Struct(">i")

class FeatureUpdateKey(Message):
    __slots__ = ('feature', 'max_version_level', 'allow_downgrade', 'upgrade_type', )

    def __init__(
        self,
        feature: str = "",
        max_version_level: int = 0,
        allow_downgrade: bool = False,
        upgrade_type: int = 1,
    ) -> None:
        self.feature = feature
        self.max_version_level = max_version_level
        self.allow_downgrade = allow_downgrade
        self.upgrade_type = upgrade_type

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[FeatureUpdateKey, int]:
        o = cls.__new__(cls)
        o.feature, pos = read_compact_string(buf, pos)
        o.max_version_level, = _S_h.unpack_from(buf, pos)
        pos += 2
        if version <= 0:
            o.allow_downgrade, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.allow_downgrade = False
        if version >= 1:
            o.upgrade_type, = _S_b.unpack_from(buf, pos)
            pos += 1
        else:
            o.upgrade_type = 1
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.feature)
        out += _S_h.pack(self.max_version_level)
        if version <= 0:
            out += _S_Z.pack(self.allow_downgrade)
        if version >= 1:
            out += _S_b.pack(self.upgrade_type)
        out += b"\0"


class UpdateFeaturesRequest(Message):
    __slots__ = ('timeout_ms', 'feature_updates', 'validate_only', )
    API_KEY = 57
    VERSIONS = (0, 2)
    FLEXIBLE = 0

    def __init__(
        self,
        timeout_ms: int = 60000,
        feature_updates: list[FeatureUpdateKey] | None = None,
        validate_only: bool = False,
    ) -> None:
        self.timeout_ms = timeout_ms
        self.feature_updates: list[FeatureUpdateKey] = [] if feature_updates is None else feature_updates
        self.validate_only = validate_only

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[UpdateFeaturesRequest, int]:
        o = cls.__new__(cls)
        o.timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("feature_updates must not be null")
        else:
            feature_updates_items = []
            for _ in range(n):
                feature_updates_item, pos = FeatureUpdateKey.read(buf, pos, version)
                feature_updates_items.append(feature_updates_item)
            o.feature_updates = feature_updates_items
        if version >= 1:
            o.validate_only, = _S_Z.unpack_from(buf, pos)
            pos += 1
        else:
            o.validate_only = False
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.timeout_ms)
        write_uvarint(out, len(self.feature_updates) + 1)
        for feature_updates_item in self.feature_updates:
            feature_updates_item.write(out, version)
        if version >= 1:
            out += _S_Z.pack(self.validate_only)
        out += b"\0"

