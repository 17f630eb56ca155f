"""What several tests of graduation start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import Msklite
from tests.support.jvm import require_jvm


@pytest.fixture
def zones(tmp_path: Path) -> Iterator[Msklite]:
    """Three zones with MSK's defaults, as `msklite up` starts them; all are gone afterwards."""
    require_jvm()
    runner = Msklite(tmp_path / "home")
    runner.home.mkdir()
    yield runner
    runner.close()
