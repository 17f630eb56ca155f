"""What clients are told of topics, from the image, and making those that they ask for.

Shared by Metadata and DescribeTopicPartitions. Sources: Kafka's KRaftMetadataCache,
AutoTopicCreationManager and AclEntry.supportedOperations.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from msklite.errors import Code, KafkaError
from msklite.metadata.image import NO_LEADER, PartitionImage
from msklite.metadata.topics import check_name
from msklite.wire.messages.create_topics_request import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

INTERNAL = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})
"""Topics of Kafka's own: clients may read them and not write them."""


def _bits(*operations: int) -> int:
    return sum(1 << o for o in operations)


_READ, _WRITE, _CREATE, _DELETE, _ALTER, _DESCRIBE = 3, 4, 5, 6, 7, 8
_CLUSTER_ACTION, _DESCRIBE_CONFIGS, _ALTER_CONFIGS, _IDEMPOTENT_WRITE = 9, 10, 11, 12
CLUSTER_OPERATIONS = _bits(
    _CREATE,
    _ALTER,
    _DESCRIBE,
    _CLUSTER_ACTION,
    _DESCRIBE_CONFIGS,
    _ALTER_CONFIGS,
    _IDEMPOTENT_WRITE,
)
TOPIC_OPERATIONS = _bits(
    _READ, _WRITE, _CREATE, _DELETE, _ALTER, _DESCRIBE, _DESCRIBE_CONFIGS, _ALTER_CONFIGS
)
"""Everything that a resource knows: without an authorizer everybody may do all of it."""


class Described(NamedTuple):
    """A partition as clients of one listener see it. `dark` lists replicas nobody can reach."""

    error: Code
    leader: int
    dark: list[int]


def describe(
    broker: Broker, partition: PartitionImage, listener: str, *, listener_errors: bool = True
) -> Described:
    """Its leader, or why there is none: unknown and fenced brokers can't be dialled."""
    brokers = broker.image.brokers
    dark = [r for r in partition.replicas if r not in brokers or brokers[r].fenced]
    leader = brokers.get(partition.leader)
    if leader is not None and not leader.fenced and listener in leader.endpoints:
        return Described(Code.NONE, leader.id, dark)
    known = leader is not None and not leader.fenced and listener_errors
    error = Code.LISTENER_NOT_FOUND if known else Code.LEADER_NOT_AVAILABLE
    return Described(error, NO_LEADER, dark)


def missing(name: str) -> Code:
    """What a topic that isn't there is answered with."""
    try:
        check_name(name)
    except KafkaError as e:
        return e.code
    return Code.UNKNOWN_TOPIC_OR_PARTITION


async def create(broker: Broker, names: Iterable[str]) -> dict[str, Code]:
    """Make topics that somebody asked for, with the defaults; what stood in the way of each."""
    codes = {name: missing(name) for name in names}
    topics = []
    for name, code in codes.items():
        if code is not Code.UNKNOWN_TOPIC_OR_PARTITION:
            continue
        topic = CreatableTopic(name=name, num_partitions=-1, replication_factor=-1)
        if name == broker.groups.topic:
            partitions, settings = broker.groups.topic_settings()
            topic.num_partitions = partitions
            topic.replication_factor = broker.groups.replication_factor()
            topic.configs = [CreatableTopicConfig(name=k, value=v) for k, v in settings.items()]
        topics.append(topic)
    if topics:
        reply = await broker.controller.call(CreateTopicsRequest(topics=topics, timeout_ms=30_000))
        for made in reply.topics:
            codes[made.name] = Code(made.error_code)
    return codes
