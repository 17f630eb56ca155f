"""New partitions and new leaders: what follows for partitions when brokers come, go and return.

Rules, as in Kafka's PartitionChangeBuilder with eligible leader replicas off:
- A leader is an in-sync replica on a broker that is alive. Where none is, the leader is -1 and the
  in-sync set stays as it was: whoever of them comes back first leads again.
- `unclean.leader.election.enable` allows any living replica, which then is the whole in-sync set
  and recovers (leader_recovery_state 1).
- A partition of a cluster that once had eligible leader replicas (its in-sync set may be empty) is
  led by one of them, which then is the in-sync set.
- A change that changes nothing gives no record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msklite.errors import Code, KafkaError
from msklite.metadata.image import (
    LOST_DIR,
    MIGRATING_DIR,
    NO_LEADER,
    UNASSIGNED_DIR,
    BrokerImage,
    Image,
    PartitionImage,
    TopicImage,
)
from msklite.metadata.records import MetadataRecord, versioned
from msklite.metadata.replay import partition_record
from msklite.wire.messages.partition_change_record import PartitionChangeRecord

MAX_PARTITIONS_PER_REQUEST = 10_000


def default_directory(broker: BrokerImage | None) -> bytes:
    """Where a new replica goes on that broker: its only directory, else it decides itself."""
    if broker is None:
        return UNASSIGNED_DIR
    if not broker.log_dirs:
        return MIGRATING_DIR
    return broker.log_dirs[0] if len(broker.log_dirs) == 1 else UNASSIGNED_DIR


def new_partition(image: Image, replicas: list[int]) -> PartitionImage:
    """A partition on `replicas`, of which the living are in sync and the first of these leads."""
    isr = tuple(r for r in replicas if image.brokers[r].active)
    return PartitionImage(
        replicas=tuple(replicas),
        isr=isr,
        leader=isr[0] if isr else NO_LEADER,
        leader_epoch=0,
        partition_epoch=0,
        directories=tuple(default_directory(image.brokers[r]) for r in replicas),
    )


def new_partition_record(
    image: Image, topic_id: bytes, number: int, part: PartitionImage
) -> MetadataRecord:
    """The record that makes it."""
    return versioned(partition_record(topic_id, number, part), image.metadata_version)


def check_assignment(image: Image, replicas: list[int], factor: int | None) -> None:
    """Refuse a manual assignment that can't be: INVALID_REPLICA_ASSIGNMENT."""

    def refuse(why: str) -> KafkaError:
        return KafkaError(Code.INVALID_REPLICA_ASSIGNMENT, f"this assignment {why}")

    if not replicas:
        raise refuse("has a partition without replicas")
    for i, replica in enumerate(sorted(replicas)):
        if replica not in image.brokers:
            raise refuse(f"names broker {replica}, which isn't registered")
        if i and sorted(replicas)[i - 1] == replica:
            raise refuse(f"names broker {replica} twice for one partition")
    if factor is not None and len(replicas) != factor:
        raise refuse(f"gives one partition {len(replicas)} replicas and others {factor}")


def all_partitions(image: Image) -> Iterator[tuple[TopicImage, int, PartitionImage]]:
    """Every partition of the cluster."""
    for topic in image.topics.values():
        for number, part in topic.partitions.items():
            yield topic, number, part


def has_leaderships(image: Image, broker_id: int) -> bool:
    """Whether the broker leads anything."""
    return any(part.leader == broker_id for _, _, part in all_partitions(image))


def with_broker_in_isr(image: Image, broker_id: int) -> Iterable[tuple[TopicImage, int]]:
    """The partitions that a broker is in sync for."""
    return [(t, n) for t, n, part in all_partitions(image) if broker_id in part.isr]


def without_leader(image: Image) -> Iterable[tuple[TopicImage, int]]:
    """The partitions that nobody leads."""
    return [(t, n) for t, n, part in all_partitions(image) if part.leader == NO_LEADER]


def leader_changes(
    image: Image,
    partitions: Iterable[tuple[TopicImage, int]],
    unclean: Callable[[str], bool],
    *,
    gone: int = NO_LEADER,
    back: int = NO_LEADER,
) -> list[MetadataRecord]:
    """The records for `partitions` when broker `gone` leaves or `back` returns.

    `unclean(topic)`: whether an election may choose a replica that isn't in sync.
    """

    def may_lead(part: PartitionImage, replica: int) -> bool:
        if replica == gone:
            return False
        broker = image.brokers.get(replica)
        alive = replica == back or (broker is not None and broker.active)
        return alive and _directory_online(broker, part, replica)

    records = []
    for topic, number in partitions:
        part = topic.partitions[number]
        change = PartitionChangeRecord(partition_id=number, topic_id=topic.id)
        target = [r for r in part.isr if r != gone]
        leader, dirty = _elect(part, target, unclean(topic.name), may_lead)
        if leader != part.leader:
            change.leader = leader
            if dirty:
                change.isr = [leader]
                if part.leader_recovery_state == 0:
                    change.leader_recovery_state = 1
        if change.isr is None and target and target != list(part.isr):
            change.isr = target
        if leader >= 0 and (part.elr or part.last_known_elr):
            if leader in part.elr and not target:
                change.isr = [leader]
            change.eligible_leader_replicas, change.last_known_elr = [], []
        if change != PartitionChangeRecord(partition_id=number, topic_id=topic.id):
            records.append(versioned(change, image.metadata_version))
    return records


def _directory_online(broker: BrokerImage | None, part: PartitionImage, replica: int) -> bool:
    if broker is None or not broker.log_dirs:
        return True
    directory = part.directory(replica)
    if directory == LOST_DIR:
        return False
    return directory in (MIGRATING_DIR, UNASSIGNED_DIR) or directory in broker.log_dirs


def _elect(
    part: PartitionImage,
    target: list[int],
    unclean: bool,
    may_lead: Callable[[PartitionImage, int], bool],
) -> tuple[int, bool]:
    """(leader, whether it isn't in sync). The present leader stays when it can."""
    if part.leader in target and may_lead(part, part.leader):
        return part.leader, False
    for replica in part.replicas:
        if replica in target and may_lead(part, replica):
            return replica, False
    if not target:
        for replica in part.replicas:
            if replica in part.elr and may_lead(part, replica):
                return replica, False
    if unclean:
        if part.leader in part.replicas and may_lead(part, part.leader):
            return part.leader, True
        for replica in part.replicas:
            if may_lead(part, replica):
                return replica, True
    return NO_LEADER, False
