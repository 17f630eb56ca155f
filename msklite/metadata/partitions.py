"""Partitions of an image: making new ones, and finding those that a broker's coming or going hits.

How an existing one changes is in `change.py`, for whom in `election.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msklite.errors import Code, KafkaError
from msklite.metadata.image import (
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


def existing(image: Image, name: str, number: int) -> tuple[TopicImage, PartitionImage]:
    """The topic and its partition; UNKNOWN_TOPIC_OR_PARTITION when there is none."""
    topic = image.topics.get(name)
    if topic is None or number not in topic.partitions:
        raise KafkaError(Code.UNKNOWN_TOPIC_OR_PARTITION, f"there is no partition {name}-{number}")
    return topic, topic.partitions[number]


def all_partitions(image: Image) -> Iterator[tuple[TopicImage, int, PartitionImage]]:
    """Every partition of the cluster."""
    for topic in image.topics.values():
        for number, part in topic.partitions.items():
            yield topic, number, part


def has_leaderships(image: Image, broker_id: int) -> bool:
    """Whether the broker leads anything."""
    return any(part.leader == broker_id for _, _, part in all_partitions(image))


def can_be_spared(image: Image, broker_id: int) -> bool:
    """Whether another broker lives, and every replicated partition that this one leads has another
    in-sync replica."""
    return any(b.active for b in image.brokers.values() if b.id != broker_id) and not any(
        part.leader == broker_id and len(part.isr) == 1 < len(part.replicas)
        for _, _, part in all_partitions(image)
    )


def with_broker_in_isr(image: Image, broker_id: int) -> Iterable[tuple[TopicImage, int]]:
    """The partitions that a broker is in sync for."""
    return [(t, n) for t, n, part in all_partitions(image) if broker_id in part.isr]


def may_need(image: Image, broker_id: int) -> Iterable[tuple[TopicImage, int]]:
    """The partitions that a broker is in sync or eligible for, or was the last to lead."""
    return [
        (t, n)
        for t, n, part in all_partitions(image)
        if broker_id in part.isr or broker_id in part.elr
    ]


def without_leader(image: Image) -> Iterable[tuple[TopicImage, int]]:
    """The partitions that nobody leads."""
    return [(t, n) for t, n, part in all_partitions(image) if part.leader == NO_LEADER]
