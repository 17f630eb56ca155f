"""Zones without a supervisor: who is asked, what is told to whom, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.world import World
from msklite.zone import by_hand, unsupervised
from msklite.zone import spec as specs
from msklite.zone.admin import AdminRequest, AdminServer, NotRunning
from msklite.zone.place import Place
from msklite.zone.spec import ZoneSpec
from msklite.zone.unsupervised import Zones
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom


@pytest.fixture
def spec(tmp_path: Path) -> ZoneSpec:
    by_hand.prepare(tmp_path, "c", ["az1", "az2", "az3"], 9092, None, b"1" * 16)
    return specs.load(tmp_path)


class Stand:
    """Stands for a process: its admin endpoint, which keeps what it was told."""

    def __init__(self, spec: ZoneSpec, *, refuses: bool = False) -> None:
        self.told: list[tuple[str, Any]] = []
        self.spec = spec
        self._refuses = refuses
        Path(spec.directory).mkdir(exist_ok=True)
        world = World(SystemClock(), SocketNetwork(), DiskStorage(), SystemRandom())
        routes = {("POST", path): self._keep for path in ("/reload", "/broker")}
        self.server = AdminServer(
            world, spec.directory, {**routes, ("GET", "/status"): self._status}, spec.admin_name
        )

    def _keep(self, request: AdminRequest) -> dict[str, Any]:
        if self._refuses:
            raise UserError("Not now.")
        self.told.append((request.path, request.json()))
        return {"by": self.spec.label}

    def _status(self, request: AdminRequest) -> dict[str, Any]:
        rows = [{"id": b, "fenced": False, "epoch": 7} for b in self.spec.brokers]
        return {"pid": 1, "started_ms": 5, "now_ms": 9, "generation": 3, "brokers": rows,
                "controller": {"epoch": 2, "leader": 10002}}  # fmt: skip


@asynccontextmanager
async def up(*stands: Stand) -> AsyncIterator[None]:
    try:
        for stand in stands:
            await stand.server.start()
        yield
    finally:
        for stand in stands:
            await stand.server.close()


def test_a_folder_made_by_hand_is_known_until_it_has_a_supervisor(
    spec: ZoneSpec, tmp_path: Path
) -> None:
    place = Place("c", tmp_path)
    assert place.by_hand
    assert place.status() is None and not unsupervised.any_runs(spec)
    (tmp_path / "admin.json").write_text("{}")
    assert not place.by_hand


def test_all_are_asked_and_told(spec: ZoneSpec) -> None:
    """az1 as two processes, az2 as one, az3 away."""
    asyncio.run(_asked_and_told(spec))


async def _asked_and_told(spec: ZoneSpec) -> None:
    stands = [Stand(spec.for_node(1, 10001)), Stand(spec.for_node(1, 1)), Stand(spec.for_zone(2))]
    zones = Zones(spec, 30.0)
    async with up(*stands):
        found = await asyncio.to_thread(zones.get, "/status")
        assert [(z["zone"], z["state"]) for z in found["zones"]] == [
            ("az1", "RUNNING"), ("az2", "RUNNING"), ("az3", "AWAY"),
        ]  # fmt: skip
        assert [b["epoch"] for b in found["brokers"]] == [7, 7, None]
        assert (found["generation"], found["started_ms"], found["now_ms"]) == (3, 5, 9)
        assert unsupervised.any_runs(spec)
        await asyncio.to_thread(zones.post, "/reload", {})
        assert [s.told for s in stands] == [[("/reload", {})]] * 3
        order = {"broker": 2, "action": "reboot"}
        assert await asyncio.to_thread(zones.post, "/broker", order) == {"by": "az2"}
        assert stands[2].told[1:] == [("/broker", order)]
    with pytest.raises(NotRunning):
        await asyncio.to_thread(zones.get, "/status")


def test_what_is_refused(spec: ZoneSpec) -> None:
    asyncio.run(_refused(spec))


async def _refused(spec: ZoneSpec) -> None:
    zones = Zones(spec, 30.0)
    for path in ("/stop", "/zone", "/cut", "/clock"):
        with pytest.raises(UserError, match="run one by one"):
            zones.post(path, {})
    async with up(Stand(spec.for_zone(2), refuses=True)):
        for broker, why in ((9, "There is no broker 9"), (1, "az1 does not run"), (2, "Not now")):
            with pytest.raises(UserError, match=why):
                await asyncio.to_thread(zones.post, "/broker", {"broker": broker, "action": "stop"})
        with pytest.raises(UserError, match="Not now"):
            await asyncio.to_thread(zones.post, "/reload", {})
