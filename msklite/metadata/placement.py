"""Which brokers get a new partition's replicas: Kafka's StripedReplicaPlacer.

Racks take turns, and within a rack its brokers do; each list begins at a random place, so that
many small topics don't all begin on the first broker. The first replica is never on a fenced
broker. When as many partitions were placed as there are unfenced brokers, everything is shuffled,
so that the pattern doesn't repeat.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from msklite.errors import Code, KafkaError
from msklite.metadata.image import BrokerImage
from msklite.world import Random

T = TypeVar("T")


def _shuffle(items: list[T], random: Random) -> None:
    for i in range(len(items) - 1, 0, -1):
        j = random.below(i + 1)
        items[i], items[j] = items[j], items[i]


class _Ring:
    """Brokers in turn; each epoch begins one further on and gives every broker once."""

    __slots__ = ("_begin", "_epoch", "_given", "brokers")

    def __init__(self, brokers: list[int], random: Random) -> None:
        self.brokers = sorted(brokers)
        self._begin = random.below(len(brokers)) if brokers else 0
        self._epoch = 0
        self._given = 0

    def next(self, epoch: int) -> int | None:
        if not self.brokers:
            return None
        if epoch != self._epoch:
            self._epoch = epoch
            self._given = 0
            self._begin = (self._begin + 1) % len(self.brokers)
        if self._given >= len(self.brokers):
            return None
        broker = self.brokers[(self._given + self._begin) % len(self.brokers)]
        self._given += 1
        return broker


class _Rack:
    __slots__ = ("fenced", "unfenced")

    def __init__(self, brokers: list[BrokerImage], random: Random) -> None:
        self.fenced = _Ring([b.id for b in brokers if b.fenced], random)
        self.unfenced = _Ring([b.id for b in brokers if not b.fenced], random)

    def next(self, epoch: int) -> int | None:
        broker = self.unfenced.next(epoch)
        return self.fenced.next(epoch) if broker is None else broker


class Placer:
    """Places partitions one after the other."""

    def __init__(self, brokers: Iterable[BrokerImage], random: Random) -> None:
        by_rack: dict[str, list[BrokerImage]] = {}
        usable = list(brokers)
        for broker in usable:
            by_rack.setdefault(broker.rack or "", []).append(broker)
        self._random = random
        self._names = sorted(by_rack)
        self._racks = {name: _Rack(by_rack[name], random) for name in self._names}
        self._total = len(usable)
        self._unfenced = sum(not b.fenced for b in usable)
        self._epoch = 0
        self._turn = random.below(len(self._names)) if self._names else 0

    def place(self, replication_factor: int) -> list[int]:
        """The replicas of the next partition, the preferred leader first."""
        if self._unfenced == 0:
            raise KafkaError(
                Code.INVALID_REPLICATION_FACTOR, "no broker is alive to take the partition"
            )
        if replication_factor > self._total:
            raise KafkaError(
                Code.INVALID_REPLICATION_FACTOR,
                f"a replication factor of {replication_factor} needs as many brokers, "
                f"and {self._total} are registered",
            )
        if self._epoch == self._unfenced and self._unfenced > 1:
            self._shuffle()
            self._epoch = 0
        self._turn %= len(self._names)
        first, replica = self._first()
        replicas = [replica]
        index: int = self._turn
        skip: int | None = first
        while len(replicas) < replication_factor:
            if index == skip:
                skip = None  # its turn was the first replica's
                found = None
            else:
                found = self._racks[self._names[index]].next(self._epoch)
            if found is not None:
                replicas.append(found)
            index = (index + 1) % len(self._names)
        self._epoch += 1
        self._turn += 1
        return replicas

    def _first(self) -> tuple[int, int]:
        index = self._turn
        while True:
            found = self._racks[self._names[index]].unfenced.next(self._epoch)
            if found is not None:
                return index, found
            index = (index + 1) % len(self._names)

    def _shuffle(self) -> None:
        _shuffle(self._names, self._random)
        for rack in self._racks.values():
            _shuffle(rack.fenced.brokers, self._random)
            _shuffle(rack.unfenced.brokers, self._random)
