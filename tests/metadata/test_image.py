"""The image: what each record does, what stays shared, and that a snapshot gives it back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklite.metadata.image import BROKER, MIGRATING_DIR, TOPIC, Image
from msklite.metadata.records import (
    AnyRecord,
    MetadataRecord,
    UnknownRecord,
    decode,
    encode,
    encode_record,
    versioned,
)
from msklite.wire.messages.abort_transaction_record import AbortTransactionRecord
from msklite.wire.messages.access_control_entry_record import AccessControlEntryRecord
from msklite.wire.messages.begin_transaction_record import BeginTransactionRecord
from msklite.wire.messages.broker_registration_change_record import BrokerRegistrationChangeRecord
from msklite.wire.messages.client_quota_record import ClientQuotaRecord, EntityData
from msklite.wire.messages.config_record import ConfigRecord
from msklite.wire.messages.end_transaction_record import EndTransactionRecord
from msklite.wire.messages.feature_level_record import FeatureLevelRecord
from msklite.wire.messages.no_op_record import NoOpRecord
from msklite.wire.messages.partition_change_record import PartitionChangeRecord
from msklite.wire.messages.partition_record import PartitionRecord
from msklite.wire.messages.producer_ids_record import ProducerIdsRecord
from msklite.wire.messages.register_broker_record import BrokerEndpoint, RegisterBrokerRecord
from msklite.wire.messages.register_controller_record import (
    ControllerEndpoint,
    RegisterControllerRecord,
)
from msklite.wire.messages.remove_access_control_entry_record import RemoveAccessControlEntryRecord
from msklite.wire.messages.remove_topic_record import RemoveTopicRecord
from msklite.wire.messages.topic_record import TopicRecord
from msklite.wire.messages.unregister_broker_record import UnregisterBrokerRecord
from msklite.wire.primitives import DecodeError

ID1, ID2, DIR = bytes([1] * 16), bytes([2] * 16), bytes([9] * 16)


def _apply(image: Image, *messages: Any) -> Image:
    records = [versioned(m) for m in messages]
    return image.apply(records, image.offset + len(records), 1)


def _partition(topic_id: bytes, number: int, leader: int = 1) -> PartitionRecord:
    return PartitionRecord(
        partition_id=number, topic_id=topic_id, replicas=[leader], isr=[leader], leader=leader,
        leader_epoch=0, partition_epoch=0, directories=[DIR], removing_replicas=[],
        adding_replicas=[],
    )  # fmt: skip


def _broker(node: int = 1, epoch: int = 5) -> RegisterBrokerRecord:
    return RegisterBrokerRecord(
        broker_id=node, incarnation_id=ID1, broker_epoch=epoch, rack="az1", log_dirs=[DIR],
        end_points=[BrokerEndpoint(name="PLAINTEXT", host="localhost", port=9092)],
    )  # fmt: skip


@pytest.fixture
def image() -> Image:
    """One broker, a topic of two partitions with a config."""
    return _apply(
        Image(),
        FeatureLevelRecord(name="metadata.version", feature_level=29),
        _broker(),
        BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=5, fenced=-1),
        TopicRecord(name="orders", topic_id=ID1),
        _partition(ID1, 0),
        _partition(ID1, 1),
        ConfigRecord(resource_type=TOPIC, resource_name="orders", name="retention.ms", value="1"),
    )


def test_topic_broker_config(image: Image) -> None:
    assert image.topic_names == {ID1: "orders"}
    assert sorted(image.topics["orders"].partitions) == [0, 1]
    part = image.partition("orders", 0)
    assert part is not None and part.isr == (1,) and part.directory(1) == DIR
    assert image.brokers[1].active and image.brokers[1].rack == "az1"
    assert image.brokers[1].endpoints == {"PLAINTEXT": ("localhost", 9092, 0)}
    assert image.config(TOPIC, "orders") == {"retention.ms": "1"}
    assert image.offset == 6 and image.metadata_version == 29


def test_apply_leaves_the_old_image_alone_and_shares_the_rest(image: Image) -> None:
    before = image.partition("orders", 0)
    new = _apply(
        image,
        TopicRecord(name="other", topic_id=ID2),
        PartitionChangeRecord(partition_id=0, topic_id=ID1, leader=-1, isr=[]),
    )
    assert image.partition("orders", 0) is before and "other" not in image.topics
    changed = new.partition("orders", 0)
    assert changed is not None
    assert (changed.leader, changed.isr) == (-1, ())
    assert (changed.leader_epoch, changed.partition_epoch) == (1, 1)
    assert new.partition("orders", 1) is image.partition("orders", 1)
    assert new.brokers is image.brokers and new.configs is image.configs


def test_change_without_leader_keeps_the_leader_epoch(image: Image) -> None:
    new = _apply(image, PartitionChangeRecord(partition_id=0, topic_id=ID1, isr=[1]))
    part = new.partition("orders", 0)
    assert part is not None and (part.leader, part.leader_epoch, part.partition_epoch) == (1, 0, 1)


def test_removed_topic_takes_its_configs_along(image: Image) -> None:
    new = _apply(image, RemoveTopicRecord(topic_id=ID1))
    assert not new.topics and not new.topic_names and not new.configs


def test_config_null_deletes(image: Image) -> None:
    new = _apply(
        image,
        ConfigRecord(resource_type=TOPIC, resource_name="orders", name="retention.ms", value=None),
        ConfigRecord(resource_type=BROKER, resource_name="", name="log.retention.ms", value="2"),
    )
    assert new.configs == {(BROKER, ""): {"log.retention.ms": "2"}}


def test_broker_changes(image: Image) -> None:
    new = _apply(
        image,
        BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=5, in_controlled_shutdown=1),
    )
    assert new.brokers[1].in_controlled_shutdown and not new.brokers[1].fenced
    new = _apply(new, BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=5, fenced=1))
    assert new.brokers[1].fenced
    assert not _apply(new, UnregisterBrokerRecord(broker_id=1, broker_epoch=5)).brokers
    with pytest.raises(AssertionError, match="epoch 4"):
        _apply(image, BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=4, fenced=1))


def test_transaction_is_seen_whole_or_not_at_all(image: Image) -> None:
    opened = _apply(image, BeginTransactionRecord(), TopicRecord(name="t", topic_id=ID2))
    assert "t" not in opened.topics and opened.in_transaction
    with pytest.raises(AssertionError, match="snapshot"):
        opened.to_records()
    ended = _apply(opened, _partition(ID2, 0), EndTransactionRecord())
    assert ended.partition("t", 0) is not None and not ended.in_transaction
    aborted = _apply(opened, AbortTransactionRecord())
    assert "t" not in aborted.topics and not aborted.in_transaction
    with pytest.raises(AssertionError):
        _apply(aborted, EndTransactionRecord())


def test_migrating_directories_are_filled_in() -> None:
    record = _partition(ID1, 0)
    record.directories = []
    image = Image().apply(
        [versioned(TopicRecord(name="t", topic_id=ID1)), MetadataRecord(0, record)], 1, 1
    )
    part = image.partition("t", 0)
    assert part is not None and part.directories == (MIGRATING_DIR,)


def test_snapshot_gives_an_equal_image(image: Image) -> None:
    acl = AccessControlEntryRecord(id=ID2, resource_type=2, resource_name="x", principal="User:a")
    quota = ClientQuotaRecord(
        entity=[EntityData(entity_type="user", entity_name=None)], key="producer_byte_rate",
        value=1.5,
    )  # fmt: skip
    full = _apply(
        image,
        acl,
        quota,
        ProducerIdsRecord(broker_id=1, broker_epoch=5, next_producer_id=1000),
        RegisterControllerRecord(
            controller_id=10001,
            incarnation_id=ID2,
            end_points=[ControllerEndpoint(name="CONTROLLER", host="localhost", port=1)],
        ),
        NoOpRecord(),
    )
    full = full.apply([UnknownRecord(b"\x01\x63\x00abc", 99, 0)], full.offset + 1, 1)
    raw = [encode_record(r) for r in full.to_records()]
    again = Image().apply([decode(r) for r in raw], full.offset, full.epoch)
    assert again == full
    assert raw[-1] == b"\x01\x63\x00abc"
    quota.remove = True
    gone = _apply(full, quota, RemoveAccessControlEntryRecord(id=ID2))
    assert full.kept and not gone.kept


def test_old_metadata_version_writes_old_records() -> None:
    image = Image().apply(
        [
            MetadataRecord(0, FeatureLevelRecord(name="metadata.version", feature_level=14)),
            MetadataRecord(0, TopicRecord(name="t", topic_id=ID1)),
            MetadataRecord(0, _partition(ID1, 0)),
        ],
        2,
        1,
    )
    assert [r.version for r in image.to_records()] == [0, 0, 0]


def test_decode_keeps_what_it_does_not_know_and_refuses_nonsense() -> None:
    newer = b"\x01\x02\x07whatever"  # a TopicRecord of version 7
    assert decode(newer) == UnknownRecord(newer, 2, 7)
    with pytest.raises(DecodeError, match="frame version 2"):
        decode(b"\x02\x02\x00")
    with pytest.raises(DecodeError, match="too many"):
        decode(encode(NoOpRecord(), 0) + b"x")


@given(st.binary(max_size=60))
def test_arbitrary_bytes_never_surprise(data: bytes) -> None:
    import struct

    try:
        record: AnyRecord = decode(data)
    except (DecodeError, struct.error, UnicodeDecodeError):
        return
    if isinstance(record, UnknownRecord):
        assert encode_record(record) == data


def test_three_thousand_partitions_in_one_batch_share_on_the_next() -> None:
    records: list[Any] = []
    for t in range(300):
        topic_id = t.to_bytes(16, "big")
        records.append(TopicRecord(name=f"t{t}", topic_id=topic_id))
        records += [_partition(topic_id, n) for n in range(10)]
    image = _apply(Image(), *records)
    new = _apply(image, PartitionChangeRecord(partition_id=3, topic_id=bytes(16), leader=2))
    same = sum(new.topics[n] is image.topics[n] for n in image.topics)
    assert same == 299
