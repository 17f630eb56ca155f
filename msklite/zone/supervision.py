"""What a supervisor does about its zones: decided here, without processes or clocks.

Rules:
- A zone is wanted or away. What was killed or stopped on purpose is away until it is started.
- A wanted zone whose process has ended is started again, after a pause that doubles with each early
  death and is forgotten once it has run for a while.
- A zone that doesn't answer for HUNG_MS is killed, and so started again; one that was frozen on
  purpose is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FIRST_PAUSE_MS = 200
LONGEST_PAUSE_MS = 30_000
SETTLED_MS = 10_000
HUNG_MS = 20_000


class Act(Enum):
    """What is to be done about a zone now."""

    NOTHING = "nothing"
    START = "start"
    KILL = "kill"


@dataclass(slots=True)
class ZoneState:
    """One zone as its supervisor knows it. Times are mono_ms."""

    wanted: bool = True
    running: bool = False
    frozen: bool = False
    started_ms: int = 0
    answered_ms: int = 0
    deaths: int = 0
    retry_ms: int = 0

    def started(self, mono_ms: int) -> None:
        """Its process has been started."""
        self.running, self.frozen = True, False
        self.started_ms = self.answered_ms = mono_ms

    def answered(self, mono_ms: int) -> None:
        """It has said that it lives."""
        self.answered_ms = mono_ms

    def ended(self, mono_ms: int) -> int:
        """Its process has ended; how long to wait before it is started again."""
        self.running = self.frozen = False
        if mono_ms - self.started_ms >= SETTLED_MS:
            self.deaths = 0
        pause = min(FIRST_PAUSE_MS << min(self.deaths, 16), LONGEST_PAUSE_MS)
        self.deaths += 1
        self.retry_ms = mono_ms + pause
        return pause

    def due(self, mono_ms: int) -> Act:
        """What to do now."""
        if self.running:
            hung = not self.frozen and mono_ms - self.answered_ms >= HUNG_MS
            return Act.KILL if hung else Act.NOTHING
        if self.wanted and mono_ms >= self.retry_ms:
            return Act.START
        return Act.NOTHING
