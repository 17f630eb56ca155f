"""How the chaos test sets up librdkafka's clients, and how to hear what they think.

`DEBUG` names librdkafka's debug contexts; each client then tells all it does on stderr, under its
name and with the time, which `python -m tests.chaos --debug` turns into a file.
"""

from __future__ import annotations

from typing import Any

from tests.crash.load import QUIET

DEBUG = ""


def settings(name: str, bootstrap: str) -> dict[str, Any]:
    """What every client of ours has."""
    found = {**QUIET, "client.id": name, "bootstrap.servers": bootstrap}
    if DEBUG:
        found |= {"debug": DEBUG, "log_level": 7}
    return found
