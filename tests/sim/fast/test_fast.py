"""Many seeds of the cores alone, and planted faults of the cores, each of which is found there.

MSKLITE_SIM_SEEDS says how many seeds, as for the whole zones.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from msklite.partition import follower
from msklite.partition.followers import Followers
from msklite.partition.partition import Partition
from msklite.partition.sessions import Session
from tests.sim import faults
from tests.sim.fast import brokers, quorums

SEEDS = int(os.environ.get("MSKLITE_SIM_SEEDS", "500"))
BUDGET = 120
WORLDS: dict[str, tuple[Callable[[int], Any], int]] = {
    "brokers": (brokers.run, SEEDS),
    "quorums": (quorums.run, SEEDS // 10),
}
"""A seed of quorums has ten times the events of one of brokers."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", WORLDS)
def test_no_promise_is_broken(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run, seeds = WORLDS[name]
    begun, events = time.perf_counter(), 0
    for seed in range(1, seeds + 1):
        done = run(seed)
        events += done.events if name == "brokers" else done.count
    rate = events / (time.perf_counter() - begun)
    with capsys.disabled():
        print(f"\n{seeds} seeds of {name}: {events} events, {rate:.0f} a second")


def test_the_chaos_has_been_one() -> None:
    """And work was done in it."""
    done = [brokers.run(seed) for seed in range(1, 21)]
    for what in ("acknowledged", "elections", "cuts", "rests"):
        assert sum(getattr(world, what) for world in done) > 20, what


FOUND = {
    2: "a follower dropped an answer as stale, and was never told the high watermark again",
    169: "a follower that caught up while it was being dropped rested outside of the in-sync set",
}


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_stays_mended(seed: int) -> None:
    brokers.run(seed)


# -- planted faults -------------------------------------------------------------------------------

Patches = list[tuple[Any, str, Any]]


def append_does_not_stir() -> Patches:
    original = Partition.append

    def append(self: Partition, *args: Any) -> Any:
        resting, self.resting = self.resting, {}
        try:
            return original(self, *args)
        finally:
            self.resting = resting

    return [(Partition, "append", append)]


def commit_does_not_stir() -> Patches:
    original = Partition.advance

    def advance(self: Partition, mono_ms: int) -> None:
        resting, self.resting = self.resting, {}
        original(self, mono_ms)
        self.resting = resting

    return [(Partition, "advance", advance)]


def a_new_term_does_not_stir() -> Patches:
    original = Partition.lead

    def lead(self: Partition, *args: Any) -> bool:
        resting, self.resting = self.resting, {}
        try:
            return original(self, *args)
        finally:
            self.resting = resting

    return [(Partition, "lead", lead)]


def an_answered_wish_does_not_stir() -> Patches:
    original = Partition.isr_answered

    def isr_answered(self: Partition, *args: Any) -> bool:
        resting, self.resting = self.resting, {}
        try:
            return original(self, *args)
        finally:
            self.resting = resting

    return [(Partition, "isr_answered", isr_answered)]


def named_again_is_not_told_again() -> Patches:
    def name(self: Session, named: Any) -> None:
        for key, new in named:
            old = self.wanted.get(key)
            if old is None:
                self.wanted[key] = self.awake[key] = new
                new.session = self
            else:
                old.data = new.data
                if key not in self.awake:
                    old.stir()

    return [(Session, "name", name)]


def followers_are_not_noted() -> Patches:
    """The high watermark rises to the log's end whoever has it."""
    return [(Followers, "high_watermark", lambda self, end, min_isr, mono_ms: end)]


def divergence_is_kept() -> Patches:
    def truncate(partition: Partition, leader_epoch: int, leader_end: int) -> None:
        partition.log.start_epoch(max(partition.leader_epoch, 0))

    return [(follower, "truncate", truncate)]


def votes_twice() -> Patches:
    return faults.FAULTS["votes_twice"].patches()


def votes_for_a_short_log() -> Patches:
    return faults.FAULTS["votes_for_a_short_log"].patches()


def committed_without_a_majority() -> Patches:
    return faults.FAULTS["metadata_committed_alone"].patches()


CORE_FAULTS: dict[Callable[[], Patches], Callable[[int], Any]] = {
    append_does_not_stir: brokers.run,
    commit_does_not_stir: brokers.run,
    a_new_term_does_not_stir: brokers.run,
    an_answered_wish_does_not_stir: brokers.run,
    named_again_is_not_told_again: brokers.run,
    followers_are_not_noted: brokers.run,
    divergence_is_kept: brokers.run,
    votes_twice: quorums.run,
    votes_for_a_short_log: quorums.run,
    committed_without_a_majority: quorums.run,
}


@pytest.mark.parametrize("fault", CORE_FAULTS, ids=lambda f: f.__name__)
def test_a_planted_fault_is_found(
    fault: Callable[[], Patches], monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner, name, replacement in fault():
        monkeypatch.setattr(owner, name, replacement)
    run = CORE_FAULTS[fault]
    with pytest.raises((AssertionError, ValueError)):
        for seed in (*FOUND, *range(1, BUDGET)):
            run(seed)
