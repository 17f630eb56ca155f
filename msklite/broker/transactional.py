"""Produce with batches of transactions: who is to be verified, and what clients are told if not.

Source: Kafka's ReplicaManager.handleProduceAppend.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.broker.produce_check import Checked
from msklite.broker.verification import Manner, Verified
from msklite.errors import Code, KafkaError
from msklite.txns.machine import Producer
from msklite.txns.transaction import Partition
from msklite.wire.batch import TRANSACTIONAL, BatchHeader
from msklite.wire.messages.produce_request import ProduceRequest, TopicProduceData
from msklite.wire.primitives import ZERO_UUID

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_RETRIED = frozenset(
    {
        Code.NETWORK_EXCEPTION,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.NOT_COORDINATOR,
    }
)


def verify(
    broker: Broker,
    ctx: Context,
    request: ProduceRequest,
    topics: list[tuple[TopicProduceData, Checked]],
) -> Verified | Awaitable[Verified] | None:
    """Verify the transactional batches of a request; None if there are none."""
    batches: dict[Partition, int] = {}
    producers: set[tuple[int, int]] = set()
    for t, parts in topics:
        name = t.name
        if ctx.api_version >= 13 and t.topic_id != ZERO_UUID:
            name = broker.image.topic_names.get(t.topic_id, "")
        for p, header in parts:
            if not isinstance(header, BatchHeader) or not header.attributes & TRANSACTIONAL:
                continue
            if header.producer_id >= 0:
                producers.add((header.producer_id, header.producer_epoch))
                batches[name, p.index] = header.base_sequence
    if not producers:
        return None
    if len(producers) > 1:
        raise KafkaError(
            Code.INVALID_PRODUCER_ID_MAPPING,
            "Transactional records contained more than one producer ID",
        )
    producer_id, epoch = producers.pop()
    producer = Producer(request.transactional_id or "", producer_id, epoch)
    return broker.verifications.begin(producer, batches, _manner(ctx.api_version))


def _manner(version: int) -> Manner:
    if version >= 12:
        return Manner.ADDING
    return Manner.ABORTABLE if version == 11 else Manner.OLD


def client_error(ctx: Context, code: Code) -> tuple[Code, str | None]:
    """What a producer may see of a verification that failed, and the words for it.

    What older ones wouldn't try again becomes NOT_ENOUGH_REPLICAS, which they do, without asking
    for metadata first.
    """
    if code is Code.INVALID_TXN_STATE:
        return code, "Partition was not added to the transaction"
    concurrent = code is Code.CONCURRENT_TRANSACTIONS and ctx.api_version < 12
    if code in _RETRIED or concurrent:
        return Code.NOT_ENOUGH_REPLICAS, (
            "Unable to verify the partition has been added to the transaction. Underlying error: "
            f"{code.name}"
        )
    return code, None
