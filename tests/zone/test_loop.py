"""When the loop looks for the next request instead of sleeping, and when it lets that be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from msklite.zone import loop as loops


class Turns:
    """A loop that calls what was asked for, a turn at a time, on a clock moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.calls: list[Callable[[], None]] = []
        monkeypatch.setattr(loops, "_seconds", lambda: self.now)
        self.lookout = loops.LoopLookout(cast("Any", self))

    def call_soon(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def turn(self, microseconds: int) -> bool:
        """One turn; whether the loop may sleep after it."""
        self.now += microseconds / 1e6
        calls, self.calls = self.calls, []
        for call in calls:
            call()
        return not self.calls

    def sleeps_after(self, *, request: bool) -> bool:
        """A request, then another one 20 us later, or none at all."""
        self.lookout.served()
        if not self.calls:
            return True
        assert not self.turn(20)
        if request:
            self.lookout.served()
            assert not self.turn(5)
            return False
        while not self.turn(10):
            pass
        return True


def test_requests_at_each_others_heels_are_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    assert not any(turns.sleeps_after(request=True) for _ in range(1000))
    while not turns.turn(10):  # and when no more come it sleeps
        pass


def test_where_none_follows_the_loop_is_let_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    looked = 0
    for _ in range(100_000):
        turns.lookout.served()
        looked += bool(turns.calls)
        while turns.calls:
            turns.turn(10)
    assert 0 < looked < 100


def test_two_of_three_arent_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream whose next request often comes too late: looking would cost more than it saves."""
    turns = Turns(monkeypatch)
    looked = 0
    for i in range(100_000):
        turns.lookout.served()
        looked += bool(turns.calls)
        if i % 3:
            turns.turn(20)
        else:
            while turns.calls:
                turns.turn(10)
    assert looked < 5000


def test_a_client_that_comes_later_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    for _ in range(10_000):
        turns.lookout.served()
        while turns.calls:
            turns.turn(10)
    slept = sum(turns.sleeps_after(request=True) for _ in range(20_000))
    assert slept < 10_000
    assert not any(turns.sleeps_after(request=True) for _ in range(100))
