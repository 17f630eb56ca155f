"""Slips that changes of the voter set invite, planted on purpose: the simulation finds each one."""

from __future__ import annotations

from typing import Any

import pytest

from msklite.errors import Code
from msklite.raft import changes
from msklite.raft.node import Node
from msklite.raft.progress import Progress
from msklite.raft.voters import VoterSet
from tests.raft.test_voter_changes import Changing

BUDGET = 20


def found(first: int) -> bool:
    """Whether a seed of the budget breaks a promise."""
    for seed in range(first, first + BUDGET):
        try:
            Changing(seed, 3, 2).run(25_000)
        except AssertionError:
            return True
    return False


def test_a_change_that_begins_before_the_one_before_is_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = changes._refusal

    def refusal(node: Node, request: Any, mono_ms: int) -> tuple[Code, str | None]:
        if node.state.progress is None or node.closing:
            return original(node, request, mono_ms)
        return changes._misfit(node.voters, request, 1)

    monkeypatch.setattr(changes, "_refusal", refusal)
    assert found(first=1)


def test_a_leader_that_counts_itself_though_it_was_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = Progress.advance

    def advance(self: Progress, voters: VoterSet) -> bool:
        if not voters.is_voter(self._me):
            ends = sorted((self._end_of(v.key) for v in voters.voters.values()), reverse=True)
            ends.insert(0, self.replicas[self._me].end_offset)
            offset = ends[voters.majority - 1]
            if offset > max(self.epoch_start, self.high_watermark or 0):
                self.high_watermark = offset
                return True
        return original(self, voters)

    monkeypatch.setattr(Progress, "advance", advance)
    assert found(first=7)
