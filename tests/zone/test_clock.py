"""The cluster's clock: its arithmetic, how it is kept, and what zones do that follow it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklite.clock import LATEST_MS, Clock, ClockState, duration_ms
from msklite.errors import UserError
from msklite.log.memory import MemoryStorage
from msklite.zone import steering
from msklite.zone.spec import ZoneSpec

WALL = 1_764_000_000_000
DAY = 86_400_000


class Hands:
    """A machine's clocks, set by the test."""

    def __init__(self) -> None:
        self.wall, self.mono = WALL, 5

    def mono_ms(self) -> int:
        return self.mono

    def now_ms(self) -> int:
        return self.wall


def spec() -> ZoneSpec:
    return ZoneSpec("c", "/c/az1", "id")


def test_it_is_wall_time_until_somebody_turns_it() -> None:
    hands = Hands()
    clock = Clock(hands)
    assert not clock.steered
    hands.wall -= 1000
    assert clock.now_ms() == clock.wall_ms() == WALL - 1000


def test_advance_freeze_and_rate() -> None:
    hands = Hands()
    clock = Clock(hands)
    assert clock.adopt(clock.state.advanced(WALL, 400 * DAY))
    assert clock.now_ms() == WALL + 400 * DAY
    hands.wall += 10
    assert clock.now_ms() == WALL + 400 * DAY + 10
    assert clock.wall_ms() == WALL + 10
    assert clock.adopt(clock.state.rated(hands.wall, 0))
    hands.wall += 1000
    assert clock.now_ms() == WALL + 400 * DAY + 10
    assert clock.adopt(clock.state.rated(hands.wall, 60))
    hands.wall += 1000
    assert clock.now_ms() == WALL + 400 * DAY + 10 + 60_000
    assert clock.mono_ms() == clock.session_ms() == 5


def test_sessions_move_only_when_asked_to() -> None:
    clock = Clock(Hands())
    clock.adopt(clock.state.advanced(WALL, DAY))
    assert clock.session_ms() == 5
    clock.adopt(clock.state.advanced(WALL, 1000, sessions=True))
    assert clock.session_ms() == 1005
    clock.adopt(clock.state.rated(WALL, 3))
    assert clock.session_ms() == 1005


def test_an_older_version_is_ignored() -> None:
    clock = Clock(Hands())
    first = clock.state.advanced(WALL, DAY)
    second = first.advanced(WALL, DAY)
    assert clock.adopt(second)
    assert not clock.adopt(first)
    assert not clock.adopt(second)
    assert clock.now_ms() == WALL + 2 * DAY


def test_it_looks_more_often_where_time_runs_faster() -> None:
    clock = Clock(Hands())
    assert clock.real_ms(300_000, 1000) == 300_000
    clock.adopt(clock.state.rated(WALL, 100))
    assert clock.real_ms(300_000, 1000) == 3000
    assert clock.real_ms(5000, 1000) == 1000
    assert clock.real_ms(50, 1000) == 50
    clock.adopt(clock.state.rated(WALL, 0))
    assert clock.real_ms(300_000, 1000) == 300_000


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({"action": "advance", "by_ms": -1}, "can't go back"),
        ({"action": "advance", "by_ms": LATEST_MS}, "beyond the year 9999"),
        ({"action": "advance", "by_ms": 1.5}, "whole number"),
        ({"action": "advance", "by_ms": True}, "whole number"),
        ({"action": "advance"}, "whole number"),
        ({"action": "rate", "rate": -0.1}, "can't run"),
        ({"action": "rate", "rate": 1e9}, "can't run"),
        ({"action": "rate", "rate": float("nan")}, "can't run"),
        ({"action": "rate", "rate": "1"}, "must be a number"),
        ({"action": "back"}, "not to 'back'"),
        ([], "not to None"),
    ],
)
def test_refusals(wish: object, text: str) -> None:
    with pytest.raises(UserError, match=text):
        ClockState().changed(WALL, wish)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["advance", "freeze", "rate", "wait", "set back"]),
            st.integers(0, 10**9),
        )
    )
)
def test_a_steered_clock_never_goes_back(steps: list[tuple[str, int]]) -> None:
    """Also where the change was made by a machine whose wall clock differs."""
    hands = Hands()
    clock = Clock(hands)
    state = clock.state
    for action, n in steps:
        before, steered = clock.now_ms(), clock.steered
        if action == "wait":
            hands.wall += n
        elif action == "set back":
            hands.wall -= n % 5000
        else:
            wish = {"action": action, "by_ms": n, "rate": n % 50}
            state = state.changed(hands.wall + n % 3000 - 1500, wish)
            assert ClockState.from_json(json.loads(json.dumps(state.to_json()))) == state
            clock.adopt(state)
        if steered:
            assert clock.now_ms() >= before


def test_it_is_kept() -> None:
    storage = MemoryStorage()
    assert steering.load(storage, spec()) == ClockState()
    first = steering.turn(storage, spec(), WALL, {"action": "advance", "by_ms": DAY})
    storage.crash()
    assert steering.load(storage, spec()) == first
    second = steering.turn(storage, spec(), WALL, {"action": "freeze"})
    assert (second.version, second.now_ms) == (2, WALL + DAY)
    assert steering.load(storage, spec()) == second


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"version": "x"}'])
def test_a_file_that_cant_be_read_is_named(content: bytes) -> None:
    storage = MemoryStorage()
    storage.make_dirs("/c")
    storage.write("/c/clock.json", content)
    with pytest.raises(UserError, match=r"/c/clock\.json can't be read"):
        steering.load(storage, spec())


def test_a_full_disk_leaves_it_as_it_is() -> None:
    storage = MemoryStorage()
    steering.turn(storage, spec(), WALL, {"action": "freeze"})
    storage.fail_at = storage.changes + 1
    with pytest.raises(UserError, match="stays as it is"):
        steering.turn(storage, spec(), WALL, {"action": "advance", "by_ms": DAY})
    storage.fail_at = None
    assert steering.load(storage, spec()).version == 1


def test_durations() -> None:
    assert duration_ms("400d") == 400 * DAY
    assert duration_ms("1d12h") == 1.5 * DAY
    assert duration_ms("1.5h") == 5_400_000
    assert duration_ms("250ms") == 250
    assert duration_ms("1y") == 365 * DAY
    for bad in ("", "5", "d", "5 d", "5x", "1d 2h", "١d"):
        with pytest.raises(UserError, match="is no duration"):
            duration_ms(bad)
    with pytest.raises(UserError, match="can't go back"):
        duration_ms("-5d")
