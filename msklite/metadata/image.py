"""The state that the metadata log adds up to, as immutable objects.

    image = image.apply(records, offset, epoch)      # copy on write: what didn't change is shared
    records = image.to_records()                     # a snapshot that gives an equal image

Rules:
- An Image and all in it never change; a reader may keep one as long as it likes. Dicts inside are
  plain dicts for speed: never write to them.
- `apply` copies each table once per call, not once per record, so that 3,000 partitions made in
  one batch cost one copy; what a record does to an object is in `_Draft`.
- Records between BeginTransaction and EndTransaction are held back in `pending` and become visible
  together at the end (KIP-868); an abort drops them.
- Kinds that nothing here reads yet (quotas, ACLs, SCRAM, delegation tokens) stand in `kept` under
  their own key, unknown kinds in `unknown`; both go into every snapshot.
- A record that names what isn't there is a broken log: AssertionError, which stops the node.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from msklite.metadata.records import AnyRecord

Key: TypeAlias = tuple[object, ...]

TOPIC = 2
BROKER = 4
BROKER_LOGGER = 8
CLIENT_METRICS = 16
GROUP = 32
"""Resource types of configs (Kafka's ConfigResource.Type)."""

NO_LEADER = -1
MIGRATING_DIR = bytes(16)
UNASSIGNED_DIR = bytes(15) + b"\x01"
LOST_DIR = bytes(15) + b"\x02"
"""Reserved directory ids (Kafka's DirectoryId)."""


@dataclass(slots=True, frozen=True)
class PartitionImage:
    """Who has a partition, who leads it, and how often that changed."""

    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    leader: int
    leader_epoch: int
    partition_epoch: int
    directories: tuple[bytes, ...]
    removing: tuple[int, ...] = ()
    adding: tuple[int, ...] = ()
    elr: tuple[int, ...] = ()
    last_known_elr: tuple[int, ...] = ()
    leader_recovery_state: int = 0

    def directory(self, node_id: int) -> bytes:
        """The log directory of `node_id`'s replica; UNASSIGNED_DIR when it has none."""
        for replica, directory in zip(self.replicas, self.directories, strict=False):
            if replica == node_id:
                return directory
        return UNASSIGNED_DIR


@dataclass(slots=True, frozen=True)
class TopicImage:
    """A topic and its partitions, by number."""

    name: str
    id: bytes
    partitions: dict[int, PartitionImage]


@dataclass(slots=True, frozen=True)
class BrokerImage:
    """A broker's registration. endpoints: listener -> (host, port, security protocol)."""

    id: int
    epoch: int
    incarnation_id: bytes
    endpoints: dict[str, tuple[str, int, int]]
    rack: str | None = None
    fenced: bool = True
    in_controlled_shutdown: bool = False
    features: dict[str, tuple[int, int]] = field(default_factory=dict)
    log_dirs: tuple[bytes, ...] = ()

    @property
    def active(self) -> bool:
        """Neither fenced nor on its way down: it may become a leader."""
        return not self.fenced and not self.in_controlled_shutdown


@dataclass(slots=True, frozen=True)
class ControllerImage:
    """A controller's registration."""

    id: int
    incarnation_id: bytes
    endpoints: dict[str, tuple[str, int, int]]
    features: dict[str, tuple[int, int]] = field(default_factory=dict)
    zk_migration_ready: bool = False


@dataclass(slots=True, frozen=True)
class Image:
    """All metadata up to and with `offset`. See the module's rules."""

    cluster_id: str = ""
    offset: int = -1
    epoch: int = -1
    timestamp: int = -1
    topics: dict[str, TopicImage] = field(default_factory=dict)
    topic_names: dict[bytes, str] = field(default_factory=dict)
    brokers: dict[int, BrokerImage] = field(default_factory=dict)
    controllers: dict[int, ControllerImage] = field(default_factory=dict)
    configs: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    features: dict[str, int] = field(default_factory=dict)
    next_producer_id: int = -1
    producer_ids_broker: tuple[int, int] = (-1, -1)
    zk_migration_state: int | None = None
    kept: dict[Key, AnyRecord] = field(default_factory=dict)
    unknown: tuple[AnyRecord, ...] = ()
    pending: tuple[AnyRecord, ...] | None = None

    @property
    def metadata_version(self) -> int:
        """The finalised metadata.version; 0 while there is none."""
        return self.features.get("metadata.version", 0)

    @property
    def in_transaction(self) -> bool:
        """Whether a metadata transaction is open: no snapshot may be taken now."""
        return self.pending is not None

    def config(self, kind: int, name: str) -> dict[str, str]:
        """The overrides of one resource; empty when it has none."""
        return self.configs.get((kind, name), {})

    def topic_by_id(self, topic_id: bytes) -> TopicImage | None:
        """The topic with this id, or None."""
        name = self.topic_names.get(topic_id)
        return None if name is None else self.topics[name]

    def partition(self, topic: str, number: int) -> PartitionImage | None:
        """One partition, or None."""
        found = self.topics.get(topic)
        return None if found is None else found.partitions.get(number)

    def apply(
        self, records: Iterable[AnyRecord], offset: int, epoch: int, timestamp: int | None = None
    ) -> Image:
        """This image with `records` on top; `offset` is the last one's.

        `timestamp` is the append time of their batch (for snapshots' headers).
        """
        from msklite.metadata.replay import Draft  # it builds on this module's classes

        draft = Draft(self)
        for record in records:
            draft.replay(record)
        when = self.timestamp if timestamp is None else timestamp
        return replace(self, **draft.changes(), offset=offset, epoch=epoch, timestamp=when)

    def to_records(self) -> list[AnyRecord]:
        """Records that make an equal image out of an empty one, in the order Kafka writes them."""
        from msklite.metadata.replay import snapshot_records

        return snapshot_records(self)
