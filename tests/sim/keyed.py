"""A compacted topic in some of the runs: whatever is cleaned when, each key keeps its last value.

An idempotent producer writes values of a few keys, some of them tombstones, in one order; at the
end, when all is acknowledged, a reader from the start must find each key's last one. Which runs do
so comes from the seed alone, as in `steering`.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from msklite.errors import Code
from msklite.wire.records import Record
from tests.sim.client import Client, Unavailable
from tests.sim.model import Key
from tests.sim.producer import Producer
from tests.sim.reader import Fetcher

if TYPE_CHECKING:
    from tests.sim.world import Sim

KEY: Key = ("keyed", 0)
CONFIG = {
    "cleanup.policy": "compact",
    "segment.ms": "150",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "500",
}
KEYS = 6


def wanted(seed: int) -> bool:
    """Whether this run has the topic."""
    return random.Random(f"keyed {seed}").random() < 0.35


def _number(value: bytes) -> int:
    return int(value.rpartition(b"/")[2])


class KeyedProducer(Producer):
    """Writes to the compacted topic."""

    def __init__(self, client: Client) -> None:
        super().__init__(client, [KEY], 0.02, 0)
        self._codec = client.random.choice((0, 0, 0, self._codec))
        self.last: dict[bytes, bytes | None] = {}

    def record(self, now_ms: int, value: bytes) -> Record:
        n = _number(value)
        if n % 20 == 7:
            return Record(now_ms, b"once%d" % n, value)
        key = b"key%d" % (n * n % 11 % KEYS)
        left = None if n % 5 == 4 else value
        return Record(now_ms, key, left)

    def acknowledged(self, values: list[bytes]) -> None:
        for value in values:
            record = self.record(0, value)
            assert record.key is not None
            self.last[record.key] = record.value


class Keyed:
    """What the simulation does with the topic."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self.producer: KeyedProducer | None = None

    def begin(self) -> KeyedProducer:
        """The topic is there: write to it."""
        self.producer = KeyedProducer(self._sim.client("keyed"))
        return self.producer

    async def check(self, client: Client) -> None:
        """Read it from the start, and compare."""
        if self.producer is None or self._sim.model.partition(KEY).losses:
            return  # a power loss may have taken anything that one replica hadn't flushed
        found = await self._read(client)
        for key, value in self.producer.last.items():
            if found.get(key) != value:
                self._sim.checks.blame(f"{key!r} has the value {found.get(key)!r}, not {value!r}")

    async def _read(self, client: Client) -> dict[bytes | None, bytes | None]:
        fetcher, position = Fetcher(client), 0
        found: dict[bytes | None, bytes | None] = {}
        while True:
            try:
                end = await fetcher.latest(KEY)
                while position < end:
                    code, records = await fetcher.fetch(KEY, position)
                    if code is not Code.NONE:
                        raise Unavailable(code.name)
                    found.update((r.key, r.value) for r in records)
                    position = max(position + 1, records[-1].offset + 1 if records else 0)
                return found
            except Unavailable:
                await client.nap()
