"""DescribeTransactions: the states of transactional ids living here (KIP-664). Version 0 only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.wire.messages.describe_transactions_request import DescribeTransactionsRequest
from msklite.wire.messages.describe_transactions_response import DescribeTransactionsResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: DescribeTransactionsRequest
) -> DescribeTransactionsResponse:
    """One row for each id asked for."""
    return DescribeTransactionsResponse(
        transaction_states=[await broker.txns.describe(t) for t in request.transactional_ids]
    )
