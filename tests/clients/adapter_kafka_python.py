"""The checks' verbs with kafka-python."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition, errors
from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType, OffsetSpec
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.structs import OffsetAndMetadata

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

ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
    "cooperative-sticky": CooperativeStickyAssignor,
}
SPECS = {
    EARLIEST: OffsetSpec.EARLIEST,
    LATEST: OffsetSpec.LATEST,
    "max-timestamp": OffsetSpec.MAX_TIMESTAMP,
}


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """kafka-python's exceptions as Refused."""
    try:
        yield
    except errors.BrokerResponseError as error:
        raise refused_by_number(error.errno, str(error)) from error
    except errors.KafkaError as error:
        raise Refused(type(error).__name__, str(error)) from error


def refuse(error: type[errors.KafkaError]) -> None:
    """Raise unless the error is none."""
    if error is not errors.NoError:
        raise refused_by_number(error.errno)


def refuse_text(text: str | None) -> None:
    """The same where the client answers in words, as in "[Error 40] InvalidConfigurationError"."""
    if text not in (None, "OK"):
        assert text is not None
        number = re.search(r"\[Error (\d+)\]", text)
        if number is not None:
            raise refused_by_number(int(number[1]), text)
        refuse(getattr(errors, text.split(":")[0]))


def tps(pairs: Sequence[TP] | Mapping[TP, Any]) -> list[TopicPartition]:
    return [TopicPartition(*pair) for pair in pairs]


class Listener(ConsumerRebalanceListener):
    """Keeps what the client reports of its rebalances."""

    def __init__(self) -> None:
        self.events: list[tuple[str, set[TP]]] = []

    def on_partitions_assigned(self, assigned: Any) -> None:
        self.events.append(("assigned", {tuple(tp) for tp in assigned}))

    def on_partitions_revoked(self, revoked: Any) -> None:
        self.events.append(("revoked", {tuple(tp) for tp in revoked}))

    def on_partitions_lost(self, lost: Any) -> None:
        self.events.append(("lost", {tuple(tp) for tp in lost}))


class KafkaPythonConsumer:
    """KafkaConsumer as the checks want it."""

    poll_ms = 50

    def __init__(self, bootstrap: str, reading: Reading) -> None:
        self._listener = Listener()
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=reading.group,
            group_instance_id=reading.instance,
            partition_assignment_strategy=[ASSIGNORS[reading.assignor]],
            auto_offset_reset=reading.reset,
            isolation_level=reading.isolation,
            session_timeout_ms=reading.session_ms,
            heartbeat_interval_ms=reading.heartbeat_ms,
            enable_auto_commit=False,
        )

    def assign(self, at: Mapping[TP, int | str]) -> None:
        self._consumer.assign(tps(at))
        for pair, where in at.items():
            tp = TopicPartition(*pair)
            if where == EARLIEST:
                self._consumer.seek_to_beginning(tp)
            elif where == LATEST:
                self._consumer.seek_to_end(tp)
                self._consumer.position(tp)
            elif where != COMMITTED:
                self._consumer.seek(tp, where)

    def subscribe(self, topics: Sequence[str]) -> None:
        self._consumer.subscribe(list(topics), listener=self._listener)
        # Metadata first: a rebalance that begins because a leader learnt of its topic too late is
        # forgotten when the poll in which it began ends (3.0.12, with any broker).
        for topic in topics:
            self._consumer.partitions_for_topic(topic)

    def poll(self, ms: int) -> list[Record]:
        with refusing():
            polled = self._consumer.poll(timeout_ms=ms)
        return [
            Record(r.value, r.key, tuple(r.headers), r.timestamp, r.partition, r.offset, r.topic)
            for records in polled.values()
            for r in records
        ]

    def assignment(self) -> set[TP]:
        return {(tp.topic, tp.partition) for tp in self._consumer.assignment()}

    def events(self) -> list[tuple[str, set[TP]]]:
        events, self._listener.events = self._listener.events, []
        return events

    def seek(self, tp: TP, offset: int) -> None:
        self._consumer.seek(TopicPartition(*tp), offset)

    def pause(self, pairs: Sequence[TP]) -> None:
        self._consumer.pause(*tps(pairs))

    def resume(self, pairs: Sequence[TP]) -> None:
        self._consumer.resume(*tps(pairs))

    def times(self, at: Mapping[TP, int]) -> dict[TP, int | None]:
        found = self._consumer.offsets_for_times({TopicPartition(*k): v for k, v in at.items()})
        return {tuple(tp): there.offset if there else None for tp, there in found.items()}

    def ends(self, pairs: Sequence[TP]) -> dict[TP, tuple[int, int]]:
        first = self._consumer.beginning_offsets(tps(pairs))
        last = self._consumer.end_offsets(tps(pairs))
        return {pair: (first[pair], last[pair]) for pair in tps(pairs)}

    def commit(self, offsets: Mapping[TP, int] | None = None) -> None:
        with refusing():
            self._consumer.commit(None if offsets is None else _offsets(offsets))

    def committed(self, pairs: Sequence[TP]) -> dict[TP, int | None]:
        with refusing():
            return {pair: self._consumer.committed(TopicPartition(*pair)) for pair in pairs}

    def close(self) -> None:
        self._consumer.close(autocommit=False)


def _offsets(offsets: Mapping[TP, int]) -> dict[TopicPartition, OffsetAndMetadata]:
    return {TopicPartition(*k): OffsetAndMetadata(v, "", -1) for k, v in offsets.items()}


class KafkaPython:
    """kafka-python, pure Python and blocking."""

    name = "kafka-python"
    LACKS: Mapping[str, str] = {
        "test_a_record_of_nulls": "send() wants a key or a value",
        "test_a_null_header_value": "send() wants bytes as a header's value",
    }

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._open: KafkaAdminClient | None = None

    def version(self) -> str:
        return str(kafka.__version__)

    @property
    def _admin(self) -> KafkaAdminClient:
        if self._open is None:
            self._open = KafkaAdminClient(bootstrap_servers=self._bootstrap)
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()

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
        with refusing():
            producer = KafkaProducer(
                bootstrap_servers=self._bootstrap,
                compression_type=None if codec == "none" else codec,
                acks=acks if acks == "all" else int(acks),
                enable_idempotence=idempotent,
                max_request_size=max_bytes,
                max_block_ms=timeout_ms,
            )
            try:
                sent = [
                    producer.send(
                        topic,
                        value=r.value,
                        key=r.key,
                        headers=list(r.headers),
                        partition=r.partition,
                        timestamp_ms=r.timestamp,
                    )
                    for r in records
                ]
                placed = [future.get(timeout_ms / 1000) for future in sent]
            finally:
                producer.close()
        # Without acks nothing was said of offsets.
        return [(done.partition, -1 if acks == "0" else done.offset) for done in placed]

    def consumer(self, reading: Reading) -> KafkaPythonConsumer:
        return KafkaPythonConsumer(self._bootstrap, reading)

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
        wanted: dict[str, Any] = {"configs": dict(configs or {})}
        if assignment is None:
            wanted |= {"num_partitions": partitions, "replication_factor": replication}
        else:
            wanted["assignments"] = dict(enumerate(assignment))
        with refusing():
            self._admin.create_topics({topic: wanted}, validate_only=validate_only)

    def delete_topic(self, topic: str) -> None:
        with refusing():
            self._admin.delete_topics([topic])

    def topics(self) -> set[str]:
        return set(self._admin.list_topics())

    def describe_topic(self, topic: str) -> Topic:
        (described,) = self._admin.describe_topics([topic])
        refuse(errors.for_code(described["error_code"]))
        return Topic(
            {
                p["partition_index"]: (
                    p["leader_id"],
                    tuple(p["replica_nodes"]),
                    tuple(p["isr_nodes"]),
                )
                for p in described["partitions"]
            }
        )

    def add_partitions(self, topic: str, total: int) -> None:
        with refusing():
            self._admin.create_partitions({topic: total})

    def delete_records(self, tp: TP, before: int) -> int:
        with refusing():
            done = self._admin.delete_records({TopicPartition(*tp): before})
        return int(done[TopicPartition(*tp)]["low_watermark"])

    def list_offsets(self, tp: TP, spec: str | int) -> int:
        asked = spec if isinstance(spec, int) else SPECS[spec]
        with refusing():
            found = self._admin.list_partition_offsets({TopicPartition(*tp): asked})
        return int(found[TopicPartition(*tp)].offset)

    # -- settings -------------------------------------------------------------------------------

    def configs(self, kind: str, name: str) -> dict[str, Config]:
        resource = ConfigResource(ConfigResourceType[kind.upper()], name)
        with refusing():
            described = self._admin.describe_configs([resource], config_filter="all")
        return {
            key: Config(c["value"], c["config_source"] == "DEFAULT_CONFIG", c["read_only"])
            for key, c in described[kind][name].items()
        }

    def alter_configs(
        self, kind: str, name: str, set: Mapping[str, str], delete: Sequence[str] = ()
    ) -> None:
        changes: dict[str, Any] = {key: (AlterConfigOp.SET, value) for key, value in set.items()}
        changes |= dict.fromkeys(delete, (AlterConfigOp.DELETE, None))
        resource = ConfigResource(ConfigResourceType[kind.upper()], name, changes)
        with refusing():
            done = self._admin.alter_configs([resource], raise_on_unknown=False)
        refuse_text(done[kind][name])

    # -- groups ---------------------------------------------------------------------------------

    def groups(self) -> set[str]:
        with refusing():
            return {group["group_id"] for group in self._admin.list_groups()}

    def describe_group(self, group: str) -> Group:
        with refusing():
            told = self._admin.describe_groups([group])[group]
        refuse_text(told["error"])
        members = tuple(
            Member(m["group_instance_id"], frozenset(_assigned(m["member_assignment"])))
            for m in told["members"]
        )
        return Group(told["group_state"].lower(), told["protocol_data"], members)

    def group_offsets(self, group: str) -> dict[TP, int]:
        with refusing():
            found = self._admin.list_group_offsets([group])[group]
        return {tuple(tp): at.offset for tp, at in found.items()}

    def set_group_offsets(self, group: str, offsets: Mapping[TP, int]) -> None:
        with refusing():
            done = self._admin.alter_group_offsets(group, _offsets(offsets))
        for error in done.values():
            refuse(error)

    def delete_group_offsets(self, group: str, pairs: Sequence[TP]) -> None:
        with refusing():
            done = self._admin.delete_group_offsets(group, tps(pairs))
        for error in done.values():
            refuse(error)

    def delete_group(self, group: str) -> None:
        with refusing():
            refuse_text(self._admin.delete_groups([group])[group])

    # -- the cluster ----------------------------------------------------------------------------

    def cluster(self) -> Cluster:
        told = self._admin.describe_cluster()
        brokers = {b["broker_id"]: b["port"] for b in told["brokers"]}
        return Cluster(told["cluster_id"], told["controller_id"], brokers)

    def log_dirs(self) -> dict[tuple[int, str, int], int]:
        return {
            (broker["broker"], topic["name"], p["partition_index"]): p["partition_size"]
            for broker in self._admin.describe_log_dirs()
            for directory in broker["log_dirs"]
            for topic in directory["topics"]
            for p in topic["partitions"]
        }

    def producers(self, tp: TP) -> list[tuple[int, int]]:
        with refusing():
            told = self._admin.describe_producers([TopicPartition(*tp)])
        active = told[TopicPartition(*tp)].active_producers
        return [(p.producer_id, p.last_sequence) for p in active]


def _assigned(assignment: Any) -> set[TP]:
    if not assignment:
        return set()
    return {
        (part["topic"], partition)
        for part in assignment["assigned_partitions"]
        for partition in part["partitions"]
    }
