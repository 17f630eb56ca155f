"""What is new each time: the present moment, versions of clusters."""

from __future__ import annotations

import secrets
import time

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def now_ms() -> int:
    """Wall time."""
    return time.time_ns() // 1_000_000


def new_version() -> str:
    """An opaque currentVersion as MSK's look."""
    return "K" + "".join(secrets.choice(_LETTERS) for _ in range(13))
