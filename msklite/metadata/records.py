"""Metadata records as bytes: the frame that Kafka's MetadataRecordSerde writes, and what is in it.

    uvarint frame version (1) | uvarint api key | uvarint version | message

Rules:
- What we don't know (a kind or version newer than ours) is kept as `UnknownRecord`, byte for byte,
  and passed on in snapshots; never dropped. A newer frame version is refused: nothing in it can be
  trusted.
- Which version of a kind is written follows from metadata.version, as in Kafka's MetadataVersion.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import NamedTuple, TypeAlias, cast

from msklite.wire.primitives import Buffer, DecodeError, Message, read_uvarint

FRAME_VERSION = 1
METADATA_VERSION = 29
"""4.2-IV1, the level that a new cluster of Kafka 4.2 starts with."""
MIN_METADATA_VERSION = 7
"""3.3-IV3, the oldest level that Kafka 4.2 opens."""

_MODULES = {
    0: "register_broker_record",
    1: "unregister_broker_record",
    2: "topic_record",
    3: "partition_record",
    4: "config_record",
    5: "partition_change_record",
    7: "fence_broker_record",
    8: "unfence_broker_record",
    9: "remove_topic_record",
    10: "delegation_token_record",
    11: "user_scram_credential_record",
    12: "feature_level_record",
    14: "client_quota_record",
    15: "producer_ids_record",
    17: "broker_registration_change_record",
    18: "access_control_entry_record",
    19: "remove_access_control_entry_record",
    20: "no_op_record",
    21: "zk_migration_record",
    22: "remove_user_scram_credential_record",
    23: "begin_transaction_record",
    24: "end_transaction_record",
    25: "abort_transaction_record",
    26: "remove_delegation_token_record",
    27: "register_controller_record",
    28: "clear_elr_record",
}


class MetadataRecord(NamedTuple):
    """A record that we understand; `version` is the version of its bytes."""

    version: int
    message: Message


class UnknownRecord(NamedTuple):
    """A record of a kind or version that we don't know; `raw` is all of its bytes."""

    raw: bytes
    api_key: int
    version: int


AnyRecord: TypeAlias = MetadataRecord | UnknownRecord


@cache
def _kind(api_key: int) -> type[Message] | None:
    name = _MODULES.get(api_key)
    if name is None:
        return None
    # Imported on first use: half of the kinds never occur in most clusters.
    module = import_module(f"msklite.wire.messages.{name}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Message) and api_key == value.API_KEY:
            return value
    raise AssertionError(f"no message with api key {api_key} in {name}")


def encode(message: Message, version: int) -> bytes:
    """The record's bytes as they stand in the value of a record of the metadata log."""
    out = bytearray((FRAME_VERSION, message.API_KEY, version))
    message.write(out, version)
    return bytes(out)


def encode_record(record: AnyRecord) -> bytes:
    """As `encode`, for known and unknown records alike."""
    if isinstance(record, UnknownRecord):
        return record.raw
    return encode(record.message, record.version)


def decode(buf: Buffer) -> AnyRecord:
    """The record in `buf`. DecodeError (or struct.error) when it is none."""
    frame, pos = read_uvarint(buf, 0)
    if frame != FRAME_VERSION:
        raise DecodeError(f"metadata record with frame version {frame}; only 1 is known")
    api_key, pos = read_uvarint(buf, pos)
    version, pos = read_uvarint(buf, pos)
    kind = _kind(api_key)
    if kind is None or not kind.VERSIONS[0] <= version <= kind.VERSIONS[1]:
        return UnknownRecord(bytes(buf), api_key, version)
    message, end = cast("tuple[Message, int]", kind.read(buf, pos, version))  # type: ignore[attr-defined]
    if end != len(buf):
        raise DecodeError(f"{len(buf) - end} bytes too many after a {kind.__name__}")
    return MetadataRecord(version, message)


def record_version(api_key: int, metadata_version: int = METADATA_VERSION) -> int:
    """The version of kind `api_key` that a cluster at `metadata_version` writes."""
    if api_key in (3, 5):  # PartitionRecord, PartitionChangeRecord
        return 2 if metadata_version >= 23 else 1 if metadata_version >= 17 else 0
    if api_key == 0:  # RegisterBrokerRecord
        return 3 if metadata_version >= 17 else 2 if metadata_version >= 8 else 1
    return 0  # BrokerRegistrationChangeRecord: its writer names the lowest that will do


def versioned(message: Message, metadata_version: int = METADATA_VERSION) -> MetadataRecord:
    """`message` as a record of the version that `metadata_version` asks for."""
    return MetadataRecord(record_version(message.API_KEY, metadata_version), message)
