"""How a fault gets into msklite, and out again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Patch = tuple[Any, str, Any]
"""Owner, attribute, replacement."""


@dataclass(frozen=True)
class Fault:
    """One fault: what it is, and how it gets in."""

    text: str
    patches: Callable[[], list[Patch]]
    zones: int
    """In how many zones it shows."""
    faults: int
    """How much must go wrong in a run, at least."""
    first: int
    """The seed to begin with."""
    kinds: tuple[str, ...]
    """What goes wrong, where only that can show it; empty: everything."""
    txns: bool
    """Clients have transactions."""


FAULTS: dict[str, Fault] = {}
INHERITED: Any = object()
"""In the place of what a class has from another one."""


def fault(
    text: str,
    zones: int = 1,
    faults: int = 3,
    first: int = 1,
    kinds: tuple[str, ...] = (),
    txns: bool = False,
) -> Callable[[Callable[[], list[Patch]]], Callable[[], list[Patch]]]:
    """Register a fault under its function's name."""

    def register(patches: Callable[[], list[Patch]]) -> Callable[[], list[Patch]]:
        FAULTS[patches.__name__] = Fault(text, patches, zones, faults, first, kinds, txns)
        return patches

    return register


@contextlib.contextmanager
def planted(name: str) -> Iterator[None]:
    """With this fault in msklite."""
    before: list[Patch] = []
    try:
        for owner, attribute, replacement in FAULTS[name].patches():
            before.append((owner, attribute, owner.__dict__.get(attribute, INHERITED)))
            setattr(owner, attribute, replacement)
        yield
    finally:
        for owner, attribute, original in reversed(before):
            if original is INHERITED:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, original)
