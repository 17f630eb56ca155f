"""From committed to applied: each metadata record goes through the machine once, in order.

What this node appended itself is remembered until it is committed, so that it needn't be read and
decoded again, and so that who appended it can be told. Everything else comes from the log: what was
there at the start, and what a leader sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msklite.errors import KafkaError
from msklite.metadata.image import Image
from msklite.metadata.records import AnyRecord, decode
from msklite.raft.messages import OffsetEpoch
from msklite.raft.snapshot import Snapshot
from msklite.wire.batch import iter_headers
from msklite.wire.records import iter_records
from msklite.zone.quorum_log import MetadataLog
from msklite.zone.quorum_store import READ_BYTES


class MetadataMachine(Protocol):
    """What the quorum drives: metadata.controller.Controller."""

    @property
    def image(self) -> Image: ...

    def apply(self, records: Iterable[AnyRecord], offset: int, epoch: int) -> Image: ...

    def load(self, records: Iterable[AnyRecord], offset: int, epoch: int) -> Image:
        """As `apply`, of a snapshot, which takes the place of everything so far."""
        ...

    def activate(self, mono_ms: int) -> Sequence[AnyRecord]:
        """The records that a controller begins with as leader; for an empty log, the features."""
        ...


@dataclass(slots=True)
class _Waiting:
    """An append on its way: committed when the high watermark passes `last_offset`."""

    records: list[AnyRecord]
    last_offset: int
    epoch: int
    size: int
    done: asyncio.Future[int] = field(repr=False)

    @property
    def first_offset(self) -> int:
        return self.last_offset - len(self.records) + 1


class Delivery:
    """See above. `size_applied` is told how many bytes of records went through."""

    def __init__(
        self,
        machine: MetadataMachine,
        publish: Callable[[], None],
        log: MetadataLog,
        first: Snapshot,
        size_applied: Callable[[int], None],
    ) -> None:
        self.applied_offset = first.at.offset
        """Everything below has gone through the machine."""
        self.last_time_ms = first.last_log_time_ms
        self._machine = machine
        self._publish = publish
        self._log = log
        self._size_applied = size_applied
        self._last_epoch = first.at.epoch
        self._waiting: deque[_Waiting] = deque()
        self._readers: list[tuple[int, asyncio.Future[None]]] = []
        if first.at.offset > 0:
            self._apply([decode(v) for v in first.values], first.at.offset - 1, first.at.epoch)

    @property
    def at(self) -> OffsetEpoch:
        """How far the machine is: the name of a checkpoint of it."""
        return OffsetEpoch(self.applied_offset, self._last_epoch)

    # -- who waits ----------------------------------------------------------------------------

    def expect(
        self, records: list[AnyRecord], last_offset: int, epoch: int, size: int
    ) -> asyncio.Future[int]:
        """These are being appended: done, with their last offset, once they are applied."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(records, last_offset, epoch, size, done))
        return done

    def take_back(self) -> None:
        """What was expected last couldn't be written."""
        self._waiting.pop()

    def refuse(self, error: KafkaError) -> None:
        """Nothing that waits will be committed, as far as this node knows."""
        for waiting in self._waiting:
            if not waiting.done.done():
                waiting.done.set_exception(error)
                waiting.done.exception()  # an append in several batches waits for the last only
        self._waiting.clear()

    def cancel(self) -> None:
        """Nobody is answered any more."""
        for waiting in self._waiting:
            waiting.done.cancel()
        self._waiting.clear()

    async def until(self, offset: int) -> None:
        """Wait until everything below `offset` is applied."""
        if self.applied_offset < offset:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._readers.append((offset, done))
            await done

    # -- applying -----------------------------------------------------------------------------

    def commit(self, high_watermark: int) -> None:
        """Everything below is committed: apply it."""
        while self.applied_offset < high_watermark:
            head = self._waiting[0] if self._waiting else None
            if head is not None and head.first_offset <= self.applied_offset:
                self._waiting.popleft()
                self._size_applied(head.size)
                self._apply(head.records, head.last_offset, head.epoch)
                if not head.done.done():
                    head.done.set_result(head.last_offset)
            else:
                limit = high_watermark if head is None else min(high_watermark, head.first_offset)
                self._apply_from_log(limit)

    def _apply_from_log(self, limit: int) -> None:
        data = self._log.read(self.applied_offset, READ_BYTES)
        records: list[AnyRecord] = []
        pos, last, epoch = 0, -1, self._last_epoch
        for header in iter_headers(data):
            if header.base_offset >= limit:
                break
            if not header.is_control:
                found = [decode(r.value or b"") for r in iter_records(data, pos)]
                # A read may begin inside a batch: after a checkpoint that ends there.
                records += found[max(0, self.applied_offset - header.base_offset) :]
            pos += header.length
            last, epoch = header.last_offset, header.leader_epoch
            self.last_time_ms = max(self.last_time_ms, header.max_timestamp)
        assert last >= self.applied_offset, f"nothing to read at {self.applied_offset}"
        self._size_applied(pos)
        self._apply(records, last, epoch)

    def load(self, content: Snapshot) -> None:
        """A snapshot was fetched: it is all that is known now."""
        at = content.at
        assert at.offset >= self.applied_offset and not self._waiting, (at, self.applied_offset)
        self.last_time_ms = max(self.last_time_ms, content.last_log_time_ms)
        self._machine.load([decode(v) for v in content.values], at.offset - 1, at.epoch)
        self._applied(at.offset, at.epoch)

    def _apply(self, records: list[AnyRecord], last_offset: int, epoch: int) -> None:
        self._machine.apply(records, last_offset, epoch)
        self._applied(last_offset + 1, epoch)

    def _applied(self, end_offset: int, epoch: int) -> None:
        self.applied_offset = end_offset
        self._last_epoch = epoch
        self._publish()
        if self._readers:
            for offset, done in self._readers:
                if offset <= self.applied_offset and not done.done():
                    done.set_result(None)
            self._readers = [(o, d) for o, d in self._readers if not d.done()]
