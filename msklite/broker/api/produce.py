"""Produce: append one record batch to each partition named.

- v3 magic 2 only here (older magics ended with Kafka 4.0); v5 log start offset; v7 zstd (KIP-110)
- v8 errors for single records (KIP-467); v9 flexible; v10 the new leader in the reply (KIP-951)
- v11, v12 newer error codes and transactions (KIP-890); v13 topic ids (KIP-516)

acks=all is answered when the high watermark has passed the batch, or after timeout_ms with
REQUEST_TIMED_OUT; the records stay. Meanwhile later Produce requests of the connection are taken.
Where flush.messages asks for it, the reply waits until the batches are on the disk; followers and
consumers do not. acks=0 gets no reply, and its connection is closed when anything failed, so that
the client looks again. Batches are stored as sent: base offset and leader epoch are patched into
their headers. The first batch of a transaction is appended once its coordinator has been asked
(`broker/verification`).
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING

from msklite.broker import commit_wait, transactional
from msklite.broker.commit_wait import Committed, Wait
from msklite.broker.context import Context
from msklite.broker.dispatch import NoReply
from msklite.broker.produce_check import Checked, checked
from msklite.broker.quick_produce import quick
from msklite.broker.topics import INTERNAL
from msklite.broker.verification import Verified
from msklite.errors import Code, KafkaError
from msklite.log.validate import Rejected, validate_append
from msklite.log.verification import Guard
from msklite.partition.partition import Partition
from msklite.wire.batch import BatchError, BatchHeader, check_header
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.produce_response import (
    BatchIndexAndErrorMessage,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)
from msklite.wire.primitives import ZERO_UUID, Buffer
from msklite.wire.produce import read_request as read
from msklite.wire.produce import write_response as write

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

__all__ = ["failed", "handle", "quick", "read", "write"]

WITHOUT_START = (
    Code.MESSAGE_TOO_LARGE,
    Code.RECORD_LIST_TOO_LARGE,
    Code.CORRUPT_MESSAGE,
    Code.KAFKA_STORAGE_ERROR,
)
"""Errors that Kafka tells without the log's start (ReplicaManager.appendRecordsToLeader)."""
Topics = list[tuple[TopicProduceData, Checked]]
Flushing = list[tuple[Partition, int, PartitionProduceResponse]]
"""Appends to be flushed before they are acknowledged: up to which offset, and their answers."""


def handle(
    broker: Broker, ctx: Context, request: ProduceRequest
) -> ProduceResponse | Committed | Awaitable[ProduceResponse]:
    """Append now; answer now, unless a flush is asked for or acks=all has to wait for followers."""
    acks = request.acks
    try:
        topics = [(t, checked(ctx.api_version, request, t)) for t in request.topic_data]
    except KafkaError as e:
        if acks == 0:
            raise NoReply(close=True) from e
        raise
    if request.transactional_id is not None:
        begun = transactional.verify(broker, ctx, request, topics)
        if isinstance(begun, Awaitable):
            _keep(topics)
            return _verified(broker, ctx, request, topics, begun)
        if begun is not None:
            return _append_all(broker, ctx, request, topics, begun)
    return _append_all(broker, ctx, request, topics, None)


def _keep(topics: Topics) -> None:
    """Records lie in the connection's buffer, where the next request will stand: copy them."""
    for _, parts in topics:
        for p, _ in parts:
            if p.records is not None:
                p.records = bytearray(p.records)


async def _verified(
    broker: Broker, ctx: Context, request: ProduceRequest, topics: Topics,
    begun: Awaitable[Verified],
) -> ProduceResponse:  # fmt: skip
    answer = _append_all(broker, ctx, request, topics, await begun)
    if isinstance(answer, Committed):
        response: ProduceResponse = await answer.wait()
        return response
    return await answer if isinstance(answer, Awaitable) else answer


def _append_all(
    broker: Broker,
    ctx: Context,
    request: ProduceRequest,
    topics: Topics,
    verified: Verified | None,
) -> ProduceResponse | Committed | Awaitable[ProduceResponse]:
    acks = request.acks
    response = ProduceResponse()
    any_failed = False
    flushing: Flushing = []
    waits: list[Wait] = []
    by_id = ctx.api_version >= 13
    for t, parts in topics:
        name: str | None = t.name
        topic_id = t.topic_id
        if by_id and topic_id != ZERO_UUID:
            name = broker.image.topic_names.get(topic_id)
        rows = []
        for p, header in parts:
            row = PartitionProduceResponse(index=p.index, base_offset=-1, log_start_offset=-1)
            if name is None or (not name and by_id):
                row.error_code = Code.UNKNOWN_TOPIC_ID
            else:
                row.error_code = _append(
                    broker, ctx, name, p, header, acks, row, flushing, waits, verified
                )
            if row.error_code:
                any_failed = True
                if row.error_code == Code.NOT_LEADER_OR_FOLLOWER and ctx.api_version >= 10:
                    _name_leader(broker, ctx, name or "", row, response)
            rows.append(row)
        if rows:
            response.responses.append(
                TopicProduceResponse(
                    name=name or t.name, topic_id=topic_id, partition_responses=rows
                )
            )
    if acks == 0:
        if any_failed:
            broker.log.info(
                "closing the connection from %s: a produce with acks=0 failed", ctx.client_host
            )
        for partition, end, _ in flushing:
            broker.replicas.keeper.flush(partition, end)
        raise NoReply(close=any_failed)
    if flushing:
        return _later(broker, ctx, request.timeout_ms, flushing, waits, response)
    if waits:
        finish = partial(_finished, broker, ctx, waits, response)
        return Committed(request.timeout_ms, waits, finish)
    return response


async def _later(
    broker: Broker,
    ctx: Context,
    timeout_ms: int,
    flushing: Flushing,
    waits: list[Wait],
    response: ProduceResponse,
) -> ProduceResponse:
    for partition, end, row in flushing:
        try:
            await broker.replicas.keeper.durable(partition, end)
        except OSError as e:
            broker.log.error("%s-%d can't be flushed: %s", partition.topic, partition.index, e)
            row.error_code = Code.KAFKA_STORAGE_ERROR
            row.base_offset = -1
    if waits:
        await commit_wait.until(timeout_ms, waits)
    return _finished(broker, ctx, waits, response)


def _finished(
    broker: Broker, ctx: Context, waits: list[Wait], response: ProduceResponse
) -> ProduceResponse:
    for wait in waits:
        if wait.row.error_code == Code.NOT_LEADER_OR_FOLLOWER and ctx.api_version >= 10:
            assert isinstance(wait.row, PartitionProduceResponse)
            _name_leader(broker, ctx, wait.partition.topic, wait.row, response)
    return response


def _append(
    broker: Broker,
    ctx: Context,
    topic: str,
    wanted: PartitionProduceData,
    header: BatchHeader | Code,
    acks: int,
    row: PartitionProduceResponse,
    flushing: Flushing,
    waits: list[Wait],
    verified: Verified | None,
) -> Code:
    partition = broker.replicas.get(topic, wanted.index)
    if partition is None:
        known = broker.image.topics.get(topic)
        if known is None or wanted.index not in known.partitions:
            return Code.UNKNOWN_TOPIC_OR_PARTITION
    if isinstance(header, Code):
        return header
    if acks not in (-1, 1, 0):
        return Code.INVALID_REQUIRED_ACKS
    if topic in INTERNAL and ctx.client_id != "__admin_client":
        return Code.INVALID_TOPIC_EXCEPTION
    if partition is None or not partition.is_leader:
        return broker.replicas.refusal(topic, wanted.index)
    guard = None
    if verified is not None:
        place = (topic, wanted.index)
        if place in verified.errors:
            code, row.error_message = transactional.client_error(ctx, verified.errors[place])
            return code
        guard = verified.guards.get(place)
    try:
        if acks == -1 and not partition.enough_in_sync():
            raise KafkaError(Code.NOT_ENOUGH_REPLICAS)
        end = _append_one(ctx, partition, wanted.records or b"", header, row, guard)
    except (BatchError, KafkaError, Rejected) as e:
        broker.log.info("refused for %s-%d: %s", topic, wanted.index, e)
        return _refused(partition, e.code, e, row)
    except OSError as e:
        broker.log.error("%s-%d can't be written: %s", topic, wanted.index, e)
        broker.disk.refused()
        return Code.KAFKA_STORAGE_ERROR
    if acks == -1 and end > partition.high_watermark:
        waits.append(Wait(row, partition, end, partition.leader_epoch))
    if broker.replicas.keeper.flush_asked(partition):
        flushing.append((partition, partition.log.end_offset, row))
    return Code.NONE


def _refused(
    partition: Partition, code: Code, error: Exception, row: PartitionProduceResponse
) -> Code:
    """Only errors of single records are told in words."""
    if isinstance(error, Rejected) and error.record_errors:
        row.error_message = error.text
        row.record_errors = [
            BatchIndexAndErrorMessage(batch_index=i, batch_index_error_message=m)
            for i, m in error.record_errors
        ]
    if code not in WITHOUT_START:
        row.log_start_offset = partition.log.start_offset
    return code


def _append_one(
    ctx: Context,
    partition: Partition,
    records: Buffer,
    header: BatchHeader,
    row: PartitionProduceResponse,
    guard: Guard | None,
) -> int:
    """Append the batch; the offset after it."""
    log = partition.log
    check_header(header, records, max_bytes=log.config.max_message_bytes)
    if header.length < len(records):
        records = records[: header.length]
    data, header = validate_append(header, records, log.config, ctx.now_ms)
    info = partition.append(data, [header], ctx.now_ms, ctx.mono_ms, guard)
    row.base_offset = info.first_offset
    row.log_append_time_ms = info.append_time
    row.log_start_offset = log.start_offset
    return info.last_offset + 1


def failed(request: ProduceRequest, code: Code, text: str | None) -> ProduceResponse:
    """Every partition gets the error."""
    return ProduceResponse(
        responses=[
            TopicProduceResponse(
                name=t.name,
                topic_id=t.topic_id,
                partition_responses=[
                    PartitionProduceResponse(
                        index=p.index,
                        error_code=code,
                        base_offset=-1,
                        log_start_offset=-1,
                        error_message=text,
                    )
                    for p in t.partition_data
                ],
            )
            for t in request.topic_data
        ]
    )


def _name_leader(
    broker: Broker,
    ctx: Context,
    topic: str,
    row: PartitionProduceResponse,
    response: ProduceResponse,
) -> None:
    leader, epoch = broker.leader_of(topic, row.index)
    row.current_leader = LeaderIdAndEpoch(leader_id=leader, leader_epoch=epoch)
    if leader >= 0 and all(n.node_id != leader for n in response.node_endpoints):
        response.node_endpoints += [
            NodeEndpoint(node_id=n, host=host, port=port, rack=rack)
            for n, host, port, rack in broker.endpoints([leader], ctx.listener)
        ]
