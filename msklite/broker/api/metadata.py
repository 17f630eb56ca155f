"""Metadata: brokers, topics, and who leads each partition.

- v0 an empty list is all topics; v1 null is all, racks, internal topics; v2 cluster id
- v3 throttling; v4 auto-creation by the client's leave; v5 offline replicas; v7 leader epochs
- v8 authorised operations (KIP-430; of the cluster until v10); v9 flexible
- v10, v11 carry topic ids that nobody may use; v12 topics by id (KIP-516); v13 error for the whole
In version 0 dead replicas are left out and make the partition REPLICA_NOT_AVAILABLE.
A topic that auto.create.topics.enable makes is there in the same reply, where Kafka answers
UNKNOWN_TOPIC_OR_PARTITION and lets the client come again. Every broker calls itself the controller,
since it takes what is meant for one (Kafka names any living broker).
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING

from msklite.broker import topics
from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.metadata.image import PartitionImage, TopicImage
from msklite.wire.messages.metadata_request import MetadataRequest
from msklite.wire.messages.metadata_response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from msklite.wire.primitives import ZERO_UUID

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(
    broker: Broker, ctx: Context, request: MetadataRequest
) -> MetadataResponse | Awaitable[MetadataResponse]:
    """Answer from the image at once, unless topics have to be made first."""
    asked = request.topics
    if asked is None or (ctx.api_version == 0 and not asked):
        return _reply(broker, ctx, request, broker.image.topics, {})
    names, unknown = _asked(broker, ctx, request)
    auto = request.allow_auto_topic_creation and broker.config.bool("auto.create.topics.enable")
    absent = [n for n in names if n not in broker.image.topics]
    if absent and auto:
        return _create(broker, ctx, request, names, absent, unknown)
    codes = {n: topics.missing(n) for n in absent}
    return _reply(broker, ctx, request, names, codes, unknown)


def _asked(broker: Broker, ctx: Context, request: MetadataRequest) -> tuple[list[str], list[bytes]]:
    """Names, each once, and ids of no topic. Ids count alone as soon as there is one."""
    names: dict[str, None] = {}
    ids: dict[bytes, None] = {}
    nameless = False
    for t in request.topics or ():
        if ctx.api_version < 12 and (t.name is None or t.topic_id != ZERO_UUID):
            raise KafkaError(
                Code.INVALID_REQUEST, f"version {ctx.api_version} finds topics by name only"
            )
        if t.topic_id != ZERO_UUID:
            ids[t.topic_id] = None
        elif t.name is not None:
            names[t.name] = None
        else:
            nameless = True
    if not ids:
        if nameless:
            # Kafka stumbles over a null here, hence its code.
            raise KafkaError(Code.UNKNOWN_SERVER_ERROR, "a topic has neither name nor id")
        return list(names), []
    known = broker.image.topic_names
    return [known[i] for i in ids if i in known], [i for i in ids if i not in known]


async def _create(
    broker: Broker,
    ctx: Context,
    request: MetadataRequest,
    names: list[str],
    absent: list[str],
    unknown: list[bytes],
) -> MetadataResponse:
    codes = await topics.create(broker, absent)
    return _reply(broker, ctx, request, names, codes, unknown)


def _reply(
    broker: Broker,
    ctx: Context,
    request: MetadataRequest,
    names: Iterable[str],
    codes: dict[str, Code],
    unknown: Iterable[bytes] = (),
) -> MetadataResponse:
    image = broker.image
    living = [b.id for b in image.brokers.values() if not b.fenced]
    response = MetadataResponse(
        brokers=[
            MetadataResponseBroker(node_id=n, host=host, port=port, rack=rack)
            for n, host, port, rack in broker.endpoints(living, ctx.listener)
        ],
        cluster_id=broker.cluster_id,
        controller_id=broker.node_id,
    )
    if request.include_cluster_authorized_operations:
        response.cluster_authorized_operations = topics.CLUSTER_OPERATIONS
    rows = response.topics
    for topic_id in unknown:
        row = MetadataResponseTopic(error_code=Code.UNKNOWN_TOPIC_ID, topic_id=topic_id)
        row.name = None
        rows.append(row)
    for name in names:
        topic = image.topics.get(name)
        if topic is not None:
            rows.append(_topic(broker, ctx, request, topic))
        else:
            code = codes.get(name) or Code.UNKNOWN_TOPIC_OR_PARTITION
            internal = name in topics.INTERNAL
            row = MetadataResponseTopic(error_code=code, name=name, is_internal=internal)
            if request.include_topic_authorized_operations:
                row.topic_authorized_operations = topics.TOPIC_OPERATIONS
            rows.append(row)
    return response


def _topic(
    broker: Broker, ctx: Context, request: MetadataRequest, topic: TopicImage
) -> MetadataResponseTopic:
    row = MetadataResponseTopic(
        name=topic.name,
        topic_id=topic.id,
        is_internal=topic.name in topics.INTERNAL,
        partitions=[_partition(broker, ctx, n, p) for n, p in topic.partitions.items()],
    )
    if request.include_topic_authorized_operations:
        row.topic_authorized_operations = topics.TOPIC_OPERATIONS
    return row


def _partition(
    broker: Broker, ctx: Context, number: int, state: PartitionImage
) -> MetadataResponsePartition:
    error, leader, dark = topics.describe(
        broker, state, ctx.listener, listener_errors=ctx.api_version >= 6
    )
    replicas, isr = list(state.replicas), list(state.isr)
    if ctx.api_version == 0 and dark:
        replicas, isr = [r for r in replicas if r not in dark], [r for r in isr if r not in dark]
        if error is Code.NONE:
            error = Code.REPLICA_NOT_AVAILABLE
    return MetadataResponsePartition(
        error_code=error,
        partition_index=number,
        leader_id=leader,
        leader_epoch=state.leader_epoch,
        replica_nodes=replicas,
        isr_nodes=isr,
        offline_replicas=dark,
    )


def failed(request: MetadataRequest, code: Code, text: str | None) -> MetadataResponse:
    """Every topic that was named says it, as before version 13 there was no other place."""
    rows = []
    for t in request.topics or ():
        row = MetadataResponseTopic(error_code=code, topic_id=t.topic_id)
        row.name = t.name or ""
        rows.append(row)
    return MetadataResponse(error_code=code, topics=rows)
