"""ListTransactions: the transactional ids that this broker coordinates (KIP-664).

- v1 those open for longer than a duration (KIP-994); v2 a pattern that ids match (KIP-1152)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.list_transactions_request import ListTransactionsRequest
from msklite.wire.messages.list_transactions_response import ListTransactionsResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: ListTransactionsRequest
) -> ListTransactionsResponse:
    """All that pass every filter; an empty one lets everything pass."""
    try:
        matches = _matcher(request.transactional_id_pattern)
    except re.error:
        return ListTransactionsResponse(error_code=Code.INVALID_REGULAR_EXPRESSION)
    return await broker.txns.list_transactions(
        request.state_filters,
        frozenset(request.producer_id_filters),
        request.duration_filter,
        matches,
    )


def _matcher(pattern: str | None) -> Callable[[str], bool]:
    if not pattern:
        return lambda _: True
    found = re.compile(pattern)
    return lambda text: found.fullmatch(text) is not None
