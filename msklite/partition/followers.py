"""What a leader knows of its followers, and what follows: who is in sync, what is committed.

Rules, as in Kafka's Partition and Replica:
- A follower is caught up at a time when it had all that the leader had then; `caught_up_ms` is the
  last such time. It is out of sync when that is longer ago than replica.lag.time.max.ms.
- Until the controller has confirmed a larger in-sync set, the high watermark already waits for the
  new member (the "maximal" set); a smaller one counts only when confirmed.
- It also waits for a caught-up follower that isn't in the set yet but may join, so that it can.
- The high watermark doesn't rise while the in-sync set is below min.insync.replicas (KIP-966).
- A follower joins when it has everything up to the high watermark, and up to where this leader's
  epoch began.
- A fetch of an earlier life of the follower's broker counts no more (KIP-903): what that life had,
  this one may have lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

UNKNOWN = -1
NEVER = -(1 << 62)
"""Longer ago than any lag: mono_ms may begin at 0."""

MayJoin = Callable[[int, int], bool]
"""(broker id, the broker epoch it fetched with; -1 unknown): alive, and still the same life."""


class Heard(Protocol):
    """A fetch session."""

    used_ms: int


class Follower:
    """One remote replica as the leader sees it. Times are mono_ms."""

    __slots__ = (
        "broker_epoch",
        "caught_up_ms",
        "end_offset",
        "fetch_leader_end",
        "fetch_ms",
        "heard",
        "id",
        "start_offset",
    )

    def __init__(self, broker_id: int, caught_up_ms: int) -> None:
        self.id = broker_id
        self.broker_epoch = UNKNOWN
        self.end_offset = UNKNOWN
        self.start_offset = UNKNOWN
        self.caught_up_ms = caught_up_ms
        self.fetch_ms = 0
        self.fetch_leader_end = UNKNOWN
        self.heard: Heard | None = None
        """Its session, while the partition rests there: each use says that it has all."""

    def stir(self) -> None:
        """The partition rests no longer: what the session's last use said still counts."""
        if self.heard is not None:
            self.caught_up_ms = max(self.caught_up_ms, self.heard.used_ms)
            self.fetch_ms = max(self.fetch_ms, self.heard.used_ms)
            self.heard = None

    def fetched(
        self, offset: int, start_offset: int, broker_epoch: int, leader_end: int, mono_ms: int
    ) -> bool:
        """It asks for what comes from `offset` on, so it has all before it. False: an old life."""
        if UNKNOWN < broker_epoch < self.broker_epoch:
            return False
        if offset >= leader_end:
            self.caught_up_ms = max(self.caught_up_ms, mono_ms)
        elif offset >= self.fetch_leader_end:
            self.caught_up_ms = max(self.caught_up_ms, self.fetch_ms)
        self.end_offset = offset
        self.start_offset = start_offset
        self.broker_epoch = max(self.broker_epoch, broker_epoch)
        self.fetch_leader_end = leader_end
        self.fetch_ms = mono_ms
        return True

    def caught_up(self, leader_end: int, mono_ms: int, lag_ms: int) -> bool:
        """Whether it has all, or had all no longer than `lag_ms` ago."""
        last = self.caught_up_ms
        if self.heard is not None:
            last = max(last, self.heard.used_ms)
        return self.end_offset == leader_end or mono_ms - last <= lag_ms


class Followers:
    """All remote replicas of one partition in one term of its leader."""

    __slots__ = ("_may_join", "_me", "epoch_start", "isr", "lag_ms", "maximal", "remote")

    def __init__(
        self,
        me: int,
        replicas: Iterable[int],
        isr: Iterable[int],
        epoch_start: int,
        lag_ms: int,
        may_join: MayJoin,
        mono_ms: int,
    ) -> None:
        self._me = me
        self._may_join = may_join
        self.epoch_start = epoch_start
        self.lag_ms = lag_ms
        self.isr: tuple[int, ...] = tuple(isr)
        self.maximal = self.isr
        self.remote: dict[int, Follower] = {}
        self.assign(replicas, mono_ms)

    def assign(self, replicas: Iterable[int], mono_ms: int) -> None:
        """The replicas are these now; those in sync get the benefit of the doubt."""
        old = self.remote
        self.remote = {
            r: old.get(r) or Follower(r, mono_ms if r in self.isr else NEVER)
            for r in replicas
            if r != self._me
        }

    def commit_isr(self, isr: Iterable[int]) -> None:
        """The controller's word on who is in sync."""
        self.isr = self.maximal = tuple(isr)

    def high_watermark(self, end: int, min_isr: int, mono_ms: int) -> int:
        """The offset below which all that count have everything; UNKNOWN: it may not rise."""
        if len(self.isr) < min_isr:
            return UNKNOWN
        mark = end
        for f in self.remote.values():
            if f.end_offset < mark and (
                f.id in self.maximal
                or (f.caught_up(end, mono_ms, self.lag_ms) and self._may_join(f.id, f.broker_epoch))
            ):
                mark = f.end_offset
        return mark

    def low_watermark(self, start: int, alive: Callable[[int], bool]) -> int:
        """The highest offset below which no living replica keeps anything (KIP-107)."""
        return min([start, *(f.start_offset for f in self.remote.values() if alive(f.id))])

    def may_join(self, follower: Follower, high_watermark: int) -> bool:
        """Whether a replica that isn't in sync has become so."""
        return (
            follower.id not in self.maximal
            and follower.end_offset >= max(high_watermark, self.epoch_start)
            and self._may_join(follower.id, follower.broker_epoch)
        )

    def lagging(self, end: int, mono_ms: int) -> list[int]:
        """Those in the set that are so no longer."""
        return [
            f.id
            for f in self.remote.values()
            if f.id in self.isr and not f.caught_up(end, mono_ms, self.lag_ms)
        ]

    def with_epochs(self, isr: Iterable[int], own_epoch: int) -> list[tuple[int, int]]:
        """(id, broker epoch) for an AlterPartition."""
        return [
            (r, own_epoch if r == self._me else self.remote[r].broker_epoch)
            for r in isr
            if r == self._me or r in self.remote
        ]
