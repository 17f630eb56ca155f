"""A quorum of one on a disk in memory, with a machine that only remembers: for tests."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Any

from msklite.log.memory import MemoryStorage
from msklite.metadata.image import Image
from msklite.metadata.records import AnyRecord, MetadataRecord, versioned
from msklite.raft.voters import Endpoint, ReplicaKey
from msklite.wire.messages.config_record import ConfigRecord
from msklite.world import Storage, World
from msklite.zone.format import open_node_dir
from msklite.zone.quorum import Quorum

DIR = "/c"
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"
HERE = Endpoint("CONTROLLER", "localhost", 9093)


class Clock:
    """Both times, moved by hand."""

    def __init__(self) -> None:
        self.mono = 1_000
        self.wall = 1_700_000_000_000

    def mono_ms(self) -> int:
        return self.mono

    def now_ms(self) -> int:
        return self.wall

    def advance(self, ms: int) -> None:
        self.mono += ms
        self.wall += ms


class Counting:
    """Randomness that never surprises."""

    def __init__(self) -> None:
        self._next = 0

    def bytes(self, n: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(4, "big") * (n // 4)

    def below(self, n: int) -> int:
        return 0


class Machine:
    """Replays into an image and remembers what it was told."""

    def __init__(self) -> None:
        self.image = Image()
        self.seen: list[tuple[int, int, int]] = []
        """(how many records, last offset, epoch) of each call."""
        self.activated = 0

    def apply(self, records: Iterable[AnyRecord], offset: int, epoch: int) -> Image:
        kept = list(records)
        self.seen.append((len(kept), offset, epoch))
        self.image = self.image.apply(kept, offset, epoch)
        return self.image

    def load(self, records: Iterable[AnyRecord], offset: int, epoch: int) -> Image:
        self.image = Image()
        return self.apply(records, offset, epoch)

    def activate(self, mono_ms: int) -> Sequence[AnyRecord]:
        self.activated += 1
        return []


def world(storage: Storage | None = None, clock: Clock | None = None) -> World:
    """A World without a network."""
    network: Any = None
    return World(clock or Clock(), network, storage or MemoryStorage(), Counting())


def quorum(where: World, machine: Machine | None = None, **options: Any) -> Quorum:
    """A quorum of one in DIR, formatted if need be; not started."""
    node = open_node_dir(where, DIR, 10001, CLUSTER, controller=True, endpoint=HERE)
    node.release()
    key = ReplicaKey(10001, node.directory_id)
    return Quorum(where, DIR, key, machine or Machine(), endpoint=HERE, **options)


@contextlib.asynccontextmanager
async def running(
    where: World, machine: Machine | None = None, **options: Any
) -> AsyncIterator[Quorum]:
    """The same, started, and closed at the end."""
    made = quorum(where, machine, **options)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


def setting(name: str, value: str | None) -> MetadataRecord:
    """A small record: a default of all brokers."""
    return versioned(ConfigRecord(resource_type=4, resource_name="", name=name, value=value), 29)


def settings(image: Image) -> dict[str, str]:
    """What `setting` records add up to."""
    return dict(image.config(4, ""))


def without_place(image: Image) -> Image:
    """An image whose offset, epoch and time are left out of comparisons."""
    return replace(image, offset=-1, epoch=-1, timestamp=-1)
