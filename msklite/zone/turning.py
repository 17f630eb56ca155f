"""The cluster's clock at its supervisor: turned by order, kept by `steering`, told to all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from msklite.errors import UserError
from msklite.world import World
from msklite.zone import steering
from msklite.zone.admin import AdminRequest, Routes
from msklite.zone.child import Child
from msklite.zone.spec import ZoneSpec

log = logging.getLogger("msklite.supervisor")


class Turning:
    """See the module's text."""

    def __init__(self, spec: ZoneSpec, world: World, children: Sequence[Child]) -> None:
        self._spec = spec
        self._world = world
        self._children = children
        self._turning = asyncio.Lock()

    @property
    def routes(self) -> Routes:
        """For the admin endpoint."""
        return {("GET", "/clock"): self._show_request, ("POST", "/clock"): self._turn_request}

    def status(self) -> dict[str, Any]:
        """What time it is, and how it was steered."""
        clock = self._world.clock
        return clock.state.show(clock.wall_ms())

    def load(self) -> None:
        """Go on with the state that was kept last."""
        self._world.clock.adopt(steering.load(self._world.storage, self._spec))

    def _show_request(self, request: AdminRequest) -> dict[str, Any]:
        return self.status()

    async def _turn_request(self, request: AdminRequest) -> dict[str, Any]:
        """Turn the cluster's clock; answered when every process that runs follows it."""
        wish, clock = request.json(), self._world.clock
        running = [c for c in self._children if c.state.running]
        for child in running:
            child.check_answers()
        async with self._turning:
            wall_ms = clock.wall_ms()
            clock.adopt(steering.turn(self._world.storage, self._spec, wall_ms, wish))
            said = await asyncio.gather(*(self._steer(c) for c in running), return_exceptions=True)
        late = [c.name for c, error in zip(running, said, strict=True) if error is not None]
        if late:
            raise UserError(
                f"The clock is turned, and {', '.join(late)} hasn't followed yet: it is told again."
            )
        log.info("the clock: %s", self.status())
        return self.status()

    async def _steer(self, child: Child) -> None:
        await child.tell("/clock", {"state": self._world.clock.state.to_json()})

    async def remind(self) -> None:
        """Tell processes that follow an older version, as one that was adopted may."""
        version = self._world.clock.state.version
        for child in self._children:
            known = child.last_status.get("clock", {}).get("version", version)
            if known < version and child.state.running and not child.state.frozen:
                try:
                    await self._steer(child)
                except UserError as e:
                    log.warning("%s doesn't follow the clock yet: %s", child.name, e)
