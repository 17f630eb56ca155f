"""What the service makes of a cluster's file that somebody else, or it itself, has changed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msklite.control.service import Service
from msklite.zone import spec as specs
from msklite.zone.spec import ZoneSpec

NAME = "quiet"


async def taken_in(home: Path) -> Service:
    """A service that has found a cluster which doesn't run."""
    folder = home / "clusters" / NAME
    folder.mkdir(parents=True)
    spec = ZoneSpec(
        name=NAME, directory=str(folder), cluster_id="c" * 22, brokers=(1,), ports={1: 19092}
    )
    specs.save(spec, folder)
    service = Service(home)
    await service._look_round()
    return service


def test_what_others_change_is_followed(tmp_path: Path) -> None:
    async def story() -> None:
        service = await taken_in(tmp_path)
        (before,) = service.clusters()
        spec = specs.load(tmp_path / "clusters" / NAME)
        spec.config = {**spec.config, "num.partitions": "7"}
        specs.save(spec, tmp_path / "clusters" / NAME)
        await service._look_round()
        (after,) = service.clusters()
        assert after.wanted.config["num.partitions"] == "7"
        assert after.version != before.version
        await service.close()

    asyncio.run(story())


def test_a_file_that_was_read_before_an_update_says_nothing(tmp_path: Path) -> None:
    """An update begins and ends while the watch looks: what it has read is old by then."""

    async def story() -> None:
        service = await taken_in(tmp_path)
        (seen,) = service.clusters()
        (updated,) = service.clusters()
        updated.wanted.config = {**updated.wanted.config, "num.partitions": "9"}
        updated.version = "KNEW"
        service.save(updated)
        await service._look_at(seen, there=True)
        (after,) = service.clusters()
        assert (after.version, after.wanted.config) == ("KNEW", updated.wanted.config)
        await service.close()

    asyncio.run(story())
