"""The supervisor's orders where each node is a process: brokers that come, and one that leaves.

The processes are stood in for; what they are told, and in which order, is what is looked at.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.world import World
from msklite.zone.admin import AdminRequest
from msklite.zone.child import Child
from msklite.zone.orders import Orders
from msklite.zone.plan import Wanted, plan
from msklite.zone.spec import ZoneSpec
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom


class Processes:
    """What the children do, in the order in which they do it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.running: set[str] = set()
        for name in ("begin", "ready", "stop", "kill"):
            monkeypatch.setattr(Child, name, self._step(name))
        monkeypatch.setattr(Child, "tell", self._tell())
        monkeypatch.setattr(Child, "alive", lambda child: child.name in self.running)

    def start(self, child: Child) -> None:
        child.state.wanted = True
        child.state.started(child.now())
        self.running.add(child.name)

    def _step(self, name: str) -> Any:
        async def step(child: Child) -> None:
            self.done.append(f"{name} {child.name}")
            if name == "begin":
                self.start(child)
            elif name in ("stop", "kill"):
                child.state.wanted = False
                child.state.ended(child.now())
                self.running.discard(child.name)

        return step

    def _tell(self) -> Any:
        async def tell(child: Child, path: str, body: dict[str, Any]) -> dict[str, Any]:
            child.check_answers()
            said = f"{path} {body['action']}" if "action" in body else path
            self.done.append(f"{said} to {child.name}")
            return body

        return tell


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Processes:
    return Processes(monkeypatch)


def _spec(folder: Path, brokers: int) -> ZoneSpec:
    wanted = Wanted(azs=2, brokers=brokers, process_per="broker")
    return plan(folder, "c", wanted, b"1" * 16)


def _world() -> World:
    return World(SystemClock(), SocketNetwork(), DiskStorage(), SystemRandom())


def _made(spec: ZoneSpec, processes: Processes) -> tuple[Orders, list[Child]]:
    world = _world()
    children = [Child(found, world.clock) for found in spec.process_specs()]
    for child in children:
        processes.start(child)
    return Orders(spec, world, children), children


def _order(orders: Orders, action: str, broker: int) -> Any:
    body = json.dumps({"broker": broker, "action": action}).encode()
    return orders.routes["POST", "/broker"](AdminRequest("POST", "/broker", {}, body))


def test_a_new_broker_gets_a_process_that_waits_for_its_start(
    tmp_path: Path, processes: Processes
) -> None:
    orders, children = _made(_spec(tmp_path, 2), processes)

    async def run() -> None:
        await orders.reload(_spec(tmp_path, 4))
        new = {c.spec.node: c for c in children if not c.state.running}
        assert new.keys() == {3, 4}
        assert not any(c.state.wanted for c in new.values()), "the watch must not start them"
        assert all(f"/reload to {c.name}" in processes.done for c in children if c.state.running)
        assert not any("broker 3" in said for said in processes.done)
        await _order(orders, "start", 3)
        assert processes.done[-2:] == ["begin broker 3", "ready broker 3"]

    asyncio.run(run())


@pytest.mark.parametrize("runs", [True, False])
def test_a_broker_that_leaves_gives_itself_up_before_its_process_and_directory_go(
    tmp_path: Path, processes: Processes, runs: bool
) -> None:
    spec = _spec(tmp_path, 4)
    orders, children = _made(spec, processes)
    child = next(c for c in children if c.spec.node == 4)
    directory = Path(child.spec.broker_dir(4))
    directory.mkdir(parents=True)
    (directory / "meta.properties").write_text("kept until the process has ended")

    async def run() -> None:
        if not runs:
            await child.kill()
            processes.done.clear()
        await _order(orders, "retire", 4)
        begun = [] if runs else ["begin broker 4", "ready broker 4"]
        assert processes.done == [*begun, "/broker retire to broker 4", "stop broker 4"]
        assert not directory.exists()
        assert not child.state.wanted
        await orders.reload(_without(spec, 4))
        assert child not in children
        assert "/reload to broker 4" not in processes.done
        assert "/reload to broker 3" in processes.done

    asyncio.run(run())


def test_a_broker_that_refuses_to_leave_stays(
    tmp_path: Path, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, children = _made(_spec(tmp_path, 2), processes)
    child = next(c for c in children if c.spec.node == 2)
    directory = Path(child.spec.broker_dir(2))
    directory.mkdir(parents=True)

    async def refuse(child: Child, path: str, body: object) -> Any:
        raise UserError("Broker 2 holds t-0: move them first.")

    monkeypatch.setattr(Child, "tell", refuse)
    with pytest.raises(UserError, match="holds t-0"):
        asyncio.run(_order(orders, "retire", 2))
    assert directory.exists()
    assert child.state.running
    assert processes.done == []


def _without(spec: ZoneSpec, broker: int) -> ZoneSpec:
    spec.place(tuple(b for b in spec.all_brokers if b != broker))
    return spec
