"""One cluster's task: look, take the next step, look again, until all is as wanted.

A step that is refused is tried again: zones die and come back. What can't be had within the
service's patience ends the operation: a new cluster is FAILED; an update is undone, by wanting what
was before, and then is UPDATE_FAILED with the reason; a deletion is tried for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from msklite.control import plan
from msklite.control.cluster import Cluster, Operation, Phase, Wanted
from msklite.control.fresh import new_version, now_ms
from msklite.errors import UserError

if TYPE_CHECKING:
    from msklite.control.service import Service

log = logging.getLogger("msklite.control")

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
CREATE_TRIES = 3


class Worker:
    """See the module's text."""

    def __init__(self, service: Service, arn: str) -> None:
        self._service = service
        self._arn = arn
        self._pause_s = FIRST_PAUSE_S
        self._since = time.monotonic()
        """When the last step succeeded."""
        self._refusals = 0
        self._last: plan.Step | None = None

    async def run(self) -> None:
        """Until the cluster has settled, or is gone."""
        try:
            while await self._once():
                pass
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the task of %s ended", self._arn)

    async def _once(self) -> bool:
        """One look and one step; False: there is nothing more to do."""
        service = self._service
        cluster = service.find(self._arn)
        if cluster is None or cluster.phase is Phase.FAILED:
            return False
        name, wanted = cluster.name, cluster.wanted
        try:
            seen = await asyncio.to_thread(service.fleet.observe, name)
        except UserError as error:
            return await self._refused(str(error))
        step = plan.next_step(wanted, seen)
        if step != self._last:
            log.info("cluster %s: %s", name, step)
            self._last = step
        if isinstance(step, plan.Done):
            return await self._finish(cluster)
        if isinstance(step, plan.Wait):
            return await self._refused(f"waiting for {step.why}")
        self._progress(cluster)
        try:
            await asyncio.to_thread(service.fleet.take, name, wanted, step)
        except UserError as error:
            log.warning("cluster %s: %s was refused: %s", name, step, error)
            self._refusals += 1
            return await self._refused(str(error))
        self._since = time.monotonic()
        self._pause_s = FIRST_PAUSE_S
        return True

    async def _refused(self, why: str) -> bool:
        """It can't be had now: again later, or never."""
        cluster = self._service.find(self._arn)
        if cluster is None:
            return False
        late = time.monotonic() - self._since > self._service.patience_s
        if cluster.phase is Phase.CREATING and (late or self._refusals >= CREATE_TRIES):
            cluster.phase, cluster.failure = Phase.FAILED, why
            self._service.save(cluster)
            log.error("cluster %s can't be created: %s", cluster.name, why)
            return False
        if late and cluster.operation is not None:
            self._since = time.monotonic()
            if not self._undo(cluster, why):
                return False
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(self._pause_s * 1.5, LONGEST_PAUSE_S)
        return True

    def _progress(self, cluster: Cluster) -> None:
        operation = self._operation(cluster)
        if operation is not None and operation.state == "PENDING":
            rebooting = cluster.phase is Phase.REBOOTING
            operation.state = "REBOOT_IN_PROGRESS" if rebooting else "UPDATE_IN_PROGRESS"
            operation.done_steps = min(1, len(operation.steps))
            self._service.save_operation(operation)

    def _operation(self, cluster: Cluster) -> Operation | None:
        return None if cluster.operation is None else self._service.operation(cluster.operation)

    # -- ends ---------------------------------------------------------------------------------

    async def _finish(self, cluster: Cluster) -> bool:
        service = self._service
        if not cluster.wanted.exists:
            service.forget(cluster)
            return False
        await self._settle(cluster)
        now = service.find(self._arn)
        if now is None or now.wanted != cluster.wanted:
            return now is not None  # changed meanwhile
        service.lost.discard(now.arn)
        service.stopped.discard(now.arn)
        if not now.moving:
            return False
        operation = self._operation(now)
        added = {str(b): now.added_ms.get(str(b), now_ms()) for b in now.wanted.brokers}
        if operation is not None:
            self._end(now, operation)
            if now.phase is Phase.UPDATING:
                now.version = new_version()
        now.added_ms, now.wanted.reboot = added, {}
        now.phase, now.operation = Phase.SETTLED, None
        with service.store.transaction():
            service.save(now)
            if operation is not None:
                service.save_operation(operation)
        log.info("cluster %s is ACTIVE", now.name)
        return False

    def _end(self, cluster: Cluster, operation: Operation) -> None:
        operation.ended_ms = now_ms()
        rebooting = cluster.phase is Phase.REBOOTING
        if operation.error is not None:
            operation.state = "REBOOT_FAILED" if rebooting else "UPDATE_FAILED"
            return
        operation.state = "REBOOT_COMPLETE" if rebooting else "UPDATE_COMPLETE"
        operation.done_steps = len(operation.steps)
        if operation.settled_after is not None:
            cluster.settled = operation.settled_after

    def _undo(self, cluster: Cluster, why: str) -> bool:
        """Want what was before; False: that can't be had either, and it is left to heal."""
        operation = self._operation(cluster)
        if operation is None:
            return False
        log.error("cluster %s: %s failed: %s", cluster.name, operation.kind, why)
        again = operation.error is not None
        operation.error = operation.error or why
        cluster.wanted = undone(cluster.wanted, operation)
        if again:
            self._end(cluster, operation)
            cluster.phase, cluster.operation = Phase.SETTLED, None
            cluster.wanted.restart = 0
        with self._service.store.transaction():
            self._service.save_operation(operation)
            self._service.save(cluster)
        return not again

    async def _settle(self, cluster: Cluster) -> None:
        """AWS takes its time; whoever wishes to see that sets the knob."""
        operation = self._operation(cluster)
        if self._service.settle_s <= 0 or not cluster.moving:
            return
        began = cluster.created_ms if operation is None else operation.created_ms
        left = self._service.settle_s - (now_ms() - began) / 1000
        if left > 0:
            await asyncio.sleep(left)


def undone(wanted: Wanted, operation: Operation) -> Wanted:
    """What to want instead when an operation has failed: all as before, in a new generation."""
    if operation.before is None:
        return Wanted(
            wanted.azs, wanted.brokers, wanted.config, wanted.extras, wanted.generation,
            wanted.restart,
        )  # fmt: skip
    before = Wanted(**operation.before)
    before.generation = wanted.generation + 1
    before.restart = before.generation if wanted.restart == wanted.generation else before.restart
    before.reboot = {}
    return before
