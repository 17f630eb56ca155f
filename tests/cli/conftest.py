"""One detached cluster for all who only use it, and fresh homes for those who break things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import Msklite


@pytest.fixture
def msklite(tmp_path: Path) -> Iterator[Msklite]:
    """A home of its own, empty."""
    runner = Msklite(tmp_path / "home")
    runner.home.mkdir()
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Msklite]:
    """A home whose default cluster, of two brokers, is up for the whole session."""
    runner = Msklite(tmp_path_factory.mktemp("cli") / "home")
    runner.home.mkdir()
    runner.ok("up", "-d", "--brokers", 2, "--config", "group.initial.rebalance.delay.ms=0")
    yield runner
    runner.close()
