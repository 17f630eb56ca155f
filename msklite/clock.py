"""A cluster's clock: wall time, until somebody steers it.

Two times, as everywhere (docs/design.md). `mono_ms` is never steered. `now_ms` is wall time, or on
a steered cluster a line through a point: at wall time `wall_ms` it was `now_ms`, and since then it
runs `rate` times as fast. Advancing moves the line up, freezing gives it the rate 0.

Rules:
- The state belongs to the cluster, and is a few numbers: each change makes a new one with the next
  version. Whoever has a newer version ignores an older one, so telling twice does no harm.
- `now_ms` never goes back by steering, also where zones learn of a change at different moments:
  a clock never shows less than it has shown on a steered cluster.
- Sessions of group members run on `session_ms`: `mono_ms`, plus what was advanced with `sessions`.
- `wall_ms` is for what no user means to move: the age of producer ids, how long a process is up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from msklite.errors import UserError

MAX_RATE = 1_000_000.0
LATEST_MS = 253_402_300_799_000
"""The end of the year 9999, where calendars end."""
_UNITS = {
    "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000,
    "y": 365 * 86_400_000,
}  # fmt: skip
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdwy])", re.ASCII)


class Times(Protocol):
    """A machine's own clocks."""

    def mono_ms(self) -> int: ...

    def now_ms(self) -> int:
        """Wall time."""
        ...


@dataclass(slots=True, frozen=True)
class ClockState:
    """How a cluster's clock is steered; version 0: not at all."""

    version: int = 0
    wall_ms: int = 0
    now_ms: int = 0
    rate: float = 1.0
    sessions_ms: int = 0
    """By how much sessions of group members were advanced, all in all."""

    @property
    def steered(self) -> bool:
        """Whether anybody ever turned it."""
        return self.version > 0

    def at(self, wall_ms: int) -> int:
        """The cluster's time at a wall time."""
        if not self.version:
            return wall_ms
        # A wall clock that was set back doesn't take the cluster's along.
        return self.now_ms + int(max(wall_ms - self.wall_ms, 0) * self.rate)

    def advanced(self, wall_ms: int, by_ms: int, *, sessions: bool = False) -> ClockState:
        """Turned forward; UserError where it can't go there."""
        if by_ms < 0:
            raise UserError("The clock can't go back: advance it by a positive time.")
        now = self.at(wall_ms) + by_ms
        if now > LATEST_MS:
            raise UserError("The clock can't go beyond the year 9999.")
        moved = self.sessions_ms + (by_ms if sessions else 0)
        return ClockState(self.version + 1, wall_ms, now, self.rate, moved)

    def rated(self, wall_ms: int, rate: float) -> ClockState:
        """Running so many times as fast as wall time from now on; 0 stands still."""
        if not 0 <= rate <= MAX_RATE:  # a NaN isn't, either
            raise UserError(
                f"A clock can't run {rate:g} times as fast: 0 stands still, 1 is wall time's, "
                f"{MAX_RATE:.0f} the most."
            )
        return replace(
            self, version=self.version + 1, wall_ms=wall_ms, now_ms=self.at(wall_ms), rate=rate
        )

    def changed(self, wall_ms: int, wish: Any) -> ClockState:
        """What `wish`, an object from JSON, asks for: advance, freeze or rate."""
        action = wish.get("action") if isinstance(wish, dict) else None
        if action == "advance":
            by_ms = wish.get("by_ms")
            if not isinstance(by_ms, int) or isinstance(by_ms, bool):
                raise UserError("by_ms, the milliseconds to advance by, must be a whole number.")
            return self.advanced(wall_ms, by_ms, sessions=wish.get("sessions") is True)
        if action == "freeze":
            return self.rated(wall_ms, 0)
        if action == "rate":
            rate = wish.get("rate")
            if not isinstance(rate, int | float) or isinstance(rate, bool):
                raise UserError("rate must be a number.")
            return self.rated(wall_ms, float(rate))
        raise UserError(f"A clock can be told to advance, freeze or rate, not to {action!r}.")

    def to_json(self) -> dict[str, Any]:
        """For files and messages; `from_json` reads it."""
        return {
            "version": self.version,
            "wall_ms": self.wall_ms,
            "now_ms": self.now_ms,
            "rate": self.rate,
            "sessions_ms": self.sessions_ms,
        }

    @classmethod
    def from_json(cls, value: Any) -> ClockState:
        """UserError for what isn't a clock's state."""
        try:
            return cls(
                int(value["version"]), int(value["wall_ms"]), int(value["now_ms"]),
                float(value["rate"]), int(value["sessions_ms"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{value!r} is no clock's state.") from None

    def show(self, wall_ms: int) -> dict[str, Any]:
        """For people and scripts: what time it is, and why."""
        now = self.at(wall_ms)
        return {
            "now_ms": now,
            "ahead_ms": now - wall_ms,
            "rate": self.rate,
            "steered": self.steered,
            "version": self.version,
        }


class Clock:
    """A machine's clocks, as its cluster sees them. `now_ms` is a plain call while not steered."""

    __slots__ = ("_base", "_last", "mono_ms", "now_ms", "state", "wall_ms")

    def __init__(self, base: Times) -> None:
        self._base = base
        self._last = 0
        self.state = ClockState()
        self.mono_ms: Callable[[], int] = base.mono_ms
        self.wall_ms: Callable[[], int] = base.now_ms
        self.now_ms: Callable[[], int] = base.now_ms
        """Ask the clock for it each time: steering replaces the function."""

    @property
    def steered(self) -> bool:
        """Whether its cluster's clock was ever turned."""
        return self.state.version > 0

    def adopt(self, state: ClockState) -> bool:
        """Follow `state` from now on, if it is newer; whether it is."""
        if state.version <= self.state.version:
            return False
        self._last = max(self._last, self.now_ms()) if self.steered else 0
        self.state = state
        self.now_ms = self._steered
        return True

    def _steered(self) -> int:
        now = self.state.at(self.wall_ms())
        if now < self._last:
            return self._last
        self._last = now
        return now

    def session_ms(self) -> int:
        """The time of group members' sessions and rebalances."""
        return self.mono_ms() + self.state.sessions_ms

    def real_ms(self, ms: int, least: int) -> int:
        """How long to wait between looks at things of this clock that are due every `ms`."""
        return max(int(ms / self.state.rate), min(least, ms)) if self.state.rate > 1 else ms


def duration_ms(text: str) -> int:
    """`400d`, `1y`, `90m`, `1d12h`: in milliseconds. UserError for anything else."""
    if text.startswith("-"):
        raise UserError("The clock can't go back: advance it by a positive time.")
    found = _DURATION.findall(text)
    if not found or "".join(a + b for a, b in found) != text:
        raise UserError(
            f"{text!r} is no duration: write a number and ms, s, m, h, d, w or y, as in 400d or "
            "1d12h."
        )
    return round(sum(float(number) * _UNITS[unit] for number, unit in found))
