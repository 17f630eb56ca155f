"""The checks' verbs with confluent-kafka, which is librdkafka."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import confluent_kafka
from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_STORED,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka import Consumer as RdConsumer
from confluent_kafka import Producer as RdProducer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from tests.clients.client import (
    COMMITTED,
    EARLIEST,
    LATEST,
    TP,
    Cluster,
    Config,
    Group,
    Member,
    Reading,
    Record,
    Refused,
    Topic,
    refused_by_number,
)

WHERE = {EARLIEST: OFFSET_BEGINNING, COMMITTED: OFFSET_STORED}
SPECS = {
    EARLIEST: OffsetSpec.earliest(),
    LATEST: OffsetSpec.latest(),
    "max-timestamp": OffsetSpec.max_timestamp(),
}
WAIT = 30.0


def refused(error: KafkaError) -> Refused:
    """A librdkafka error by Kafka's number; those below zero are the client's own."""
    if error.code() > 0:
        return refused_by_number(error.code(), error.str())
    return Refused(error.name(), error.str())


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """librdkafka's errors as Refused."""
    try:
        yield
    except KafkaException as exception:
        raise refused(exception.args[0]) from exception


def tps(pairs: Sequence[TP] | Mapping[TP, Any]) -> list[TopicPartition]:
    return [TopicPartition(*pair) for pair in pairs]


def at_offsets(offsets: Mapping[TP, int]) -> list[TopicPartition]:
    return [TopicPartition(topic, partition, at) for (topic, partition), at in offsets.items()]


def pair(tp: TopicPartition) -> TP:
    return tp.topic, tp.partition


class ConfluentConsumer:
    """confluent_kafka.Consumer as the checks want it."""

    poll_ms = 50

    def __init__(self, bootstrap: str, reading: Reading) -> None:
        settings: dict[str, Any] = {
            "bootstrap.servers": bootstrap,
            "group.id": reading.group or "no-group",  # librdkafka wants one in any case
            "partition.assignment.strategy": reading.assignor,
            "auto.offset.reset": reading.reset,
            "isolation.level": reading.isolation,
            "session.timeout.ms": reading.session_ms,
            "heartbeat.interval.ms": reading.heartbeat_ms,
            "enable.auto.commit": False,
            "topic.metadata.refresh.fast.interval.ms": 100,
            "log_level": 0,
            "error_cb": self._failed,
        }
        if reading.instance:
            settings["group.instance.id"] = reading.instance
        self._consumer = RdConsumer(settings)
        self._events: list[tuple[str, set[TP]]] = []
        self._fatal: KafkaError | None = None

    def _failed(self, error: KafkaError) -> None:
        if error.fatal():  # what it was is told here, and _FATAL everywhere else
            self._fatal = error

    def assign(self, at: Mapping[TP, int | str]) -> None:
        starts = []
        for key, where in at.items():
            if where == LATEST:  # the end as it is now, also when the first fetch comes later
                where = self.ends([key])[key][1]
            starts.append(TopicPartition(*key, where if isinstance(where, int) else WHERE[where]))
        self._consumer.assign(starts)

    def subscribe(self, topics: Sequence[str]) -> None:
        self._consumer.subscribe(
            list(topics),
            on_assign=lambda _, found: self._note("assigned", found),
            on_revoke=lambda _, found: self._note("revoked", found),
            on_lost=lambda _, found: self._note("lost", found),
        )

    def _note(self, what: str, found: list[TopicPartition]) -> None:
        self._events.append((what, {pair(tp) for tp in found}))

    def poll(self, ms: int) -> list[Record]:
        with refusing():
            if self._fatal is not None:
                raise refused(self._fatal)
            # consume() waits until its number is full, so take one and then what is there.
            messages = self._consumer.consume(1, ms / 1000)
            if messages:
                messages += self._consumer.consume(500, 0.001)
        return [_record(message) for message in messages]

    def assignment(self) -> set[TP]:
        return {pair(tp) for tp in self._consumer.assignment()}

    def events(self) -> list[tuple[str, set[TP]]]:
        events, self._events = self._events, []
        return events

    def seek(self, tp: TP, offset: int) -> None:
        with refusing():
            self._consumer.seek(TopicPartition(*tp, offset))

    def pause(self, pairs: Sequence[TP]) -> None:
        self._consumer.pause(tps(pairs))

    def resume(self, pairs: Sequence[TP]) -> None:
        self._consumer.resume(tps(pairs))

    def times(self, at: Mapping[TP, int]) -> dict[TP, int | None]:
        found = self._consumer.offsets_for_times(at_offsets(at), WAIT)
        return {pair(tp): tp.offset if tp.offset >= 0 else None for tp in found}

    def ends(self, pairs: Sequence[TP]) -> dict[TP, tuple[int, int]]:
        return {
            key: self._consumer.get_watermark_offsets(TopicPartition(*key), WAIT) for key in pairs
        }

    def commit(self, offsets: Mapping[TP, int] | None = None) -> None:
        with refusing():
            if offsets is None:
                self._consumer.commit(asynchronous=False)
            else:
                done = self._consumer.commit(offsets=at_offsets(offsets), asynchronous=False)
                for tp in done:
                    if tp.error:
                        raise refused(tp.error)

    def committed(self, pairs: Sequence[TP]) -> dict[TP, int | None]:
        with refusing():
            found = self._consumer.committed(tps(pairs), WAIT)
        return {pair(tp): tp.offset if tp.offset >= 0 else None for tp in found}

    def close(self) -> None:
        self._consumer.close()


def _record(message: Message) -> Record:
    error = message.error()
    if error is not None:
        raise refused(error)
    return Record(
        message.value(),
        message.key(),
        tuple(message.headers() or ()),
        message.timestamp()[1],
        message.partition(),
        message.offset(),
        message.topic() or "",
    )


class Confluent:
    """confluent-kafka: librdkafka, and so what most languages' clients are made of."""

    name = "confluent-kafka"
    LACKS: Mapping[str, str] = {
        "test_members_join_and_leave[sticky]": "librdkafka has no eager sticky assignor",
        "test_offsets_of_a_group_are_deleted": "its admin client has no OffsetDelete",
        "test_log_dirs": "its admin client has no DescribeLogDirs",
        "test_active_producers_are_described": "its admin client has no DescribeProducers",
    }

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def version(self) -> str:
        return f"{confluent_kafka.__version__} (librdkafka {confluent_kafka.libversion()[0]})"

    def close(self) -> None:
        pass

    def produce(
        self,
        topic: str,
        records: Sequence[Record],
        *,
        codec: str = "none",
        acks: str = "all",
        idempotent: bool = False,
        max_bytes: int = 1_048_576,
        timeout_ms: int = 30_000,
    ) -> list[tuple[int, int]]:
        done: dict[int, tuple[KafkaError | None, Message]] = {}
        producer = RdProducer(
            {
                "bootstrap.servers": self._bootstrap,
                "compression.type": codec,
                "acks": acks,
                "enable.idempotence": idempotent,
                "message.max.bytes": max_bytes,
                "message.timeout.ms": timeout_ms,
                "linger.ms": 0,
                "topic.metadata.propagation.max.ms": timeout_ms // 2,
                "log_level": 0,
            }
        )
        with refusing():
            for number, r in enumerate(records):
                where: dict[str, Any] = {} if r.partition is None else {"partition": r.partition}
                if r.timestamp is not None:
                    where["timestamp"] = r.timestamp
                producer.produce(
                    topic,
                    r.value,
                    r.key,
                    headers=list(r.headers),
                    on_delivery=lambda error, message, n=number: done.update({n: (error, message)}),
                    **where,
                )
            producer.flush()
        for error, _ in done.values():
            if error is not None:
                raise refused(error)
        messages = [done[number][1] for number in range(len(records))]
        return [(m.partition(), -1 if acks == "0" else m.offset()) for m in messages]

    def consumer(self, reading: Reading) -> ConfluentConsumer:
        return ConfluentConsumer(self._bootstrap, reading)

    def _result(self, futures: Mapping[Any, Any]) -> Any:
        (future,) = futures.values()
        with refusing():
            return future.result(WAIT)

    # -- topics ---------------------------------------------------------------------------------

    def create_topic(
        self,
        topic: str,
        partitions: int = 1,
        replication: int = 1,
        configs: Mapping[str, str] | None = None,
        assignment: Sequence[Sequence[int]] | None = None,
        validate_only: bool = False,
    ) -> None:
        placed: dict[str, Any] = {"replication_factor": replication}
        if assignment is not None:
            placed = {"replica_assignment": [list(nodes) for nodes in assignment]}
            partitions = len(assignment)
        new = NewTopic(topic, num_partitions=partitions, config=dict(configs or {}), **placed)
        self._result(self._admin.create_topics([new], validate_only=validate_only))

    def delete_topic(self, topic: str) -> None:
        self._result(self._admin.delete_topics([topic]))

    def topics(self) -> set[str]:
        return set(self._admin.list_topics(timeout=WAIT).topics)

    def describe_topic(self, topic: str) -> Topic:
        told = self._result(self._admin.describe_topics(TopicCollection([topic])))
        return Topic(
            {
                p.id: (p.leader.id, tuple(n.id for n in p.replicas), tuple(n.id for n in p.isr))
                for p in told.partitions
            }
        )

    def add_partitions(self, topic: str, total: int) -> None:
        self._result(self._admin.create_partitions([NewPartitions(topic, total)]))

    def delete_records(self, tp: TP, before: int) -> int:
        done = self._result(self._admin.delete_records([TopicPartition(*tp, before)]))
        return int(done.low_watermark)

    def list_offsets(self, tp: TP, spec: str | int) -> int:
        asked = OffsetSpec.for_timestamp(spec) if isinstance(spec, int) else SPECS[spec]
        return int(self._result(self._admin.list_offsets({TopicPartition(*tp): asked})).offset)

    # -- settings -------------------------------------------------------------------------------

    def configs(self, kind: str, name: str) -> dict[str, Config]:
        resource = ConfigResource(ResourceType[kind.upper()], name)
        told = self._result(self._admin.describe_configs([resource]))
        default = ConfigSource.DEFAULT_CONFIG.value
        return {
            key: Config(c.value, c.source == default, c.is_read_only) for key, c in told.items()
        }

    def alter_configs(
        self, kind: str, name: str, set: Mapping[str, str], delete: Sequence[str] = ()
    ) -> None:
        changes = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in set.items()
        ]
        changes += [
            ConfigEntry(key, "", incremental_operation=AlterConfigOpType.DELETE) for key in delete
        ]
        resource = ConfigResource(ResourceType[kind.upper()], name, incremental_configs=changes)
        self._result(self._admin.incremental_alter_configs([resource]))

    # -- groups ---------------------------------------------------------------------------------

    def groups(self) -> set[str]:
        with refusing():
            found = self._admin.list_consumer_groups().result(WAIT)
        return {group.group_id for group in found.valid}

    def describe_group(self, group: str) -> Group:
        told = self._result(self._admin.describe_consumer_groups([group]))
        members = [
            Member(m.group_instance_id, frozenset(pair(tp) for tp in m.assignment.topic_partitions))
            for m in told.members
        ]
        return Group(told.state.name.lower().replace("_", ""), told.partition_assignor, (*members,))

    def group_offsets(self, group: str) -> dict[TP, int]:
        asked = [ConsumerGroupTopicPartitions(group)]
        found = self._result(self._admin.list_consumer_group_offsets(asked))
        return {pair(tp): tp.offset for tp in found.topic_partitions}

    def set_group_offsets(self, group: str, offsets: Mapping[TP, int]) -> None:
        asked = [ConsumerGroupTopicPartitions(group, at_offsets(offsets))]
        for tp in self._result(self._admin.alter_consumer_group_offsets(asked)).topic_partitions:
            if tp.error:
                raise refused(tp.error)

    def delete_group(self, group: str) -> None:
        self._result(self._admin.delete_consumer_groups([group]))

    # -- the cluster ----------------------------------------------------------------------------

    def cluster(self) -> Cluster:
        with refusing():
            told = self._admin.describe_cluster().result(WAIT)
        brokers = {node.id: node.port for node in told.nodes}
        return Cluster(told.cluster_id, told.controller.id, brokers)
