"""The records of `__transaction_state`: Kafka's TransactionLogKey and TransactionLogValue.

Both have their schema's version before them. Values are written in version 1, which has tagged
fields, once transaction.version is 1 or more. Source: Kafka's TransactionLog.
"""

from __future__ import annotations

from struct import Struct

from msklite.txns.transaction import NOBODY, State, Transaction
from msklite.wire.messages.transaction_log_key import TransactionLogKey
from msklite.wire.messages.transaction_log_value import PartitionsSchema, TransactionLogValue
from msklite.wire.primitives import DecodeError

_H = Struct(">h")
_HIGHEST = 1


def key(transactional_id: str) -> bytes:
    """The key of a transactional id."""
    out = bytearray(_H.pack(0))
    TransactionLogKey(transactional_id=transactional_id).write(out, 0)
    return bytes(out)


def value(t: Transaction, transaction_version: int) -> bytes:
    """The value for its state."""
    version = 1 if transaction_version >= 1 else 0
    topics: dict[str, list[int]] = {}
    for topic, index in sorted(t.partitions):
        topics.setdefault(topic, []).append(index)
    rows = [PartitionsSchema(topic=name, partition_ids=ids) for name, ids in topics.items()]
    body = TransactionLogValue(
        producer_id=t.producer_id,
        previous_producer_id=(
            NOBODY if t.previous_producer_id == t.producer_id else t.previous_producer_id
        ),
        next_producer_id=t.next_producer_id,
        producer_epoch=t.epoch,
        transaction_timeout_ms=t.timeout_ms,
        transaction_status=t.state,
        transaction_last_update_timestamp_ms=t.updated_ms,
        transaction_start_timestamp_ms=t.start_ms,
        client_transaction_version=t.client_version,
    )
    body.transaction_partitions = None if t.state is State.EMPTY else rows
    out = bytearray(_H.pack(version))
    body.write(out, version)
    return bytes(out)


def read_key(data: bytes) -> str | None:
    """The transactional id; None for a key of a kind that isn't known."""
    if len(data) < _H.size:
        raise DecodeError("a transaction's key is shorter than its version")
    if _H.unpack_from(data)[0] != 0:
        return None
    return TransactionLogKey.read(data, _H.size, 0)[0].transactional_id


def read_value(transactional_id: str, data: bytes) -> Transaction:
    """The transaction that a value describes."""
    version: int = _H.unpack_from(data)[0]
    if not 0 <= version <= _HIGHEST:
        raise DecodeError(
            f"a transaction's record has version {version}; {_HIGHEST} is the highest"
        )
    v, _ = TransactionLogValue.read(data, _H.size, version)
    try:
        state = State(v.transaction_status)
    except ValueError:
        raise DecodeError(f"a transaction's record has state {v.transaction_status}") from None
    return Transaction(
        transactional_id,
        v.producer_id,
        v.producer_epoch,
        v.transaction_timeout_ms,
        state,
        frozenset((p.topic, i) for p in v.transaction_partitions or () for i in p.partition_ids),
        v.transaction_start_timestamp_ms,
        v.transaction_last_update_timestamp_ms,
        v.producer_id if v.previous_producer_id == NOBODY else v.previous_producer_id,
        v.next_producer_id,
        v.client_transaction_version,
    )
