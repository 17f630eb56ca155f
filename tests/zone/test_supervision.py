"""What a supervisor does about its zones, on a clock of our own."""

from __future__ import annotations

from msklite.zone.supervision import (
    FIRST_PAUSE_MS,
    HUNG_MS,
    LONGEST_PAUSE_MS,
    SETTLED_MS,
    Act,
    ZoneState,
)


def running(mono_ms: int = 0) -> ZoneState:
    state = ZoneState()
    state.started(mono_ms)
    return state


def test_a_zone_that_ends_is_started_again_after_a_pause() -> None:
    state = running()
    state.ended(100)
    assert state.due(100) is Act.NOTHING
    assert state.due(100 + FIRST_PAUSE_MS) is Act.START


def test_the_pause_doubles_up_to_its_limit_and_is_forgotten() -> None:
    state, now, pauses = running(), 0, []
    for _ in range(12):
        now += 10
        pauses.append(state.ended(now))
        state.started(now)
    assert pauses[:3] == [FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS, 4 * FIRST_PAUSE_MS]
    assert pauses[-1] == LONGEST_PAUSE_MS
    assert state.ended(now + SETTLED_MS) == FIRST_PAUSE_MS


def test_one_that_was_stopped_on_purpose_stays_away() -> None:
    state = running()
    state.wanted = False
    state.ended(1)
    assert state.due(10**9) is Act.NOTHING
    state.wanted = True
    assert state.due(10**9) is Act.START


def test_a_hung_zone_is_killed_and_a_frozen_one_is_not() -> None:
    state = running()
    assert state.due(HUNG_MS - 1) is Act.NOTHING
    assert state.due(HUNG_MS) is Act.KILL
    state.answered(HUNG_MS)
    assert state.due(2 * HUNG_MS - 1) is Act.NOTHING
    state.frozen = True
    assert state.due(10**9) is Act.NOTHING
