"""What people order a running cluster to do: to zones, to single brokers, to the network between.

An order to a zone goes to all of its processes. What makes no sense in the state that they are in
is refused with a sentence, before anything is done. While an order is carried out its processes are
`busy`, so that the watch leaves them alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from msklite.errors import UserError
from msklite.world import World
from msklite.zone.admin import AdminRequest, Routes
from msklite.zone.child import Child
from msklite.zone.process import exporter_ports, shares_a_process, volume_sizes
from msklite.zone.spec import ZoneSpec

log = logging.getLogger("msklite.supervisor")

ZONE_ACTIONS = ("kill", "stop", "start", "freeze", "thaw")
BROKER_ACTIONS = (*ZONE_ACTIONS, "reboot")


class Orders:
    """See the module's text."""

    def __init__(self, spec: ZoneSpec, world: World, children: list[Child]) -> None:
        """`children` is the supervisor's own list: `reload` changes it."""
        self._spec = spec
        self._world = world
        self._children = children

    @property
    def routes(self) -> Routes:
        """For the admin endpoint."""
        return {
            ("POST", "/zone"): self._zone_request,
            ("POST", "/cut"): self._cut_request,
            ("POST", "/heal"): self._heal_request,
            ("POST", "/broker"): self._broker_request,
            ("POST", "/volumes"): self._volumes_request,
            ("POST", "/exporters"): self._exporters_request,
        }

    async def reload(self, spec: ZoneSpec) -> None:
        """The cluster's file has changed: tell those that run.

        A broker that is new and a process of its own waits to be started, one that has gone ends.
        """
        self._spec = spec
        found = {process.label: process for process in spec.process_specs()}
        for child in [c for c in self._children if c.name not in found]:
            async with child.busy:
                await child.kill()
            self._children.remove(child)
        for child in self._children:
            child.spec = found.pop(child.name)
        for process in found.values():
            child = Child(process, self._world.clock)
            child.state.wanted = False
            self._children.append(child)
        await self._tell_all("/reload", {})

    async def _retire(self, child: Child, broker: int) -> dict[str, Any]:
        """A broker that is a process leaves for good.

        Only it can say that it holds nothing and ask to be forgotten; its directory goes after it.
        """
        if not child.state.running:
            await _carry_out(child.name, [child], "start")
        told = await child.tell("/broker", {"broker": broker, "action": "retire"})
        async with child.busy:
            await child.stop()
        self._world.storage.remove_tree(child.spec.broker_dir(broker))
        return told

    # -- zones and brokers --------------------------------------------------------------------

    async def _zone_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        action, children = wish.get("action"), self._zone(wish.get("zone"))
        if action not in ZONE_ACTIONS:
            raise UserError(f"A zone can be told to {', '.join(ZONE_ACTIONS)}, not to {action!r}.")
        name = _zone_name(children)
        await _carry_out(name, children, action)
        done: dict[str, Any] = {"zone": name, "action": action}
        if len(children) == 1 and children[0].spec.node is None:
            done["pid"] = children[0].pid
        return done

    async def _broker_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        broker, action = wish.get("broker"), wish.get("action")
        if action not in (*BROKER_ACTIONS, "retire"):
            known = ", ".join(BROKER_ACTIONS)
            raise UserError(f"A broker can be told to {known}, not to {action!r}.")
        child = next((c for c in self._children if broker in c.spec.brokers), None)
        if child is None:
            known = ", ".join(map(str, self._spec.all_brokers))
            raise UserError(f"There is no broker {broker!r}: this cluster has {known}.")
        if child.spec.node is None:
            if action in ("kill", "freeze", "thaw"):
                raise UserError(shares_a_process(broker))
            return await child.tell("/broker", wish)
        if action == "retire":
            return await self._retire(child, broker)
        for step in ("stop", "start") if action == "reboot" else (action,):
            await _carry_out(f"Broker {broker}", [child], step)
        return {"broker": broker, "action": action, "pid": child.pid}

    async def _volumes_request(self, request: AdminRequest) -> dict[str, Any]:
        """Tell those that run; the others read it in `cluster.json` when they start."""
        wish = request.json()
        self._spec.volumes.update(volume_sizes(wish))
        await self._tell_all("/volumes", wish)
        return {"volumes": self._spec.volumes}

    async def _exporters_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        ports = exporter_ports(wish)
        for one in (self._spec, *(c.spec for c in self._children)):
            one.exporters = ports
        await self._tell_all("/exporters", wish)
        return {"exporters": ports}

    async def _tell_all(self, path: str, wish: dict[str, Any]) -> None:
        running = _running(self._children)
        for child in running:
            child.check_answers()
        await asyncio.gather(*(c.tell(path, wish) for c in running))

    # -- the network between zones ------------------------------------------------------------

    async def _cut_request(self, request: AdminRequest) -> dict[str, Any]:
        """Cut one zone off from others: both ways, or only what it says, or only what it hears."""
        wish = request.json()
        zone = self._zone(wish.get("zone"))
        others = [self._zone(z) for z in wish.get("from") or []] or [
            self._zone(z) for z in self._spec.zones if z != wish.get("zone")
        ]
        name, names = _zone_name(zone), [_zone_name(other) for other in others]
        if name in names:
            raise UserError(f"{name} can't be cut off from itself.")
        own = _running(zone)
        if not own:
            raise UserError(f"{name} does not run.")
        # One that doesn't run needn't know: the other side keeps to both directions.
        told = [c for other in others for c in _running(other)]
        for child in (*own, *told):
            child.check_answers()
        out, into = bool(wish.get("out", True)), bool(wish.get("into", True))
        for child in own:
            await child.tell("/cut", {"zones": names, "out": out, "into": into})
        for child in told:
            # What one doesn't say the other doesn't hear: so each side keeps to it.
            await child.tell("/cut", {"zones": [name], "out": into, "into": out})
        log.info("%s is cut off from %s (out %s, into %s)", name, names, out, into)
        return {"zone": name, "from": names, "out": out, "into": into}

    async def _heal_request(self, request: AdminRequest) -> dict[str, Any]:
        running = _running(self._children)
        for child in running:
            child.check_answers()
        await asyncio.gather(*(c.tell("/heal", {}) for c in running))
        log.info("healed")
        return {"healed": list(dict.fromkeys(f"az{c.spec.zone}" for c in running))}

    def _zone(self, zone: object) -> list[Child]:
        found = [c for c in self._children if isinstance(zone, int) and c.spec.zone == zone]
        if not found:
            known = ", ".join(f"az{z}" for z in self._spec.zones)
            raise UserError(f"There is no zone {zone!r}: this cluster has {known}.")
        return found


def _zone_name(children: Sequence[Child]) -> str:
    return f"az{children[0].spec.zone}"


def _running(children: Sequence[Child]) -> list[Child]:
    return [c for c in children if c.state.running]


@contextlib.asynccontextmanager
async def _busy(children: Sequence[Child]) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as held:
        for child in children:
            await held.enter_async_context(child.busy)
        yield


async def _carry_out(name: str, children: Sequence[Child], action: str) -> None:
    """One of ZONE_ACTIONS, to those of these processes that it makes sense for."""
    async with _busy(children):
        fit = _fit(name, children, action)
        log.info("%s: %s, as asked", name, action)
        if action == "start":
            for child in fit:
                await child.begin()
            for child in fit:
                await child.ready()
        elif action == "stop":
            # The brokers first: their zone's controller may be the only one there is.
            for child in sorted(fit, key=lambda c: c.spec.node is not None and not c.spec.brokers):
                await child.stop()
        else:
            for child in fit:
                await getattr(child, action)()


def _fit(name: str, children: Sequence[Child], action: str) -> list[Child]:
    """The processes that can do it; `UserError` when there are none, or when one forbids it."""
    if action == "start":
        fit = [c for c in children if not c.state.running]
        refusal = "runs already"
    elif action in ("kill", "stop"):
        fit = [c for c in children if c.state.running or c.state.wanted]
        refusal = "does not run"
    else:
        fit = _running(children)
        refusal = "does not run"
    if not fit:
        raise UserError(f"{name} {refusal}.")
    frozen = [c for c in fit if c.state.frozen]
    if action == "thaw":
        if not frozen:
            raise UserError(f"{name} isn't frozen.")
        return frozen
    if action == "freeze" and len(frozen) < len(fit):
        return [c for c in fit if not c.state.frozen]
    if action in ("stop", "freeze") and frozen:
        who = name if len(children) == 1 else frozen[0].name.capitalize()
        raise UserError(f"{who} is frozen: thaw it first, or kill it.")
    return fit
