"""Readers of committed records: what a fetch brings, less what was aborted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msklite.errors import Code
from msklite.wire.batch import iter_headers
from msklite.wire.messages.fetch_request import FetchPartition
from msklite.wire.records import Control, Record, control_kind, iter_records
from tests.sim.client import Client, Unavailable
from tests.sim.model import Key
from tests.sim.reader import ask_fetch, end_of

if TYPE_CHECKING:
    from tests.sim.txns.work import Txns

COMMITTED = 1
VERSION_OF_ISOLATION = 2
"""From it on ListOffsets asks for the last stable offset."""


def committed(data: Any, position: int, aborted: list[Any]) -> tuple[list[Record], int]:
    """What a consumer makes of an answer: the records, and where it goes on."""
    waiting = sorted((a.first_offset, a.producer_id) for a in aborted)
    bad: dict[int, None] = {}
    found: list[Record] = []
    at, after = 0, position
    for header in iter_headers(data):
        while waiting and waiting[0][0] <= header.last_offset:
            bad[waiting.pop(0)[1]] = None
        if header.is_control:
            record = next(iter(iter_records(data, at)))
            if control_kind(record.key) is Control.ABORT:
                bad.pop(header.producer_id, None)
        elif not (header.is_transactional and header.producer_id in bad):
            found += [r for r in iter_records(data, at) if r.offset >= position]
        at += header.length
        after = max(after, header.next_offset)
    return found, after


class CommittedFetcher:
    """Fetches one partition after the other, committed records only."""

    def __init__(self, client: Client, txns: Txns) -> None:
        self.client = client
        self._txns = txns

    async def fetch(self, key: Key, position: int) -> tuple[list[Record], int]:
        """The records from `position` on, and where to go on."""
        client, rng = self.client, self.client.random
        address, _ = await client.leader(*key)
        part = FetchPartition(
            partition=key[1], fetch_offset=position, current_leader_epoch=-1,
            partition_max_bytes=rng.choice((1, 500, 1 << 20)),
        )  # fmt: skip
        row = await ask_fetch(
            client, address, key, part,
            max_wait_ms=rng.choice((0, 100, 500)), isolation_level=COMMITTED,
        )  # fmt: skip
        code = Code(row.error_code)
        if code is not Code.NONE:
            client.forget_leader(*key)
            alone = len(client.sim.machines) == 1
            if not code.retriable or (alone and code is Code.OFFSET_OUT_OF_RANGE):
                if alone or code is not Code.OFFSET_OUT_OF_RANGE:
                    self._txns.blame(f"{key}: a fetch at {position} was refused with {code.name}")
            raise Unavailable(f"fetch {key}: {code.name}")
        records, after = committed(row.records or b"", position, row.aborted_transactions or [])
        if records and records[-1].offset >= row.last_stable_offset:
            self._txns.blame(
                f"{key}: a record at {records[-1].offset} was read as committed, "
                f"the last stable offset is {row.last_stable_offset}"
            )
        for record in records:
            self._txns.model.read(key, record.offset, record.value or b"")
        return records, after

    async def end(self, key: Key) -> tuple[int, int]:
        """The last stable offset and the high watermark."""
        stable = await end_of(self.client, key, COMMITTED, VERSION_OF_ISOLATION)
        return stable, await end_of(self.client, key, 0, VERSION_OF_ISOLATION)

    async def whole(self, key: Key) -> list[tuple[int, bytes]]:
        """Everything, at rest: no transaction is open, so the last stable offset is the end."""
        client, txns = self.client, self._txns
        found: list[tuple[int, bytes]] = []
        position, tries = 0, 0
        while not txns.spoiled:
            try:
                stable, end = await self.end(key)
                if stable < end:
                    tries += 1
                    if tries > 50:
                        txns.blame(f"{key}: the last stable offset stays at {stable} of {end}")
                        return found
                    await client.nap(0.2, 0.5)
                    continue
                while position < end:
                    records, position = await self.fetch(key, position)
                    found += [(r.offset, r.value or b"") for r in records]
                return found
            except Unavailable as e:
                client.sim.trace.add(client.process, "final reader waits: %s", e)
                await client.nap()
        return found


@dataclass
class _Seen:
    position: int = 0
    rows: list[tuple[int, bytes]] = field(default_factory=list)


class CommittedReader:
    """Reads committed records on and on, and remembers them."""

    def __init__(self, client: Client, txns: Txns, keys: list[Key], pause: float) -> None:
        self.client = client
        self.stopping = self.finished = False
        self.seen = {key: _Seen() for key in keys}
        self._fetcher = CommittedFetcher(client, txns)
        self._txns = txns
        self._pause = pause

    async def run(self) -> None:
        """The consumer's life."""
        client = self.client
        while not self.stopping and not self._txns.spoiled:
            key = client.random.choice(list(self.seen))
            seen = self.seen[key]
            try:
                records, seen.position = await self._fetcher.fetch(key, seen.position)
                seen.rows += [(r.offset, r.value or b"") for r in records]
                await client.nap(0, self._pause)
            except Unavailable as e:
                client.sim.trace.add(client.process, "committed reader waits: %s", e)
                await client.nap()
        self.finished = True

    def check(self, whole: dict[Key, list[tuple[int, bytes]]]) -> None:
        """What was seen along the way is what is there."""
        for key, seen in self.seen.items():
            rows = [row for row in whole[key] if row[0] < seen.position]
            if rows != seen.rows:
                odd = [r for r in (*rows, *seen.rows) if (r in rows) != (r in seen.rows)]
                self._txns.blame(f"{key}: read along the way and at the end differ in {odd[:3]}")
