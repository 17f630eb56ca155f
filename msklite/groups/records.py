"""The records of `__consumer_offsets`: Kafka's schemas, keys with a type and values with a version.

A key is int16 type + message version 0; a value is int16 version + message. Types 0 (of old Kafka
versions), 1 and 2 are ours; types from 3 on belong to KIP-848, share and streams groups: they are
told apart by group id only, kept in the log, and never interpreted.
Source: Kafka's GroupCoordinatorRecordHelpers and CoordinatorRecordType.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from msklite.wire.messages.group_metadata_key import GroupMetadataKey
from msklite.wire.messages.group_metadata_value import GroupMetadataValue
from msklite.wire.messages.legacy_offset_commit_value import LegacyOffsetCommitValue
from msklite.wire.messages.offset_commit_key import OffsetCommitKey
from msklite.wire.messages.offset_commit_value import OffsetCommitValue
from msklite.wire.primitives import ZERO_UUID, DecodeError, Message, read_string

LEGACY_OFFSET, OFFSET, GROUP = 0, 1, 2
CONSUMER_KINDS = range(3, 9)
CONSUMER_REGEX = 16
"""Kinds of records of a KIP-848 consumer group; their keys start with the group id."""
GROUP_VERSION = 3
_H = Struct(">h")


@dataclass(slots=True, frozen=True)
class Committed:
    """A committed offset. `expires_ms` is -1 unless an old client set a retention time."""

    offset: int
    leader_epoch: int
    metadata: str
    commit_ms: int
    expires_ms: int = -1
    topic_id: bytes = ZERO_UUID
    record_offset: int = -1
    """Where the record lies; of two commits the later record counts, whatever transaction ends."""


def group_key(group: str) -> bytes:
    """Key of a group's record."""
    return _message(GROUP, GroupMetadataKey(group=group), 0)


def group_value(value: GroupMetadataValue) -> bytes:
    """A group's record, in the version that Kafka 4.2 writes."""
    return _message(GROUP_VERSION, value, GROUP_VERSION)


def empty_group(since_ms: int) -> GroupMetadataValue:
    """What a new group without members is written as."""
    return GroupMetadataValue(protocol=None, leader=None, current_state_timestamp=since_ms)


def offset_key(group: str, topic: str, partition: int) -> bytes:
    """Key of a committed offset."""
    return _message(OFFSET, OffsetCommitKey(group=group, topic=topic, partition=partition), 0)


def offset_value(c: Committed) -> bytes:
    """A committed offset: version 4, or 1 when it has its own expiry."""
    version = 4 if c.expires_ms == -1 else 1
    value = OffsetCommitValue(
        offset=c.offset,
        leader_epoch=c.leader_epoch,
        metadata=c.metadata,
        commit_timestamp=c.commit_ms,
        expire_timestamp=c.expires_ms,
        topic_id=c.topic_id,
    )
    return _message(version, value, version)


def _message(prefix: int, message: Message, version: int) -> bytes:
    out = bytearray(_H.pack(prefix))
    message.write(out, version)
    return bytes(out)


def kind_of(key: bytes) -> int:
    """A key's type."""
    if len(key) < 2:
        raise DecodeError("a coordinator record's key is shorter than its type")
    kind: int = _H.unpack_from(key)[0]
    return kind


def read_group_key(key: bytes) -> str:
    """The group id of a group's key, and of every other key that starts with one."""
    return read_string(key, 2)[0]


def read_offset_key(key: bytes) -> tuple[str, str, int]:
    """(group, topic, partition)."""
    k, _ = OffsetCommitKey.read(key, 2, 0)
    return k.group, k.topic, k.partition


def read_group_value(value: bytes) -> GroupMetadataValue:
    """A group's record of any version up to 4."""
    return GroupMetadataValue.read(value, 2, _version(value, 4))[0]


def read_offset_value(kind: int, value: bytes, record_offset: int) -> Committed:
    """A committed offset of any version, today's or that of key type 0."""
    if kind == LEGACY_OFFSET:
        old, _ = LegacyOffsetCommitValue.read(value, 2, _version(value, 0))
        return Committed(
            old.offset, -1, old.metadata, old.commit_timestamp, record_offset=record_offset
        )
    v, _ = OffsetCommitValue.read(value, 2, _version(value, 4))
    return Committed(
        v.offset,
        v.leader_epoch,
        v.metadata,
        v.commit_timestamp,
        v.expire_timestamp,
        v.topic_id,
        record_offset,
    )


def _version(value: bytes, highest: int) -> int:
    version: int = _H.unpack_from(value)[0]
    if not 0 <= version <= highest:
        raise DecodeError(f"a coordinator record has version {version}; {highest} is the highest")
    return version
