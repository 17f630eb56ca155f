"""What EndTxn may do: the tables of both generations, as decisions on one transaction.

Before transaction.version 2 (`classic`):

                     commit            abort
    Ongoing          PrepareCommit     PrepareAbort
    PrepareCommit    CONCURRENT        CONCURRENT
    PrepareAbort     CONCURRENT        CONCURRENT
    CompleteCommit   done already      INVALID_TXN_STATE
    CompleteAbort    INVALID_TXN_STATE done already
    Empty            INVALID_TXN_STATE INVALID_TXN_STATE

In Kafka a transaction that has prepared has "a transition pending" until its markers are written,
so it is told to come again whatever is asked; with rising epochs before anything else is looked at:
a quick client has its new epoch, and ends its next transaction, while that is so.

From then on (`rising`) the epoch tells a retry, which has the one before, from the next end; and
whatever is at rest may be aborted, which costs an epoch: the client doesn't know whether a produce
whose answer it never saw has added a partition.

Source: Kafka's TransactionCoordinator.endTransaction, KIP-890.
"""

from __future__ import annotations

from dataclasses import dataclass

from msklite.errors import Code
from msklite.txns.transaction import ENDING, MAX_EPOCH, State, Transaction, exhausted

_OUTCOME = {State.COMPLETE_COMMIT: True, State.COMPLETE_ABORT: False}


@dataclass(slots=True, frozen=True)
class Ending:
    """Go on to Prepare with this epoch; `rotate`: the next epoch belongs to a new producer id."""

    epoch: int
    client_version: int
    rotate: bool = False


def classic(t: Transaction, producer_id: int, epoch: int, commit: bool) -> Ending | Code:
    """The older clients' EndTxn; NONE is "done already"."""
    if t.producer_id != producer_id:
        return Code.INVALID_PRODUCER_ID_MAPPING
    if t.epoch != epoch:
        return Code.PRODUCER_FENCED
    if t.state is State.ONGOING:
        return Ending(t.epoch, 0)
    if t.state in ENDING:
        return Code.CONCURRENT_TRANSACTIONS
    return Code.NONE if _OUTCOME.get(t.state) is commit else Code.INVALID_TXN_STATE


def rising(
    t: Transaction, previous_id: int, producer_id: int, epoch: int, commit: bool
) -> Ending | Code:
    """EndTxn of clients that get a new epoch with each end; NONE is "done already"."""
    if t.state in ENDING:
        return Code.CONCURRENT_TRANSACTIONS
    overflowed = previous_id == producer_id and epoch == MAX_EPOCH - 1 and t.epoch == 0
    bumped = t.epoch == epoch + 1
    if t.producer_id != producer_id and not overflowed:
        return Code.INVALID_PRODUCER_ID_MAPPING
    if t.state in _OUTCOME:
        valid = bumped or overflowed or epoch == t.epoch
    else:
        valid = epoch == t.epoch
    if not valid:
        return Code.PRODUCER_FENCED
    if t.state in _OUTCOME and (bumped or overflowed):
        return Code.NONE if _OUTCOME[t.state] is commit else Code.INVALID_TXN_STATE
    if t.state is State.ONGOING or not commit:
        return Ending(t.epoch + 1, 2, rotate=exhausted(t.epoch))
    return Code.INVALID_TXN_STATE


def fencing(t: Transaction, transaction_version: int) -> Ending:
    """The coordinator aborts an open transaction; whoever had it is fenced by the higher epoch."""
    return Ending(t.epoch + 1, 2 if transaction_version >= 2 else 0)
