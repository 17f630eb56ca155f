"""The checks' verbs with a client in another language, behind a program that speaks JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from tests.clients.client import (
    TP,
    Cluster,
    Config,
    Group,
    Member,
    Reading,
    Record,
    Topic,
)
from tests.clients.programs import Program


def to_text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def to_bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def at_offsets(offsets: Mapping[TP, Any]) -> list[list[Any]]:
    return [[topic, partition, at] for (topic, partition), at in offsets.items()]


def by_tp(rows: Sequence[Sequence[Any]]) -> dict[TP, Any]:
    return {(topic, partition): at for topic, partition, at in rows}


def as_set(rows: Sequence[Sequence[Any]]) -> set[TP]:
    return {(topic, partition) for topic, partition in rows}


class ProcessConsumer:
    """A consumer that lives in the program, by its number."""

    poll_ms = 50

    def __init__(self, bootstrap: str, program: Program, reading: Reading) -> None:
        self._program = program
        self._id = program.call(
            "consumer",
            bootstrap=bootstrap,
            group=reading.group,
            instance=reading.instance,
            assignor=reading.assignor,
            reset=reading.reset,
            isolation=reading.isolation,
            session_ms=reading.session_ms,
            heartbeat_ms=reading.heartbeat_ms,
        )

    def _call(self, verb: str, **arguments: Any) -> Any:
        return self._program.call(verb, id=self._id, **arguments)

    def assign(self, at: Mapping[TP, int | str]) -> None:
        self._call("assign", at=at_offsets(at))

    def subscribe(self, topics: Sequence[str]) -> None:
        self._call("subscribe", topics=list(topics))

    def poll(self, ms: int) -> list[Record]:
        return [
            Record(
                to_bytes(r["value"]),
                to_bytes(r["key"]),
                tuple((name, to_bytes(value)) for name, value in r["headers"]),
                r["timestamp"],
                r["partition"],
                r["offset"],
                r["topic"],
            )
            for r in self._call("poll", ms=ms)
        ]

    def assignment(self) -> set[TP]:
        return as_set(self._call("assignment"))

    def events(self) -> list[tuple[str, set[TP]]]:
        return [(what, as_set(tps)) for what, tps in self._call("events")]

    def seek(self, tp: TP, offset: int) -> None:
        self._call("seek", at=[[*tp, offset]])

    def pause(self, tps: Sequence[TP]) -> None:
        self._call("pause", tps=list(tps))

    def resume(self, tps: Sequence[TP]) -> None:
        self._call("resume", tps=list(tps))

    def times(self, at: Mapping[TP, int]) -> dict[TP, int | None]:
        return by_tp(self._call("times", at=at_offsets(at)))

    def ends(self, tps: Sequence[TP]) -> dict[TP, tuple[int, int]]:
        return {
            (topic, partition): (first, last)
            for topic, partition, first, last in self._call("ends", tps=list(tps))
        }

    def commit(self, offsets: Mapping[TP, int] | None = None) -> None:
        self._call("commit", at=None if offsets is None else at_offsets(offsets))

    def committed(self, tps: Sequence[TP]) -> dict[TP, int | None]:
        return by_tp(self._call("committed", tps=list(tps)))

    def close(self) -> None:
        self._call("close")


class ProcessClient:
    """The client of a program, connected to one cluster."""

    name = ""
    LACKS: Mapping[str, str] = {}

    def __init__(self, bootstrap: str, program: Program) -> None:
        self._bootstrap = bootstrap
        self._program = program

    def _call(self, verb: str, **arguments: Any) -> Any:
        return self._program.call(verb, bootstrap=self._bootstrap, **arguments)

    def version(self) -> str:
        return str(self._call("version"))

    def close(self) -> None:
        """The program closes what it opened when it ends."""

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
        rows = [
            {
                "key": to_text(r.key),
                "value": to_text(r.value),
                "headers": [[name, to_text(value)] for name, value in r.headers],
                "timestamp": r.timestamp,
                "partition": r.partition,
            }
            for r in records
        ]
        placed = self._call(
            "produce",
            topic=topic,
            records=rows,
            codec=codec,
            acks=acks,
            idempotent=idempotent,
            max_bytes=max_bytes,
            timeout_ms=timeout_ms,
        )
        return [(partition, offset) for partition, offset in placed]

    def consumer(self, reading: Reading) -> ProcessConsumer:
        return ProcessConsumer(self._bootstrap, self._program, reading)

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
        self._call(
            "create_topic",
            topic=topic,
            partitions=partitions,
            replication=replication,
            configs=dict(configs or {}),
            assignment=assignment,
            validate_only=validate_only,
        )

    def delete_topic(self, topic: str) -> None:
        self._call("delete_topic", topic=topic)

    def topics(self) -> set[str]:
        return set(self._call("topics"))

    def describe_topic(self, topic: str) -> Topic:
        return Topic(
            {
                partition: (leader, tuple(replicas), tuple(isr))
                for partition, leader, replicas, isr in self._call("describe_topic", topic=topic)
            }
        )

    def add_partitions(self, topic: str, total: int) -> None:
        self._call("add_partitions", topic=topic, total=total)

    def delete_records(self, tp: TP, before: int) -> int:
        return int(self._call("delete_records", at=[[*tp, before]]))

    def list_offsets(self, tp: TP, spec: str | int) -> int:
        return int(self._call("list_offsets", topic=tp[0], partition=tp[1], spec=str(spec)))

    # -- settings -------------------------------------------------------------------------------

    def configs(self, kind: str, name: str) -> dict[str, Config]:
        told = self._call("configs", kind=kind, name=name)
        return {key: Config(*parts) for key, parts in told.items()}

    def alter_configs(
        self, kind: str, name: str, set: Mapping[str, str], delete: Sequence[str] = ()
    ) -> None:
        self._call("alter_configs", kind=kind, name=name, set=dict(set), delete=list(delete))

    # -- groups ---------------------------------------------------------------------------------

    def groups(self) -> set[str]:
        return set(self._call("groups"))

    def describe_group(self, group: str) -> Group:
        told = self._call("describe_group", group=group)
        members = [Member(instance, frozenset(as_set(tps))) for instance, tps in told["members"]]
        return Group(told["state"], told["protocol"], tuple(members))

    def group_offsets(self, group: str) -> dict[TP, int]:
        return by_tp(self._call("group_offsets", group=group))

    def set_group_offsets(self, group: str, offsets: Mapping[TP, int]) -> None:
        self._call("set_group_offsets", group=group, at=at_offsets(offsets))

    def delete_group_offsets(self, group: str, tps: Sequence[TP]) -> None:
        self._call("delete_group_offsets", group=group, tps=list(tps))

    def delete_group(self, group: str) -> None:
        self._call("delete_group", group=group)

    # -- the cluster ----------------------------------------------------------------------------

    def cluster(self) -> Cluster:
        told = self._call("cluster")
        return Cluster(
            told["id"], told["controller"], {int(k): v for k, v in told["brokers"].items()}
        )

    def log_dirs(self) -> dict[tuple[int, str, int], int]:
        return {
            (broker, topic, partition): size
            for broker, topic, partition, size in self._call("log_dirs")
        }

    def producers(self, tp: TP) -> list[tuple[int, int]]:
        told = self._call("producers", topic=tp[0], partition=tp[1])
        return [(producer, sequence) for producer, sequence in told]


class JavaClient(ProcessClient):
    """Apache Kafka's own clients, in one JVM."""

    name = "java"


class FranzGo(ProcessClient):
    """franz-go, the Go client with kadm for administration."""

    name = "franz-go"
    LACKS: Mapping[str, str] = {
        "test_offsets_with_the_transaction": "its group sessions do: `test_group_session.py`",
    }


_CODEC = "the codec is a package of its own, with a native part"
_ASSIGNOR = "has only a round robin of its own"
_STATIC = "has no static members"


class KafkaJs(ProcessClient):
    """kafkajs, the JavaScript client. It is always in a group; see consume.js."""

    name = "kafkajs"
    LACKS: Mapping[str, str] = {
        "test_every_codec[lz4]": _CODEC,
        "test_every_codec[zstd]": _CODEC,
        "test_ten_megabytes[zstd]": _CODEC,
        "test_the_topic_chooses_the_codec": _CODEC,
        "test_headers": "headers are an object, where one name's values come together",
        "test_a_null_header_value": "wants a header to have a value",
        "test_active_producers_are_described": "its admin client has no DescribeProducers",
        "test_members_join_and_leave[range]": _ASSIGNOR,
        "test_members_join_and_leave[sticky]": _ASSIGNOR,
        "test_members_join_and_leave[cooperative-sticky]": _ASSIGNOR,
        "test_a_member_takes_only_what_moved": _ASSIGNOR,
        "test_commit_by_assignment": "every consumer is a member of its group",
        "test_a_static_member_comes_back": _STATIC,
        "test_a_static_member_stays_away": _STATIC,
        "test_a_static_member_is_fenced": _STATIC,
        "test_offsets_are_reset": "looks itself whether the group has members, and asks nobody",
        "test_offsets_of_a_group_are_deleted": "its admin client has no OffsetDelete",
        "test_offsets_by_admin": "its admin client doesn't ask for the largest time",
        "test_log_dirs": "its admin client has no DescribeLogDirs",
    }
