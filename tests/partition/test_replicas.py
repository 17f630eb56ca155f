"""One partition's replicas under seeded chaos: nothing committed is lost or changed."""

from __future__ import annotations

import pytest

from msklite.partition import follower
from msklite.partition.follower import Outcome
from msklite.partition.followers import Follower, Followers
from msklite.partition.partition import Partition
from tests.partition.replicas import World

SEEDS = range(60)
STEPS = 600


def run(seed: int) -> World:
    world = World(seed)
    for replica in world.replicas.values():
        replica.learn()
    for _ in range(STEPS):
        world.step()
    return world


def test_nothing_committed_is_lost() -> None:
    acknowledged = elections = cuts = 0
    for seed in SEEDS:
        try:
            world = run(seed)
        except AssertionError as e:
            raise AssertionError(f"seed {seed}: {e}") from e
        acknowledged += world.acknowledged
        elections += world.elections
        cuts += world.cuts
    # The chaos has been one, and work was done in it.
    assert acknowledged > 5 * len(SEEDS) and elections > 5 * len(SEEDS) and cuts > 0


def test_it_heals() -> None:
    """When the chaos ends, all replicas agree and are in sync."""
    for seed in SEEDS[:20]:
        world = run(seed)
        for n in sorted({1, 2, 3} - world.alive):
            world.restart(n)
        if world.state.leader < 0:
            world.change(world.state.isr[0], world.state.isr)
        world.bag.clear()
        for _ in range(60):
            for replica in world.replicas.values():
                while replica.behind:
                    replica.learn()
                replica.ask()
                p = replica.partition
                if p.is_leader and p.pending_isr is not None:
                    replica.propose(p)
            while world.bag:
                world.bag.pop(0)()
            world.check()
        assert sorted(world.state.isr) == [1, 2, 3], f"seed {seed}"
        ends = {r.partition.log.end_offset for r in world.replicas.values()}
        assert len(ends) == 1, f"seed {seed}"


def stale_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is taken though things have changed since the question."""
    original = follower.take

    def take(partition, asked, answer, now_ms):  # type: ignore[no-untyped-def]
        asked.current_leader_epoch = partition.leader_epoch
        asked.fetch_offset = partition.log.end_offset
        asked.last_fetched_epoch = partition.log.latest_epoch
        outcome = original(partition, asked, answer, now_ms)
        return Outcome.STALE if outcome is Outcome.BROKEN else outcome

    monkeypatch.setattr(follower, "take", take)


def mark_runs_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Followers, "high_watermark", lambda self, end, min_isr, mono_ms: end)


def forgets_who_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The high watermark doesn't wait for a member that is only proposed yet."""
    original = Partition._propose

    def propose(self, isr, *, growing):  # type: ignore[no-untyped-def]
        original(self, isr, growing=False)

    monkeypatch.setattr(Partition, "_propose", propose)
    monkeypatch.setattr(Follower, "caught_up", lambda *args: False)


def no_epoch_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower doesn't tell its last epoch, so nobody notices that its log differs."""
    original = follower.question

    def question(partition, max_bytes):  # type: ignore[no-untyped-def]
        asked = original(partition, max_bytes)
        asked.last_fetched_epoch = -1
        return asked

    monkeypatch.setattr(follower, "question", question)
    original_take = follower.take

    def take(partition, asked, answer, now_ms):  # type: ignore[no-untyped-def]
        asked.last_fetched_epoch = partition.log.latest_epoch
        outcome = original_take(partition, asked, answer, now_ms)
        return Outcome.STALE if outcome is Outcome.OUT_OF_RANGE else outcome

    monkeypatch.setattr(follower, "take", take)


@pytest.mark.parametrize(
    "fault", [stale_answers, mark_runs_ahead, forgets_who_joins, no_epoch_asked]
)
def test_planted_faults_are_caught(fault, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    fault(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        for seed in range(200):
            run(seed)
