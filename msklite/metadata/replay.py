"""Records into an image, and an image into records.

`Draft` holds the tables of an image that is being made. A table is copied when the first record
touches it, a topic's partitions when the first record touches that topic, so that applying a batch
costs what it changes. One small method for each kind of record; `_REPLAY` names them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from msklite.metadata.image import (
    MIGRATING_DIR,
    TOPIC,
    BrokerImage,
    ControllerImage,
    Image,
    Key,
    PartitionImage,
    TopicImage,
)
from msklite.metadata.records import AnyRecord, MetadataRecord, UnknownRecord, versioned
from msklite.wire.messages.config_record import ConfigRecord
from msklite.wire.messages.feature_level_record import FeatureLevelRecord
from msklite.wire.messages.partition_record import PartitionRecord
from msklite.wire.messages.producer_ids_record import ProducerIdsRecord
from msklite.wire.messages.register_broker_record import (
    BrokerEndpoint,
    BrokerFeature,
    RegisterBrokerRecord,
)
from msklite.wire.messages.topic_record import TopicRecord

_NO_LEADER_CHANGE = -2


class Draft:
    """The tables of the next image; `changes()` are the fields to replace."""

    def __init__(self, base: Image) -> None:
        self._base = base
        self._changed: dict[str, Any] = {}
        self._fresh_topics: set[str] = set()
        self._fresh_configs: set[tuple[int, str]] = set()
        self._pending: list[AnyRecord] | None = None if base.pending is None else list(base.pending)

    def changes(self) -> dict[str, Any]:
        """Image's fields that differ from the base's."""
        pending = None if self._pending is None else tuple(self._pending)
        return {**self._changed, "pending": pending}

    def replay(self, record: AnyRecord) -> None:
        """Apply one record, or hold it back while a transaction is open."""
        kind = record.api_key if isinstance(record, UnknownRecord) else record.message.API_KEY
        if kind in (23, 24, 25):
            self._transaction(kind)
        elif self._pending is not None:
            self._pending.append(record)
        else:
            self._visible(record)

    def _transaction(self, kind: int) -> None:
        held = self._pending
        if kind == 23:
            assert held is None, "BeginTransactionRecord inside a transaction"
            self._pending = []
            return
        assert held is not None, "a transaction ends that never began"
        self._pending = None
        if kind == 24:
            for record in held:
                self._visible(record)

    def _visible(self, record: AnyRecord) -> None:
        if isinstance(record, UnknownRecord):
            self._changed["unknown"] = (*self._get("unknown"), record)
            return
        _REPLAY[record.message.API_KEY](self, record.message, record)

    def _get(self, name: str) -> Any:
        """A field for reading."""
        return self._changed[name] if name in self._changed else getattr(self._base, name)

    def _own(self, name: str) -> Any:
        """A table for writing: the base's is copied the first time."""
        table = self._changed.get(name)
        if table is None:
            table = self._changed[name] = dict(getattr(self._base, name))
        return table

    # -- topics

    def _topic(self, topic_id: bytes) -> TopicImage:
        """A topic whose partitions may be written."""
        name = self._get("topic_names").get(topic_id)
        assert name is not None, f"a record for topic id {topic_id.hex()}, which isn't there"
        topics = self._own("topics")
        topic: TopicImage = topics[name]
        if name not in self._fresh_topics:
            topic = topics[name] = TopicImage(name, topic.id, dict(topic.partitions))
            self._fresh_topics.add(name)
        return topic

    def topic(self, m: Any, _: AnyRecord) -> None:
        self._own("topics")[m.name] = TopicImage(m.name, m.topic_id, {})
        self._own("topic_names")[m.topic_id] = m.name
        self._fresh_topics.add(m.name)

    def remove_topic(self, m: Any, _: AnyRecord) -> None:
        name = self._own("topic_names").pop(m.topic_id, None)
        assert name is not None, f"removal of topic id {m.topic_id.hex()}, which isn't there"
        del self._own("topics")[name]
        if (TOPIC, name) in self._get("configs"):
            del self._own("configs")[TOPIC, name]
            self._fresh_configs.discard((TOPIC, name))

    def partition(self, m: Any, _: AnyRecord) -> None:
        self._topic(m.topic_id).partitions[m.partition_id] = PartitionImage(
            replicas=tuple(m.replicas),
            isr=tuple(m.isr),
            leader=m.leader,
            leader_epoch=m.leader_epoch,
            partition_epoch=m.partition_epoch,
            directories=_directories(m.directories, len(m.replicas)),
            removing=tuple(m.removing_replicas),
            adding=tuple(m.adding_replicas),
            elr=tuple(m.eligible_leader_replicas or ()),
            last_known_elr=tuple(m.last_known_elr or ()),
            leader_recovery_state=m.leader_recovery_state,
        )

    def partition_change(self, m: Any, _: AnyRecord) -> None:
        partitions = self._topic(m.topic_id).partitions
        old = partitions.get(m.partition_id)
        assert old is not None, f"a change of partition {m.partition_id}, which isn't there"
        partitions[m.partition_id] = merge(old, m)

    def clear_elr(self, m: Any, _: AnyRecord) -> None:
        names = [m.topic_name] if m.topic_name else list(self._get("topics"))
        for name in names:
            topic = self._topic(self._get("topics")[name].id)
            for number, part in topic.partitions.items():
                if part.elr or part.last_known_elr:
                    topic.partitions[number] = replace(part, elr=(), last_known_elr=())

    # -- brokers and controllers

    def register_broker(self, m: Any, _: AnyRecord) -> None:
        self._own("brokers")[m.broker_id] = BrokerImage(
            id=m.broker_id,
            epoch=m.broker_epoch,
            incarnation_id=m.incarnation_id,
            endpoints={e.name: (e.host, e.port, e.security_protocol) for e in m.end_points},
            rack=m.rack,
            fenced=m.fenced,
            in_controlled_shutdown=m.in_controlled_shutdown,
            features=_features(m.features),
            log_dirs=tuple(sorted(m.log_dirs)),
        )

    def unregister_broker(self, m: Any, _: AnyRecord) -> None:
        self._own("brokers").pop(m.broker_id, None)

    def _change_broker(self, broker_id: int, epoch: int, **changes: Any) -> None:
        brokers = self._own("brokers")
        old = brokers.get(broker_id)
        assert old is not None, f"a change of broker {broker_id}, which isn't registered"
        assert old.epoch == epoch, f"a change of broker {broker_id} at epoch {epoch}: {old.epoch}"
        brokers[broker_id] = replace(old, **changes)

    def fence_broker(self, m: Any, _: AnyRecord) -> None:
        self._change_broker(m.id, m.epoch, fenced=True)

    def unfence_broker(self, m: Any, _: AnyRecord) -> None:
        self._change_broker(m.id, m.epoch, fenced=False)

    def broker_change(self, m: Any, _: AnyRecord) -> None:
        changes: dict[str, Any] = {}
        if m.fenced:  # 1 fences, -1 unfences
            changes["fenced"] = m.fenced > 0
        if m.in_controlled_shutdown:
            changes["in_controlled_shutdown"] = True
        if m.log_dirs:
            changes["log_dirs"] = tuple(sorted(m.log_dirs))
        self._change_broker(m.broker_id, m.broker_epoch, **changes)

    def register_controller(self, m: Any, _: AnyRecord) -> None:
        self._own("controllers")[m.controller_id] = ControllerImage(
            id=m.controller_id,
            incarnation_id=m.incarnation_id,
            endpoints={e.name: (e.host, e.port, e.security_protocol) for e in m.end_points},
            features=_features(m.features),
            zk_migration_ready=m.zk_migration_ready,
        )

    # -- the rest

    def config(self, m: Any, _: AnyRecord) -> None:
        key = (m.resource_type, m.resource_name)
        configs = self._own("configs")
        if key not in self._fresh_configs:
            configs[key] = dict(configs.get(key, {}))
            self._fresh_configs.add(key)
        if m.value is None:
            configs[key].pop(m.name, None)
        else:
            configs[key][m.name] = m.value
        if not configs[key]:
            del configs[key]
            self._fresh_configs.discard(key)

    def feature(self, m: Any, _: AnyRecord) -> None:
        if m.name == "kraft.version":
            return  # written by old controllers by mistake; the raft log has it (KAFKA-18979)
        if m.feature_level:
            self._own("features")[m.name] = m.feature_level
        else:
            self._own("features").pop(m.name, None)

    def producer_ids(self, m: Any, _: AnyRecord) -> None:
        self._changed["next_producer_id"] = m.next_producer_id
        self._changed["producer_ids_broker"] = (m.broker_id, m.broker_epoch)

    def zk_migration(self, m: Any, _: AnyRecord) -> None:
        self._changed["zk_migration_state"] = m.zk_migration_state

    def no_op(self, m: Any, _: AnyRecord) -> None:
        """Kafka's idle heartbeat in the log; nothing to do."""

    def keep(self, m: Any, record: AnyRecord) -> None:
        key = _kept_key(m)
        if m.API_KEY == 14 and m.remove:
            self._own("kept").pop(key, None)
        else:
            self._own("kept")[key] = record

    def remove_kept(self, m: Any, _: AnyRecord) -> None:
        self._own("kept").pop(_kept_key(m), None)


_Replay = Callable[[Draft, Any, AnyRecord], None]
_REPLAY: dict[int, _Replay] = {
    0: Draft.register_broker,
    1: Draft.unregister_broker,
    2: Draft.topic,
    3: Draft.partition,
    4: Draft.config,
    5: Draft.partition_change,
    7: Draft.fence_broker,
    8: Draft.unfence_broker,
    9: Draft.remove_topic,
    10: Draft.keep,
    11: Draft.keep,
    12: Draft.feature,
    14: Draft.keep,
    15: Draft.producer_ids,
    17: Draft.broker_change,
    18: Draft.keep,
    19: Draft.remove_kept,
    20: Draft.no_op,
    21: Draft.zk_migration,
    22: Draft.remove_kept,
    26: Draft.remove_kept,
    27: Draft.register_controller,
    28: Draft.clear_elr,
}


def _kept_key(m: Any) -> Key:
    """What a kept record is about; the number sorts a snapshot: quotas, ACLs, SCRAM, tokens."""
    if m.API_KEY == 14:
        entity = tuple(sorted((e.entity_type, e.entity_name or "", e.entity_name is None)
                              for e in m.entity))  # fmt: skip
        return (14, entity, m.key)
    if m.API_KEY in (18, 19):
        return (18, m.id)
    if m.API_KEY in (11, 22):
        return (19, m.name, m.mechanism)
    return (20, m.token_id)


def _features(items: Any) -> dict[str, tuple[int, int]]:
    return {f.name: (f.min_supported_version, f.max_supported_version) for f in items}


def _directories(ids: list[bytes] | None, replicas: int) -> tuple[bytes, ...]:
    if not ids or all(d == MIGRATING_DIR for d in ids):
        return (MIGRATING_DIR,) * replicas
    return tuple(ids)


def merge(old: PartitionImage, m: Any) -> PartitionImage:
    """`old` after a PartitionChangeRecord: a named leader, even the same, starts a new epoch."""

    def pick(new: list[int] | None, was: tuple[int, ...]) -> tuple[int, ...]:
        return was if new is None else tuple(new)

    replicas = pick(m.replicas, old.replicas)
    same_leader = m.leader == _NO_LEADER_CHANGE
    return PartitionImage(
        replicas=replicas,
        isr=pick(m.isr, old.isr),
        leader=old.leader if same_leader else m.leader,
        leader_epoch=old.leader_epoch if same_leader else old.leader_epoch + 1,
        partition_epoch=old.partition_epoch + 1,
        directories=_directories(
            list(old.directories) if m.directories is None else m.directories, len(replicas)
        ),
        removing=pick(m.removing_replicas, old.removing),
        adding=pick(m.adding_replicas, old.adding),
        elr=pick(m.eligible_leader_replicas, old.elr),
        last_known_elr=pick(m.last_known_elr, old.last_known_elr),
        leader_recovery_state=(
            old.leader_recovery_state if m.leader_recovery_state < 0 else m.leader_recovery_state
        ),
    )


def partition_record(topic_id: bytes, number: int, p: PartitionImage) -> PartitionRecord:
    """The whole partition as one record; tagged fields only when they hold something."""
    return PartitionRecord(
        partition_id=number,
        topic_id=topic_id,
        replicas=list(p.replicas),
        isr=list(p.isr),
        removing_replicas=list(p.removing),
        adding_replicas=list(p.adding),
        leader=p.leader,
        leader_recovery_state=p.leader_recovery_state,
        leader_epoch=p.leader_epoch,
        partition_epoch=p.partition_epoch,
        directories=list(p.directories),
        eligible_leader_replicas=list(p.elr) or None,
        last_known_elr=list(p.last_known_elr) or None,
    )


def broker_record(b: BrokerImage) -> RegisterBrokerRecord:
    """A broker's registration as one record."""
    return RegisterBrokerRecord(
        broker_id=b.id,
        incarnation_id=b.incarnation_id,
        broker_epoch=b.epoch,
        end_points=[
            BrokerEndpoint(name=n, host=h, port=p, security_protocol=s)
            for n, (h, p, s) in b.endpoints.items()
        ],
        features=[
            BrokerFeature(name=n, min_supported_version=lo, max_supported_version=hi)
            for n, (lo, hi) in b.features.items()
        ],
        rack=b.rack,
        fenced=b.fenced,
        in_controlled_shutdown=b.in_controlled_shutdown,
        log_dirs=list(b.log_dirs),
    )


def _controller_record(c: ControllerImage) -> Any:
    from msklite.wire.messages import register_controller_record as messages

    return messages.RegisterControllerRecord(
        controller_id=c.id,
        incarnation_id=c.incarnation_id,
        zk_migration_ready=c.zk_migration_ready,
        end_points=[
            messages.ControllerEndpoint(name=n, host=h, port=p, security_protocol=s)
            for n, (h, p, s) in c.endpoints.items()
        ],
        features=[
            messages.ControllerFeature(name=n, min_supported_version=lo, max_supported_version=hi)
            for n, (lo, hi) in c.features.items()
        ],
    )


def snapshot_records(image: Image) -> list[AnyRecord]:
    """See Image.to_records."""
    assert not image.in_transaction, "a snapshot inside a metadata transaction"
    level = image.metadata_version
    messages: list[Any] = []
    if level:  # first, because it may decide how the rest is read
        messages.append(FeatureLevelRecord(name="metadata.version", feature_level=level))
    messages += [
        FeatureLevelRecord(name=name, feature_level=value)
        for name, value in sorted(image.features.items())
        if name != "metadata.version"
    ]
    messages += [broker_record(b) for b in image.brokers.values()]
    messages += [_controller_record(c) for c in image.controllers.values()]
    for topic in image.topics.values():
        messages.append(TopicRecord(name=topic.name, topic_id=topic.id))
        messages += [
            partition_record(topic.id, number, p) for number, p in sorted(topic.partitions.items())
        ]
    for (kind, name), values in image.configs.items():
        messages += [
            ConfigRecord(resource_type=kind, resource_name=name, name=key, value=value)
            for key, value in values.items()
        ]
    if image.next_producer_id >= 0:
        broker, epoch = image.producer_ids_broker
        messages.append(ProducerIdsRecord(
            broker_id=broker, broker_epoch=epoch, next_producer_id=image.next_producer_id
        ))  # fmt: skip
    if image.zk_migration_state is not None:
        from msklite.wire.messages.zk_migration_record import ZkMigrationStateRecord

        messages.append(ZkMigrationStateRecord(zk_migration_state=image.zk_migration_state))
    records: list[AnyRecord] = [versioned(m, level) for m in messages]
    # str: ids are bytes and names are text, which don't compare with each other
    kept = sorted(image.kept.items(), key=lambda item: (item[0][0], str(item[0])))
    records += [record for _, record in kept]
    return records + list(image.unknown)


__all__ = ["Draft", "MetadataRecord", "broker_record", "merge", "partition_record",
           "snapshot_records"]  # fmt: skip
