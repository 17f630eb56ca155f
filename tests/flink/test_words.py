"""A PyFlink job with an exactly-once sink runs here, a zone is killed in the middle, the job fails
and starts again from its checkpoint, and its result is exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from msklite.zone import spec as specs
from tests.cli.runner import Msklite
from tests.flink import environment, words
from tests.support.jvm import require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_words_are_counted_exactly_though_a_zone_is_killed(tmp_path: Path) -> None:
    require_jvm()
    environment.python()
    zones = Msklite(tmp_path / "home")
    zones.home.mkdir()
    folder = tmp_path / "job"
    folder.mkdir()
    few = (
        "-c",
        "offsets.topic.num.partitions=6",
        "-c",
        "transaction.state.log.num.partitions=6",
    )
    try:
        zones.ok("up", "-d", "--azs", 3, *few)
        bootstrap = specs.load(zones.home / "clusters" / "default").bootstrap
        words.run(bootstrap, 3, 300, folder, lambda: zones.ok("zone", "kill", "az2") and None)
    finally:
        zones.close()
