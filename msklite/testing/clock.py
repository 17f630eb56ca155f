"""The clock of a LocalCluster, for tests that don't want to wait a year.

    cluster.clock.advance("400d")
    cluster.clock.advance(timedelta(hours=1), sessions=True)
    cluster.clock.freeze()
    cluster.clock.rate(3600)   # an hour a second; 1 is wall time's pace again

Each call returns when every zone that runs follows, has deleted what retention deletes by then, and
has let go of the offsets that have expired. What moves with it is in docs/clock.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msklite.clock import duration_ms

Wish = dict[str, Any]


class ClusterClock:
    """`cluster.clock`. It can't be turned back."""

    def __init__(self, turn: Callable[[Wish], Wish], show: Callable[[], Wish]) -> None:
        self._turn = turn
        self._show = show

    @property
    def now_ms(self) -> int:
        """The cluster's time, in milliseconds since 1970."""
        return int(self._show()["now_ms"])

    @property
    def now(self) -> datetime:
        """The cluster's time, in UTC."""
        return datetime.fromtimestamp(self.now_ms / 1000, UTC)

    def show(self) -> Wish:
        """What `msklite clock show --output json` shows."""
        return self._show()

    def advance(self, by: str | float | timedelta, *, sessions: bool = False) -> datetime:
        """Turn it forward by `400d`, by seconds or by a timedelta; the time it shows then.

        Sessions and rebalances of consumer groups go on in real time, unless `sessions`.
        """
        if isinstance(by, str):
            ms = duration_ms(by)
        else:
            ms = round((by.total_seconds() if isinstance(by, timedelta) else by) * 1000)
        return self._turned({"action": "advance", "by_ms": ms, "sessions": sessions})

    def freeze(self) -> datetime:
        """Stop it, until it is advanced or given a rate."""
        return self._turned({"action": "freeze"})

    def rate(self, rate: float) -> datetime:
        """From now on it runs so many times as fast as wall time."""
        return self._turned({"action": "rate", "rate": rate})

    def _turned(self, wish: Wish) -> datetime:
        return datetime.fromtimestamp(self._turn(wish)["now_ms"] / 1000, UTC)
