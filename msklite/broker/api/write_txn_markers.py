"""WriteTxnMarkers: a coordinator, or an administrator, ends transactions in partitions led here.

- v1 flexible; v2 the transaction's version, by which epochs are judged (KIP-890)
One row for each producer; a marker that names no partition has none.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from msklite.broker import commit_wait
from msklite.broker.commit_wait import Wait
from msklite.broker.context import Context
from msklite.broker.marking import mark
from msklite.wire.messages.write_txn_markers_request import WriteTxnMarkersRequest
from msklite.wire.messages.write_txn_markers_response import (
    WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult,
    WriteTxnMarkersResponse,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(
    broker: Broker, ctx: Context, request: WriteTxnMarkersRequest
) -> WriteTxnMarkersResponse | Awaitable[WriteTxnMarkersResponse]:
    """Append all; answer when they are committed."""
    waits: list[Wait] = []
    producers: dict[int, dict[str, WritableTxnMarkerTopicResult]] = {}
    for marker in request.markers:
        if not any(t.partition_indexes for t in marker.topics):
            continue
        topics = producers.setdefault(marker.producer_id, {})
        for t in marker.topics:
            topic = topics.setdefault(t.name, WritableTxnMarkerTopicResult(name=t.name))
            for index in t.partition_indexes:
                topic.partitions.append(mark(broker, t.name, index, marker, waits))
    response = WriteTxnMarkersResponse(
        markers=[
            WritableTxnMarkerResult(producer_id=producer_id, topics=list(topics.values()))
            for producer_id, topics in producers.items()
        ]
    )
    return _later(broker, waits, response) if waits else response


async def _later(
    broker: Broker, waits: list[Wait], response: WriteTxnMarkersResponse
) -> WriteTxnMarkersResponse:
    await commit_wait.until(broker.config.int("request.timeout.ms"), waits)
    return response
