"""What a client under test can be asked to do: the verbs that the checks are written in.

An adapter (`kafka_python.py`, `aio.py`, `confluent.py`, and the Java, Go and Node programs behind
`process.py`) turns each verb into the client's own calls, and does nothing that a user of that
client couldn't do. A refusal by the broker is `Refused` with Kafka's name of the error, whatever
the client calls it. What a client has no call for is listed in its `LACKS` with the reason, by the
name of the check, and that check isn't run with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

TP = tuple[str, int]
EARLIEST, LATEST, COMMITTED = "earliest", "latest", "committed"
PATIENCE = 60.0  # how long to wait for what must come; nothing is judged by its speed


class Refused(Exception):
    """The broker said no; `error` is Kafka's name, for example MESSAGE_TOO_LARGE."""

    def __init__(self, error: str, text: str = "") -> None:
        super().__init__(f"{error}: {text}")
        self.error = error


# Kafka's names by number (org.apache.kafka.common.protocol.Errors), as far as the checks meet
# them: the Python clients have names of their own for some.
ERRORS = {
    1: "OFFSET_OUT_OF_RANGE",
    3: "UNKNOWN_TOPIC_OR_PARTITION",
    5: "LEADER_NOT_AVAILABLE",
    10: "MESSAGE_TOO_LARGE",
    17: "INVALID_TOPIC_EXCEPTION",
    25: "UNKNOWN_MEMBER_ID",
    36: "TOPIC_ALREADY_EXISTS",
    37: "INVALID_PARTITIONS",
    38: "INVALID_REPLICATION_FACTOR",
    39: "INVALID_REPLICA_ASSIGNMENT",
    40: "INVALID_CONFIG",
    42: "INVALID_REQUEST",
    68: "NON_EMPTY_GROUP",
    69: "GROUP_ID_NOT_FOUND",
    82: "FENCED_INSTANCE_ID",
    86: "GROUP_SUBSCRIBED_TO_TOPIC",
    87: "INVALID_RECORD",
}


def refused_by_number(code: int, text: str = "") -> Refused:
    """A refusal whose Kafka number is known."""
    return Refused(ERRORS.get(code, f"error {code}"), text)


@dataclass(frozen=True, slots=True)
class Record:
    """A record to send, or one that came back; `partition` None lets the client choose."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int | None = None
    partition: int | None = 0
    offset: int = -1
    topic: str = ""

    @property
    def content(self) -> tuple[object, ...]:
        """What must come back as it was sent."""
        return self.key, self.value, self.headers


@dataclass(frozen=True, slots=True)
class Reading:
    """How a consumer is set up; everything else is the client's default."""

    group: str | None = None
    instance: str | None = None
    assignor: str = "range"  # range | roundrobin | sticky | cooperative-sticky
    reset: str = EARLIEST
    isolation: str = "read_uncommitted"
    session_ms: int = 20_000
    heartbeat_ms: int = 200


class Consumer(Protocol):
    """A consumer of the client. Checks poll it, from one thread at a time.

    `poll_ms` is how long one poll should be while waiting for something: short, so that several
    members of one process take turns, but long enough for what the client does in a poll.
    """

    poll_ms: int

    def assign(self, at: Mapping[TP, int | str]) -> None:
        """Read these partitions from an offset, EARLIEST, LATEST, or where the group is."""

    def subscribe(self, topics: Sequence[str]) -> None:
        """Join the group."""

    def poll(self, ms: int) -> list[Record]:
        """What is there within `ms`; carries out rebalances on the way."""

    def assignment(self) -> set[TP]:
        """The partitions that it owns now."""

    def events(self) -> list[tuple[str, set[TP]]]:
        """("assigned" | "revoked" | "lost", partitions) since the last call."""

    def seek(self, tp: TP, offset: int) -> None: ...
    def pause(self, tps: Sequence[TP]) -> None: ...
    def resume(self, tps: Sequence[TP]) -> None: ...

    def times(self, at: Mapping[TP, int]) -> dict[TP, int | None]:
        """First offset at or after the time; None past the end."""

    def ends(self, tps: Sequence[TP]) -> dict[TP, tuple[int, int]]:
        """First offset, and the one that comes next."""

    def commit(self, offsets: Mapping[TP, int] | None = None) -> None:
        """Commit these, or what was polled; returns when the broker has it."""

    def committed(self, tps: Sequence[TP]) -> dict[TP, int | None]: ...

    def close(self) -> None:
        """Leave the group (a static member doesn't) and let go of everything."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as described: partition to (leader, replicas, in-sync replicas)."""

    partitions: dict[int, tuple[int, tuple[int, ...], tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Config:
    """One setting as described."""

    value: str | None
    default: bool
    read_only: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a described group."""

    instance: str | None
    assigned: frozenset[TP]


@dataclass(frozen=True, slots=True)
class Group:
    """A described group; `state` is Kafka's word without capitals or spaces."""

    state: str
    protocol: str
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A described cluster: node id to port."""

    id: str
    controller: int
    brokers: dict[int, int] = field(default_factory=dict)


class Client(Protocol):
    """One client library, connected to one cluster."""

    name: str
    LACKS: Mapping[str, str]

    def version(self) -> str:
        """The library's version, as it tells it."""

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
        """Send and wait; partition and offset of each, the offset -1 when acks is 0."""

    def consumer(self, reading: Reading) -> Consumer: ...

    def create_topic(
        self,
        topic: str,
        partitions: int = 1,
        replication: int = 1,
        configs: Mapping[str, str] | None = None,
        assignment: Sequence[Sequence[int]] | None = None,
        validate_only: bool = False,
    ) -> None: ...
    def delete_topic(self, topic: str) -> None: ...
    def topics(self) -> set[str]: ...
    def describe_topic(self, topic: str) -> Topic: ...
    def add_partitions(self, topic: str, total: int) -> None: ...
    def configs(self, kind: str, name: str) -> dict[str, Config]: ...

    def alter_configs(
        self, kind: str, name: str, set: Mapping[str, str], delete: Sequence[str] = ()
    ) -> None: ...

    def delete_records(self, tp: TP, before: int) -> int:
        """Returns the new first offset."""

    def list_offsets(self, tp: TP, spec: str | int) -> int:
        """EARLIEST, LATEST, "max-timestamp" or a time."""

    def groups(self) -> set[str]: ...
    def describe_group(self, group: str) -> Group: ...
    def group_offsets(self, group: str) -> dict[TP, int]: ...
    def set_group_offsets(self, group: str, offsets: Mapping[TP, int]) -> None: ...
    def delete_group_offsets(self, group: str, tps: Sequence[TP]) -> None: ...
    def delete_group(self, group: str) -> None: ...
    def cluster(self) -> Cluster: ...

    def log_dirs(self) -> dict[tuple[int, str, int], int]:
        """(broker, topic, partition) to bytes."""

    def producers(self, tp: TP) -> list[tuple[int, int]]:
        """Active producers: (producer id, last sequence)."""

    def close(self) -> None: ...


def until(
    ready: Callable[[], object], *consumers: Consumer, got: list[Record] | None = None
) -> list[Record]:
    """Poll all consumers side by side until `ready`; returns what they read on the way."""
    records = [] if got is None else got
    deadline = time.monotonic() + PATIENCE
    with ThreadPoolExecutor(len(consumers)) as threads:
        while not ready():
            if time.monotonic() > deadline:
                owned = [sorted(consumer.assignment()) for consumer in consumers]
                raise AssertionError(
                    f"didn't come about in {PATIENCE:.0f} s; {len(records)} records, owned {owned}"
                )
            for polled in threads.map(lambda consumer: consumer.poll(consumer.poll_ms), consumers):
                records += polled
    return records


def take(count: int, *consumers: Consumer) -> list[Record]:
    """Poll until there are `count` records or more."""
    got: list[Record] = []
    return until(lambda: len(got) >= count, *consumers, got=got)


def at_rest(consumer: Consumer, ms: int = 300) -> list[Record]:
    """What still comes in a short while: to see that nothing does."""
    got: list[Record] = []
    deadline = time.monotonic() + ms / 1000
    while time.monotonic() < deadline:
        got += consumer.poll(50)
    return got
