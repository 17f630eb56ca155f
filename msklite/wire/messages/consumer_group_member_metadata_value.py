"""Generated from ConsumerGroupMemberMetadataValue.json; see tools/generate_messages.py."""

from __future__ import annotations

from struct import Struct

from msklite.wire.primitives import (
    Buffer,
    DecodeError,
    Message,
    pack,
    read_compact_bytes,
    read_compact_count,
    read_compact_string,
    read_compact_string_or_none,
    read_uvarint,
    skip_tags,
    unpack_from,
    write_compact_bytes,
    write_compact_string,
    write_tags,
    write_uvarint,
)

_S_i = Struct(">i")

class ClassicProtocol(Message):
    __slots__ = ('name', 'metadata', )

    def __init__(
        self,
        name: str = "",
        metadata: bytes = b"",
    ) -> None:
        self.name = name
        self.metadata = metadata

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ClassicProtocol, int]:
        o = cls.__new__(cls)
        o.name, pos = read_compact_string(buf, pos)
        o.metadata, pos = read_compact_bytes(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.name)
        write_compact_bytes(out, self.metadata)
        out += b"\0"


class ClassicMemberMetadata(Message):
    __slots__ = ('session_timeout_ms', 'supported_protocols', )

    def __init__(
        self,
        session_timeout_ms: int = 0,
        supported_protocols: list[ClassicProtocol] | None = None,
    ) -> None:
        self.session_timeout_ms = session_timeout_ms
        self.supported_protocols: list[ClassicProtocol] = [] if supported_protocols is None else supported_protocols

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ClassicMemberMetadata, int]:
        o = cls.__new__(cls)
        o.session_timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("supported_protocols must not be null")
        else:
            supported_protocols_items = []
            for _ in range(n):
                supported_protocols_item, pos = ClassicProtocol.read(buf, pos, version)
                supported_protocols_items.append(supported_protocols_item)
            o.supported_protocols = supported_protocols_items
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            pos = skip_tags(buf, pos)
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        out += _S_i.pack(self.session_timeout_ms)
        write_uvarint(out, len(self.supported_protocols) + 1)
        for supported_protocols_item in self.supported_protocols:
            supported_protocols_item.write(out, version)
        out += b"\0"


DEFAULT_ClassicMemberMetadata = ClassicMemberMetadata()


class ConsumerGroupMemberMetadataValue(Message):
    __slots__ = ('instance_id', 'rack_id', 'client_id', 'client_host', 'subscribed_topic_names', 'subscribed_topic_regex', 'rebalance_timeout_ms', 'server_assignor', 'classic_member_metadata', )
    API_KEY = 5
    VERSIONS = (0, 0)
    FLEXIBLE = 0

    def __init__(
        self,
        instance_id: str | None = "",
        rack_id: str | None = "",
        client_id: str = "",
        client_host: str = "",
        subscribed_topic_names: list[str] | None = None,
        subscribed_topic_regex: str | None = "",
        rebalance_timeout_ms: int = -1,
        server_assignor: str | None = "",
        classic_member_metadata: ClassicMemberMetadata | None = DEFAULT_ClassicMemberMetadata,
    ) -> None:
        self.instance_id = instance_id
        self.rack_id = rack_id
        self.client_id = client_id
        self.client_host = client_host
        self.subscribed_topic_names: list[str] = [] if subscribed_topic_names is None else subscribed_topic_names
        self.subscribed_topic_regex = subscribed_topic_regex
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.server_assignor = server_assignor
        self.classic_member_metadata = classic_member_metadata

    @classmethod
    def read(cls, buf: Buffer, pos: int, version: int) -> tuple[ConsumerGroupMemberMetadataValue, int]:
        o = cls.__new__(cls)
        o.classic_member_metadata = DEFAULT_ClassicMemberMetadata
        o.instance_id, pos = read_compact_string_or_none(buf, pos)
        o.rack_id, pos = read_compact_string_or_none(buf, pos)
        o.client_id, pos = read_compact_string(buf, pos)
        o.client_host, pos = read_compact_string(buf, pos)
        n, pos = read_compact_count(buf, pos)
        if n < 0:
            raise DecodeError("subscribed_topic_names must not be null")
        else:
            subscribed_topic_names_items = []
            for _ in range(n):
                subscribed_topic_names_item, pos = read_compact_string(buf, pos)
                subscribed_topic_names_items.append(subscribed_topic_names_item)
            o.subscribed_topic_names = subscribed_topic_names_items
        o.subscribed_topic_regex, pos = read_compact_string_or_none(buf, pos)
        o.rebalance_timeout_ms, = _S_i.unpack_from(buf, pos)
        pos += 4
        o.server_assignor, pos = read_compact_string_or_none(buf, pos)
        n = buf[pos] if pos < len(buf) else 128
        if n == 0:
            pos += 1
        else:
            n, pos = read_uvarint(buf, pos)
            for _ in range(n):
                tag, pos = read_uvarint(buf, pos)
                size, pos = read_uvarint(buf, pos)
                if tag == 0:
                    pos += 1
                    if pos > len(buf):
                        raise DecodeError("a struct runs past the end")
                    if buf[pos - 1] == 255:
                        o.classic_member_metadata = None
                    else:
                        o.classic_member_metadata, pos = ClassicMemberMetadata.read(buf, pos, version)
                else:
                    pos += size
                if pos > len(buf):
                    raise DecodeError("a tagged field runs past the end")
        return o, pos

    def write(self, out: bytearray, version: int) -> None:
        write_compact_string(out, self.instance_id)
        write_compact_string(out, self.rack_id)
        write_compact_string(out, self.client_id)
        write_compact_string(out, self.client_host)
        write_uvarint(out, len(self.subscribed_topic_names) + 1)
        for subscribed_topic_names_item in self.subscribed_topic_names:
            write_compact_string(out, subscribed_topic_names_item)
        write_compact_string(out, self.subscribed_topic_regex)
        out += _S_i.pack(self.rebalance_timeout_ms)
        write_compact_string(out, self.server_assignor)
        tags: list[tuple[int, bytearray]] = []
        if self.classic_member_metadata is not DEFAULT_ClassicMemberMetadata and self.classic_member_metadata != DEFAULT_ClassicMemberMetadata:
            part = bytearray()
            if self.classic_member_metadata is None:
                part += b"\xff"
            else:
                part += b"\x01"
                self.classic_member_metadata.write(part, version)
            tags.append((0, part))
        if tags:
            write_tags(out, tags)
        else:
            out += b"\0"

