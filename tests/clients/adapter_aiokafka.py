"""The checks' verbs with aiokafka: its coroutines run on an event loop in a thread of ours."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import aiokafka
from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    TopicPartition,
    errors,
)
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

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

T = TypeVar("T")
ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
}
DEFAULT_CONFIG = 5  # ConfigSource of KIP-226


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """aiokafka's exceptions as Refused."""
    try:
        yield
    except errors.BrokerResponseError as error:
        raise refused_by_number(error.errno, str(error)) from error
    except errors.KafkaError as error:
        raise Refused(type(error).__name__, str(error)) from error


def refuse(code: int, text: str | None = None) -> None:
    """Raise unless the code is none."""
    if code:
        raise refused_by_number(code, text or "")


def tps(pairs: Sequence[TP] | Mapping[TP, Any]) -> list[TopicPartition]:
    return [TopicPartition(*pair) for pair in pairs]


class Loop:
    """An event loop in a thread; `run` waits for a coroutine's end."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        with refusing():
            return asyncio.run_coroutine_threadsafe(job, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Listener(ConsumerRebalanceListener):
    """Keeps what the client reports of its rebalances."""

    def __init__(self) -> None:
        self.events: list[tuple[str, set[TP]]] = []

    def on_partitions_assigned(self, assigned: Any) -> None:
        self.events.append(("assigned", {tuple(tp) for tp in assigned}))

    def on_partitions_revoked(self, revoked: Any) -> None:
        self.events.append(("revoked", {tuple(tp) for tp in revoked}))


class AiokafkaConsumer:
    """AIOKafkaConsumer as the checks want it."""

    poll_ms = 50

    def __init__(self, loop: Loop, bootstrap: str, reading: Reading) -> None:
        self._run = loop.run
        self._listener = Listener()

        async def start() -> AIOKafkaConsumer:
            consumer = AIOKafkaConsumer(
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
            await consumer.start()
            return consumer

        self._consumer = self._run(start())

    def assign(self, at: Mapping[TP, int | str]) -> None:
        async def assign() -> None:
            self._consumer.assign(tps(at))
            for pair, where in at.items():
                tp = TopicPartition(*pair)
                if where == EARLIEST:
                    await self._consumer.seek_to_beginning(tp)
                elif where == LATEST:
                    await self._consumer.seek_to_end(tp)
                    await self._consumer.position(tp)
                elif where != COMMITTED:
                    self._consumer.seek(tp, where)

        self._run(assign())

    def subscribe(self, topics: Sequence[str]) -> None:
        async def subscribe() -> None:
            self._consumer.subscribe(list(topics), listener=self._listener)

        self._run(subscribe())

    def poll(self, ms: int) -> list[Record]:
        polled = self._run(self._consumer.getmany(timeout_ms=ms))
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
        async def seek() -> None:
            self._consumer.seek(TopicPartition(*tp), offset)

        self._run(seek())

    def pause(self, pairs: Sequence[TP]) -> None:
        async def pause() -> None:
            self._consumer.pause(*tps(pairs))

        self._run(pause())

    def resume(self, pairs: Sequence[TP]) -> None:
        async def resume() -> None:
            self._consumer.resume(*tps(pairs))

        self._run(resume())

    def times(self, at: Mapping[TP, int]) -> dict[TP, int | None]:
        asked = {TopicPartition(*k): v for k, v in at.items()}
        found = self._run(self._consumer.offsets_for_times(asked))
        return {tuple(tp): there.offset if there else None for tp, there in found.items()}

    def ends(self, pairs: Sequence[TP]) -> dict[TP, tuple[int, int]]:
        first = self._run(self._consumer.beginning_offsets(tps(pairs)))
        last = self._run(self._consumer.end_offsets(tps(pairs)))
        return {pair: (first[pair], last[pair]) for pair in tps(pairs)}

    def commit(self, offsets: Mapping[TP, int] | None = None) -> None:
        asked = None if offsets is None else {TopicPartition(*k): v for k, v in offsets.items()}
        self._run(self._consumer.commit(asked))

    def committed(self, pairs: Sequence[TP]) -> dict[TP, int | None]:
        return {pair: self._run(self._consumer.committed(TopicPartition(*pair))) for pair in pairs}

    def close(self) -> None:
        self._run(self._consumer.stop())


class Aiokafka:
    """aiokafka, pure Python on asyncio."""

    name = "aiokafka"
    LACKS: Mapping[str, str] = {
        "test_a_record_of_nulls": "send() wants a key or a value",
        "test_members_join_and_leave[cooperative-sticky]": "has no cooperative assignor",
        "test_a_member_takes_only_what_moved": "has no cooperative assignor",
        "test_a_static_member_is_fenced": "commits and beats without naming its instance",
        "test_a_compacted_topic_wants_keys": "doesn't know the error INVALID_RECORD",
        "test_offsets_are_reset": "its admin client can't write a group's offsets",
        "test_offsets_of_a_group_are_deleted": "its admin client has no OffsetDelete",
        "test_groups_are_deleted": "its admin client has no DeleteGroups",
        "test_offsets_by_admin": "its admin client has no ListOffsets",
        "test_log_dirs": "its admin client has no DescribeLogDirs",
        "test_active_producers_are_described": "its admin client has no DescribeProducers",
    }

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._loop = Loop()
        self._open: AIOKafkaAdminClient | None = None

    def version(self) -> str:
        return str(aiokafka.__version__)

    def _run(self, job: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(job)

    @property
    def _admin(self) -> AIOKafkaAdminClient:
        if self._open is None:

            async def start() -> AIOKafkaAdminClient:
                admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
                await admin.start()
                return admin

            self._open = self._run(start())
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._run(self._open.close())
        self._loop.close()

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
        async def produce() -> list[tuple[int, int]]:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                compression_type=None if codec == "none" else codec,
                acks=acks if acks == "all" else int(acks),
                enable_idempotence=idempotent,
                max_request_size=max_bytes,
                request_timeout_ms=timeout_ms,
            )
            await producer.start()
            try:
                sent = [
                    await producer.send(
                        topic,
                        value=r.value,
                        key=r.key,
                        headers=list(r.headers),
                        partition=r.partition,
                        timestamp_ms=r.timestamp,
                    )
                    for r in records
                ]
                placed = await asyncio.gather(*sent)
            finally:
                await producer.stop()
            if acks == "0":  # aiokafka resolves with nothing then
                return [(r.partition or 0, -1) for r in records]
            return [(done.partition, done.offset) for done in placed]

        return self._run(produce())

    def consumer(self, reading: Reading) -> AiokafkaConsumer:
        return AiokafkaConsumer(self._loop, self._bootstrap, reading)

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
        new = NewTopic(
            topic,
            -1 if assignment else partitions,
            -1 if assignment else replication,
            None if assignment is None else {p: list(n) for p, n in enumerate(assignment)},
            dict(configs or {}),
        )
        done = self._run(self._admin.create_topics([new], validate_only=validate_only))
        for _, code, *text in done.topic_errors:
            refuse(code, *text[:1])

    def delete_topic(self, topic: str) -> None:
        for _, code in self._run(self._admin.delete_topics([topic])).topic_error_codes:
            refuse(code)

    def topics(self) -> set[str]:
        return set(self._run(self._admin.list_topics()))

    def describe_topic(self, topic: str) -> Topic:
        (told,) = self._run(self._admin.describe_topics([topic]))
        refuse(told["error_code"])
        return Topic(
            {
                p["partition"]: (p["leader"], tuple(p["replicas"]), tuple(p["isr"]))
                for p in told["partitions"]
            }
        )

    def add_partitions(self, topic: str, total: int) -> None:
        self._run(self._admin.create_partitions({topic: NewPartitions(total)}))

    def delete_records(self, tp: TP, before: int) -> int:
        asked = {TopicPartition(*tp): RecordsToDelete(before)}
        return int(self._run(self._admin.delete_records(asked))[TopicPartition(*tp)])

    # -- settings -------------------------------------------------------------------------------

    def configs(self, kind: str, name: str) -> dict[str, Config]:
        resource = ConfigResource(ConfigResourceType[kind.upper()], name)
        (told,) = self._run(self._admin.describe_configs([resource]))
        ((code, text, _, _, entries),) = told.resources
        refuse(code, text)
        return {
            key: Config(value, source == DEFAULT_CONFIG, read_only)
            for key, value, read_only, source, *_ in entries
        }

    def alter_configs(
        self, kind: str, name: str, set: Mapping[str, str], delete: Sequence[str] = ()
    ) -> None:
        # AlterConfigs replaces all dynamic settings, so what stays must be sent again.
        kept = {k: c.value for k, c in self.configs(kind, name).items() if not c.default}
        wanted = {key: value for key, value in {**kept, **set}.items() if key not in delete}
        resource = ConfigResource(ConfigResourceType[kind.upper()], name, wanted)
        for response in self._run(self._admin.alter_configs([resource])):
            for code, text, *_ in response.resources:
                refuse(code, text)

    # -- groups ---------------------------------------------------------------------------------

    def groups(self) -> set[str]:
        return {group for group, *_ in self._run(self._admin.list_consumer_groups())}

    def describe_group(self, group: str) -> Group:
        (told,) = self._run(self._admin.describe_consumer_groups([group]))
        ((code, _, state, _, protocol, members, *_),) = told.groups
        refuse(code)
        found = [Member(None, frozenset(_assigned(member[-1]))) for member in members]
        return Group(state.lower(), protocol, tuple(found))

    def group_offsets(self, group: str) -> dict[TP, int]:
        found = self._run(self._admin.list_consumer_group_offsets(group))
        return {tuple(tp): at.offset for tp, at in found.items()}

    # -- the cluster ----------------------------------------------------------------------------

    def cluster(self) -> Cluster:
        told = self._run(self._admin.describe_cluster())
        brokers = {b["node_id"]: b["port"] for b in told["brokers"]}
        return Cluster(told["cluster_id"], told["controller_id"], brokers)


def _assigned(assignment: bytes) -> set[TP]:
    if not assignment:
        return set()
    decoded = ConsumerProtocolMemberAssignment.decode(assignment)
    return {(topic, p) for topic, partitions in decoded.assignment for p in partitions}
