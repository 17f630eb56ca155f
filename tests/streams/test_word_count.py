"""Kafka Streams with exactly_once_v2 runs here, a zone is killed in the middle, and the result is
exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from msklite.zone import spec as specs
from tests.cli.runner import Msklite
from tests.streams import word_count
from tests.support.jvm import require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]


def test_words_are_counted_exactly_though_a_zone_is_killed(tmp_path: Path) -> None:
    require_jvm()
    zones = Msklite(tmp_path / "home")
    zones.home.mkdir()
    folder = tmp_path / "state"
    folder.mkdir()

    def between() -> None:
        zones.ok("zone", "kill", "az2")

    try:
        few = (
            "-c",
            "offsets.topic.num.partitions=6",
            "-c",
            "transaction.state.log.num.partitions=6",
        )
        zones.ok("up", "-d", "--azs", 3, *few)
        bootstrap = specs.load(zones.home / "clusters" / "default").bootstrap
        word_count.run(bootstrap, 3, 300, folder, between)
    finally:
        zones.close()
