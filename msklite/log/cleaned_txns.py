"""What a cleaner knows of transactions while it walks a log from its start.

- Records of an aborted transaction go, as if they weren't there. Its marker stays while any batch
  of it was met, and with it its entry in the transaction index.
- The marker of a committed transaction may go once none of its batches were met: then it says
  nothing any more. Either kind stays for delete.retention.ms after that, like a tombstone, so that
  a reader who is under way still meets it.

Source: Kafka's CleanedTransactionMetadata.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msklite.log.txn_index import AbortedTxn
from msklite.wire.batch import BatchError, BatchHeader
from msklite.wire.records import Control, control_kind, iter_records


class CleanedTransactions:
    """See the module. Batches must be shown in order."""

    __slots__ = ("_aborted", "_committed", "_seen", "_waiting", "kept")

    def __init__(self, aborted: Iterable[AbortedTxn]) -> None:
        self._waiting = deque(sorted(set(aborted), key=lambda t: (t.first_offset, t.last_offset)))
        self._aborted: dict[int, AbortedTxn] = {}
        self._seen: set[int] = set()
        """Producers of aborted transactions of which a batch was met."""
        self._committed: set[int] = set()
        self.kept: list[AbortedTxn] = []
        """Entries for the index of what is being written."""

    def _begin(self, last_offset: int) -> None:
        while self._waiting and self._waiting[0].first_offset <= last_offset:
            entry = self._waiting.popleft()
            self._aborted.setdefault(entry.producer_id, entry)

    def batch(self, header: BatchHeader) -> bool:
        """A batch of records: whether it belongs to an aborted transaction."""
        if self._waiting:
            self._begin(header.last_offset)
        if not header.is_transactional:
            return False
        producer = header.producer_id
        if producer in self._aborted:
            self._seen.add(producer)
            return True
        self._committed.add(producer)
        return False

    def marker(self, header: BatchHeader, batch: bytes) -> bool:
        """A control batch: whether it says nothing any more."""
        self._begin(header.last_offset)
        kind = _kind(header, batch)
        if kind is None:
            return True  # it was emptied by an earlier round
        producer = header.producer_id
        if kind is Control.ABORT:
            entry = self._aborted.pop(producer, None)
            if entry is None or producer not in self._seen:
                return True
            self._seen.discard(producer)
            self.kept.append(entry)
            return False
        if kind is Control.COMMIT:
            met = producer in self._committed
            self._committed.discard(producer)
            return not met
        return False

    def take_kept(self) -> list[AbortedTxn]:
        """The entries gathered since the last call."""
        kept, self.kept = self.kept, []
        return kept


def _kind(header: BatchHeader, batch: bytes) -> Control | None:
    if header.count == 0:
        return None
    try:
        return control_kind(next(iter(iter_records(batch))).key)
    except (BatchError, StopIteration):
        return Control.UNKNOWN
