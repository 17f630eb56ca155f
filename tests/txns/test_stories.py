"""Random stories of several clients and failing coordinators: what each client was told holds.

An outcome that a client was told is the one whose markers are written, and no other ever is for
that epoch; of two lives of one id only the newer one can still begin or commit.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.errors import Code
from msklite.txns.machine import Producer, WriteMarkers
from tests.txns.coordinator import A0, A1, TIMEOUT, Coordinator

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["init", "go on", "add", "commit", "abort", "mark", "fail", "wait", "late", "lost"]
        ),
        st.integers(0, 1),
    ),
    max_size=40,
)


class Story:
    """Two clients that fight for one id, of the generation of `version`."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.c = Coordinator(2 if version else 1)
        self.clients: list[Producer | None] = [None, None]
        self.before: list[Producer | None] = [None, None]
        self.newest = -1
        self.told: dict[tuple[int, int], bool] = {}
        """By producer id and epoch of the transaction: the outcome that a client was told."""
        self.marked: dict[tuple[int, int], bool] = {}
        self.open: set[tuple[int, int]] = set()

    def step(self, what: str, who: int) -> None:
        c, p = self.c, self.clients[who]
        if what == "init":
            self._init(who, c.init())
        elif what == "fail":
            c.fail_over()
        elif what == "wait":
            c.wait(TIMEOUT // 2)
        elif what == "mark":
            for marker in c.markers:
                self._note(marker)
            c.mark_all()
        elif what == "lost":
            if c.markers:  # written at some partitions, when the coordinator died
                self._note(c.markers[0])
                c.fail_over()
        elif p is not None:
            self._act(what, who, p)

    def _init(self, who: int, found: Producer | Code) -> None:
        if isinstance(found, Producer):
            self.clients[who], self.before[who] = found, None
            self.newest = who

    def _act(self, what: str, who: int, p: Producer) -> None:
        c = self.c
        if what == "go on":
            self._init(who, c.init(expected=(p.id, p.epoch)))
        elif what == "add":
            if c.add(p, A0, A1, version=self.version) is Code.NONE:
                assert who == self.newest, "a fenced producer began a transaction"
                self.open.add((p.id, p.epoch))
        elif what == "late":
            if (old := self.before[who]) is not None and self.version == 2:
                assert c.add(old, A0) is not Code.NONE, "late records would be in the next one"
        else:
            self._end(who, p, what == "commit")

    def _end(self, who: int, p: Producer, commit: bool) -> None:
        found = self.c.end(p, commit, self.version)
        if not isinstance(found, Producer):
            return
        key = (p.id, p.epoch)
        if key in self.open and self.version == 2:
            self.open.discard(key)
            assert self.told.setdefault(key, commit) == commit
        elif commit and self.version == 2:
            assert self.told.get(key) is True, "nothing was open, yet it was committed"
        if self.version == 2:
            self.clients[who], self.before[who] = found, p

    def _note(self, marker: WriteMarkers) -> None:
        if self.version != 2 or not marker.partitions:
            return
        key = (marker.producer_id, marker.epoch - 1)
        assert self.marked.setdefault(key, marker.commit) == marker.commit, "both outcomes"
        assert self.told.get(key, marker.commit) == marker.commit, "another one than was told"


@pytest.mark.parametrize("version", [0, 2])
@settings(deadline=None, max_examples=150)
@given(steps=STEPS)
def test_what_clients_were_told_holds(version: int, steps: list[Any]) -> None:
    story = Story(version)
    for step in steps:
        story.step(*step)
    story.c.fail_over()
    story.step("mark", 0)
    assert not story.c.markers
    told = {key: story.marked.get(key, outcome) for key, outcome in story.told.items()}
    assert told == story.told
