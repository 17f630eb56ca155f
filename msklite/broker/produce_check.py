"""What can be said of a Produce request before any of it is appended.

A partition's records must be one whole batch; where they aren't even the beginning of one, or a
batch is transactional in a request without a transactional id, the whole request is refused.
Sources:
Kafka's KafkaApis.handleProduceRequest, ProduceRequest.validateRecords, RequestUtils.
"""

from __future__ import annotations

from msklite.errors import Code, KafkaError
from msklite.wire.batch import TRANSACTIONAL, BatchError, BatchHeader, next_batch, sole_batch
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.primitives import Buffer

ZSTD = 4
Checked = list[tuple[PartitionProduceData, "BatchHeader | Code"]]
"""Partitions with the header of their one batch, or the error of it."""


def checked(version: int, request: ProduceRequest, topic: TopicProduceData) -> Checked:
    """Each partition's one batch or why it can't be; KafkaError when the whole request can't."""
    parts = topic.partition_data
    if len(parts) > 1:
        # Of a partition that is named twice Kafka takes the last.
        parts = list({p.index: p for p in parts}.values())
    out: Checked = []
    for p in parts:
        records = p.records
        header: BatchHeader | Code
        try:
            if records is None:
                raise BatchError(Code.INVALID_RECORD, "there are no records")
            header = sole_batch(records)
        except BatchError as e:
            if records is not None:
                _first_batch(records)
            header = e.code
        else:
            if header.attributes & TRANSACTIONAL and request.transactional_id is None:
                raise KafkaError(Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            if version < 7 and header.compression == ZSTD:
                header = Code.UNSUPPORTED_COMPRESSION_TYPE
        out.append((p, header))
    return out


def _first_batch(records: Buffer) -> None:
    """Kafka looks for transactional batches before anything else, and stumbles over nonsense."""
    try:
        next_batch(records)
    except BatchError as e:
        text = None if e.code is Code.UNKNOWN_SERVER_ERROR else e.text
        raise KafkaError(e.code, text) from e
