"""Fetch: records from partitions, at once or when enough have come.

- v4 isolation level, aborted transactions; v5 log start offset; v7 sessions (KIP-227)
- v9 leader epochs fence old clients (KIP-320); v11 rack (KIP-392); v12 divergence (KIP-595)
- v13 topic ids (KIP-516); v15 replica state tagged; v16 leaders in the reply (KIP-951)
- v17 directory ids; v18 the follower's high watermark

The first record batch is returned whole even when it is over a limit; the last one may be cut.
A request with nothing to read waits up to max_wait_ms for min_bytes. Records are pieces of the
segment file until they are sent. A follower reads beyond the high watermark, and by asking says
what it has. A consumer may read from any replica, up to what that one knows to be committed; one
that tells its rack is sent to a replica there, if replica.selector.class says so (KIP-392).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.broker.meters import Requests
from msklite.broker.throttles import Throttle
from msklite.errors import Code, KafkaError
from msklite.partition import reading
from msklite.partition.nearest import LEADER, SELECTOR, nearest
from msklite.partition.partition import Partition, Watcher
from msklite.partition.sessions import Fetching, Wanted
from msklite.wire.messages.fetch_request import FetchRequest, ReplicaState
from msklite.wire.messages.fetch_response import (
    FetchableTopicResponse,
    FetchResponse,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionData,
)
from msklite.wire.primitives import ZERO_UUID

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

ABSENT = (Code.UNKNOWN_TOPIC_OR_PARTITION, Code.UNKNOWN_TOPIC_ID)

Replies = list[tuple[Wanted, PartitionData]]


def handle(
    broker: Broker, ctx: Context, request: FetchRequest
) -> FetchResponse | Awaitable[FetchResponse]:
    """Answer now when there is enough, an error, or nothing to wait for; else wait."""
    level = request.isolation_level
    if level not in (0, 1):
        raise KafkaError(Code.UNKNOWN_SERVER_ERROR, f"isolation level {level} is unknown")
    names = broker.image.topic_names
    fetching = broker.sessions.open(request, ctx.api_version, names.get, ctx.mono_ms)
    if fetching.error:
        return FetchResponse(error_code=fetching.error)
    _meter(broker, ctx, request).count += 1
    replies, size, final = _read(broker, ctx, request, fetching)
    if final or size >= request.min_bytes or request.max_wait_ms <= 0 or fetching.empty:
        return _reply(broker, ctx, request, fetching, replies)
    return _wait(broker, ctx, request, fetching, replies)


def _read(
    broker: Broker, ctx: Context, request: FetchRequest, fetching: Fetching
) -> tuple[Replies, int, bool]:
    """Replies for all partitions, their bytes, and whether an error ends the wait."""
    limit = min(request.max_bytes, broker.config.int("fetch.max.bytes"))
    replica = _replica(ctx, request)
    replies: Replies = []
    absent: Replies = []
    size = 0
    final = False
    committed = request.isolation_level == 1
    throttle = broker.throttles.leader
    racks = _racks(broker, ctx) if replica.replica_id < 0 and request.rack_id else {}
    for wanted in fetching.wanted:
        reply = PartitionData(partition_index=wanted.index, high_watermark=-1)
        reply.aborted_transactions = None
        reply.records = b""
        wanted.settled = None
        code, partition = find(broker, ctx, wanted, from_follower=replica.replica_id >= 0)
        if code == Code.NONE and partition is not None:
            if racks and _elsewhere(ctx, partition, wanted, request.rack_id, racks, reply):
                final = True
                replies.append((wanted, reply))
                continue
            upper = _upper(partition, request, replica)
            if throttle.limited and _held_back(throttle, ctx, partition, replica):
                upper = 0
            code = _read_one(
                broker, partition, wanted, reply, limit - size, size == 0, upper, committed
            )
            if replica.replica_id >= 0 and code == Code.NONE and reply.diverging_epoch.epoch == -1:
                code = _note_follower(ctx, partition, wanted, replica, reply)
            size += len(reply.records or b"")
        if code != Code.NONE:
            final = True
            _failed(broker, ctx, wanted, reply, code)
            if code in ABSENT:
                # Kafka doesn't come to read these, and tells them after those that it read.
                reply.aborted_transactions = []
                absent.append((wanted, reply))
                continue
        elif reply.diverging_epoch.epoch != -1:
            final = True
        replies.append((wanted, reply))
    return replies + absent if absent else replies, size, final


def _held_back(
    throttle: Throttle, ctx: Context, partition: Partition, replica: ReplicaState
) -> bool:
    """Whether a follower that isn't in sync has to wait: its replica is throttled (KIP-73)."""
    return 0 <= replica.replica_id not in partition.isr and throttle.holds_back(
        partition.topic, partition.index, ctx.mono_ms
    )


def _racks(broker: Broker, ctx: Context) -> dict[int, str | None]:
    """Where the living brokers are; empty where consumers aren't sent to the nearest."""
    if ctx.api_version < 11 or broker.config.raw("replica.selector.class") != SELECTOR:
        return {}
    brokers = broker.image.brokers.values()
    return {b.id: b.rack for b in brokers if not b.fenced and ctx.listener in b.endpoints}


def _elsewhere(
    ctx: Context,
    partition: Partition,
    wanted: Wanted,
    rack: str,
    racks: Mapping[int, str | None],
    reply: PartitionData,
) -> bool:
    """Whether the consumer is sent to another replica; nothing is read for it here then."""
    chosen = nearest(partition, rack, racks, wanted.data.fetch_offset, ctx.mono_ms)
    if chosen == LEADER:
        return False
    reply.preferred_read_replica = chosen
    reading.note_offsets(partition, reply)
    return True


def _replica(ctx: Context, request: FetchRequest) -> ReplicaState:
    """Who asks: -1 is a consumer."""
    if ctx.api_version >= 15:
        return request.replica_state
    return ReplicaState(replica_id=request.replica_id, replica_epoch=-1)


def _meter(broker: Broker, ctx: Context, request: FetchRequest) -> Requests:
    return broker.fetch_meters[
        "FetchConsumer" if _replica(ctx, request).replica_id < 0 else "FetchFollower"
    ]


def _upper(partition: Partition, request: FetchRequest, replica: ReplicaState) -> int:
    if replica.replica_id >= 0:
        return partition.log.end_offset
    if request.isolation_level == 1:
        return partition.last_stable_offset
    return partition.high_watermark


def _note_follower(
    ctx: Context,
    partition: Partition,
    wanted: Wanted,
    replica: ReplicaState,
    reply: PartitionData,
) -> Code:
    """What the follower asks for tells what it has; that may commit something."""
    data = wanted.data
    known = partition.follower_fetched(
        replica.replica_id,
        replica.replica_epoch,
        data.fetch_offset,
        data.log_start_offset,
        ctx.mono_ms,
    )
    reply.high_watermark = partition.high_watermark
    if not known:
        return Code.NOT_LEADER_OR_FOLLOWER
    if not reply.records:
        wanted.settled = partition
    return Code.NONE


def find(
    broker: Broker, ctx: Context, wanted: Wanted, *, from_follower: bool = False
) -> tuple[Code, Partition | None]:
    """The hosted partition, or why there is none."""
    name = wanted.topic
    if name is None:
        return Code.UNKNOWN_TOPIC_ID, None
    topic = broker.image.topics.get(name)
    if topic is None or wanted.index not in topic.partitions:
        return Code.UNKNOWN_TOPIC_OR_PARTITION, None
    if ctx.api_version >= 13 and topic.id != wanted.topic_id:
        return Code.INCONSISTENT_TOPIC_ID, None
    partition = broker.replicas.get(name, wanted.index)
    if partition is None:
        return broker.replicas.refusal(name, wanted.index), None
    code = partition.check_leader(wanted.data.current_leader_epoch)
    if code == Code.NOT_LEADER_OR_FOLLOWER and ctx.api_version >= 11 and not from_follower:
        code = Code.NONE  # KIP-392: consumers that tell where they are may read from followers
    return code, partition


def _read_one(
    broker: Broker,
    partition: Partition,
    wanted: Wanted,
    reply: PartitionData,
    limit: int,
    min_one: bool,
    upper: int,
    committed: bool,
) -> Code:
    try:
        return reading.read(partition, wanted.data, reply, limit, min_one, upper, committed)
    except KafkaError as e:
        return e.code
    except OSError as e:
        broker.replicas.report(f"{partition.topic}-{partition.index} can't be read: {e}")
        return Code.KAFKA_STORAGE_ERROR


def _failed(
    broker: Broker,
    ctx: Context,
    wanted: Wanted,
    reply: PartitionData,
    code: Code,
) -> None:
    if code == Code.KAFKA_STORAGE_ERROR and ctx.api_version <= 5:
        code = Code.NOT_LEADER_OR_FOLLOWER
    reply.error_code = code
    if ctx.api_version >= 16 and code in (Code.NOT_LEADER_OR_FOLLOWER, Code.FENCED_LEADER_EPOCH):
        leader, epoch = broker.leader_of(wanted.topic or "", wanted.index)
        reply.current_leader = LeaderIdAndEpoch(leader_id=leader, leader_epoch=epoch)


def _reply(
    broker: Broker, ctx: Context, request: FetchRequest, fetching: Fetching, replies: Replies
) -> FetchResponse:
    response = FetchResponse()
    session = fetching.session
    if session is not None:
        response.session_id = session.id
    topic: FetchableTopicResponse | None = None
    last: str | bytes = ""
    by_id = ctx.api_version >= 13
    leaders: set[int] = set()
    throttle = broker.throttles.leader if _replica(ctx, request).replica_id >= 0 else None
    for wanted, reply in broker.sessions.answered(fetching, replies):
        if throttle is not None and throttle.limited:
            size = len(reply.records or b"")
            throttle.record(wanted.topic or "", wanted.index, size, ctx.mono_ms)
        key: str | bytes = wanted.topic_id if by_id else wanted.topic or ""
        if topic is None or key != last:
            # Kafka too puts together only what stands together, and keeps the order.
            topic = FetchableTopicResponse(topic=wanted.topic or "", topic_id=wanted.topic_id)
            response.responses.append(topic)
            last = key
        topic.partitions.append(reply)
        if reply.records:
            _count(broker, ctx, request, wanted, len(reply.records))
        if reply.current_leader.leader_id >= 0:
            leaders.add(reply.current_leader.leader_id)
    if leaders:
        response.node_endpoints = [
            NodeEndpoint(node_id=n, host=host, port=port, rack=rack)
            for n, host, port, rack in broker.endpoints(leaders, ctx.listener)
        ]
    return response


def _count(broker: Broker, ctx: Context, request: FetchRequest, wanted: Wanted, size: int) -> None:
    """What goes out, to consumers or to followers."""
    partition = broker.replicas.get(wanted.topic or "", wanted.index)
    if partition is None:
        return
    if _replica(ctx, request).replica_id < 0:
        partition.bytes_out += size
    else:
        partition.replicated_out += size


def failed(request: FetchRequest, code: Code, text: str | None) -> FetchResponse:
    """The whole says it, and for clients that name topics every partition does."""
    response = FetchResponse(error_code=code, session_id=request.session_id)
    if any(t.topic_id != ZERO_UUID for t in request.topics):
        return response  # since version 13, which has ids, nobody looks there
    for t in request.topics:
        rows = [
            PartitionData(partition_index=p.partition, error_code=code, high_watermark=-1)
            for p in t.partitions
        ]
        for row in rows:
            row.records = b""
        response.responses.append(
            FetchableTopicResponse(topic=t.topic, topic_id=t.topic_id, partitions=rows)
        )
    return response


async def _wait(
    broker: Broker, ctx: Context, request: FetchRequest, fetching: Fetching, seen: Replies
) -> FetchResponse:
    """Read again whenever a partition has news, until there is enough or the time is up.

    This begins later than the first reading, whose replies are `seen`: what has come in between is
    news too.
    """
    news = asyncio.Event()
    watched: dict[Wanted, dict[Watcher, None]] = {}
    from_follower = _replica(ctx, request).replica_id >= 0
    session = fetching.session if from_follower else None
    _watch(broker, seen, from_follower, news, watched)
    if session is not None:
        session.waiter = news.set
        if session.stirred:
            news.set()
    over = False

    def time_is_up() -> None:
        # A flag, because the loop's clock may stand just before the deadline when its timer fires.
        nonlocal over
        over = True
        news.set()

    timer = asyncio.get_running_loop().call_later(request.max_wait_ms / 1000, time_is_up)
    try:
        while True:
            await news.wait()
            news.clear()
            if session is not None:
                fetching.wanted = session.look()
            replies, size, final = _read(broker, ctx, request, fetching)
            if final or size >= request.min_bytes or over:
                return _reply(broker, ctx, request, fetching, replies)
            if session is not None:
                _watch(broker, replies, from_follower, news, watched)  # what was stirred meanwhile
    finally:
        _meter(broker, ctx, request).waits.add(broker.world.clock.mono_ms() - ctx.mono_ms)
        timer.cancel()
        if session is not None and session.waiter == news.set:
            session.waiter = None
        for watchers in watched.values():
            watchers.pop(news.set, None)


def _watch(
    broker: Broker,
    replies: Replies,
    from_follower: bool,
    news: asyncio.Event,
    watched: dict[Wanted, dict[Watcher, None]],
) -> None:
    """Hear of what comes to these; what has come since they were read is news too."""
    for wanted, reply in replies:
        if wanted in watched:
            continue
        partition = broker.replicas.get(wanted.topic or "", wanted.index)
        if partition is not None:
            watchers = partition.end_watchers if from_follower else partition.watchers
            watchers[news.set] = None
            watched[wanted] = watchers
            if from_follower:
                moved = partition.log.end_offset != wanted.data.fetch_offset
            else:
                moved = partition.high_watermark != reply.high_watermark
            if moved or not partition.is_leader:
                news.set()
