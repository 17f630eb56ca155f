"""What happened, in lines: kept short for every run, whole and readable for a replay.

A line is `seconds process text`. Texts are built from arguments only when the line is shown, so
that a run that nobody looks at pays little.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sim.loop import SimLoop
    from tests.sim.process import Process

KEPT = 400


class Trace:
    """The lines of one run. `show`, where given, gets each at once."""

    def __init__(self, loop: SimLoop, show: Callable[[str], None] | None = None) -> None:
        self._loop = loop
        self._show = show
        self._lines: deque[tuple[int, str, str, tuple[Any, ...]]] = deque(maxlen=KEPT)

    def add(self, who: Process | str, text: str, *args: Any) -> None:
        """Note something."""
        line = (self._loop.now_us, str(who), text, args)
        self._lines.append(line)
        if self._show is not None:
            self._show(_format(line))

    def tail(self, n: int = KEPT) -> Iterator[str]:
        """The last lines."""
        for line in list(self._lines)[-n:]:
            yield _format(line)


def _format(line: tuple[int, str, str, tuple[Any, ...]]) -> str:
    now_us, who, text, args = line
    return f"{now_us / 1e6:12.6f} {who:<12} {text % args if args else text}"


class LogLines(logging.Handler):
    """msklite's own log, as lines of the trace; errors are kept for the checks."""

    def __init__(self, trace: Trace, loop: SimLoop, on_error: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._trace = trace
        self._loop = loop
        self._on_error = on_error

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            text += f" ({error!r})"
        self._trace.add(self._loop.current, "%s %s", record.levelname, text)
        if error is not None and not isinstance(error, OSError):
            self._on_error(text)
