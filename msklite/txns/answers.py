"""The coordinator's answers, and what becomes of one when its operation can't be carried out.

Source: Kafka's TransactionStateManager.appendTransactionToLog and the requests' error responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msklite.errors import Code
from msklite.txns.transaction import Partition
from msklite.wire.messages.add_offsets_to_txn_response import AddOffsetsToTxnResponse
from msklite.wire.messages.add_partitions_to_txn_response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from msklite.wire.messages.describe_transactions_response import TransactionState
from msklite.wire.messages.end_txn_response import EndTxnResponse
from msklite.wire.messages.init_producer_id_response import InitProducerIdResponse
from msklite.wire.messages.list_transactions_response import ListTransactionsResponse
from msklite.wire.primitives import Message

_REMAPPED = {
    Code.UNKNOWN_TOPIC_OR_PARTITION: Code.COORDINATOR_NOT_AVAILABLE,
    Code.NOT_ENOUGH_REPLICAS: Code.COORDINATOR_NOT_AVAILABLE,
    Code.REQUEST_TIMED_OUT: Code.COORDINATOR_NOT_AVAILABLE,
    Code.NOT_LEADER_OR_FOLLOWER: Code.NOT_COORDINATOR,
    Code.KAFKA_STORAGE_ERROR: Code.NOT_COORDINATOR,
    Code.MESSAGE_TOO_LARGE: Code.UNKNOWN_SERVER_ERROR,
    Code.RECORD_LIST_TOO_LARGE: Code.UNKNOWN_SERVER_ERROR,
}


def client_code(code: Code) -> Code:
    """What a producer may see when an append fails with `code`."""
    return _REMAPPED.get(code, code)


def no_producer(code: Code) -> InitProducerIdResponse:
    """InitProducerId failed."""
    return InitProducerIdResponse(error_code=code, producer_id=-1, producer_epoch=-1)


def not_ended(code: Code) -> EndTxnResponse:
    """EndTxn's answer where there is no producer to tell of."""
    return EndTxnResponse(error_code=code, producer_id=-1, producer_epoch=-1)


def added(transactional_id: str, errors: Mapping[Partition, Code]) -> AddPartitionsToTxnResult:
    """One transaction's part of AddPartitionsToTxn: a code for each partition."""
    topics: dict[str, AddPartitionsToTxnTopicResult] = {}
    for (name, index), code in errors.items():
        topic = topics.get(name)
        if topic is None:
            topic = topics[name] = AddPartitionsToTxnTopicResult(name=name)
        topic.results_by_partition.append(
            AddPartitionsToTxnPartitionResult(partition_index=index, partition_error_code=code)
        )
    return AddPartitionsToTxnResult(
        transactional_id=transactional_id, topic_results=list(topics.values())
    )


def all_with(
    transactional_id: str, partitions: Iterable[Partition], code: Code
) -> AddPartitionsToTxnResult:
    """The same with one code for all."""
    return added(transactional_id, dict.fromkeys(partitions, code))


def failed(response: Message, code: Code) -> Message:
    """The error twin of an answer."""
    if isinstance(response, InitProducerIdResponse):
        return no_producer(code)
    if isinstance(response, EndTxnResponse):
        return not_ended(code)
    if isinstance(response, AddPartitionsToTxnResult):
        for topic in response.topic_results:
            for row in topic.results_by_partition:
                row.partition_error_code = code
        return response
    if isinstance(response, TransactionState):
        return TransactionState(error_code=code, transactional_id=response.transactional_id)
    assert isinstance(response, ListTransactionsResponse | AddOffsetsToTxnResponse), response
    return type(response)(error_code=code)
