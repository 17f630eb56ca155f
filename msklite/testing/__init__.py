"""What users' tests import: a cluster on loopback sockets inside the test process, or in its own.

Nothing is loaded before it is asked for: the pytest plugin is in every session, used or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msklite.testing.cluster import LocalCluster
    from msklite.testing.processes import ProcessCluster

__all__ = ["LocalCluster", "ProcessCluster"]
_MODULES = {"LocalCluster": "cluster", "ProcessCluster": "processes"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
