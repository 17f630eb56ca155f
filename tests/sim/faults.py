"""Planted faults."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

FAULTS: dict[str, object] = {}


@contextlib.contextmanager
def planted(name: str) -> Iterator[None]:
    yield
