"""One process of a cluster as its supervisor has it: its state, and what can be done to it.

It is a whole zone's or, with `--process-per broker`, that of one node. A process that answers at
its admin endpoint is adopted, whoever started it; one that is there and says nothing was frozen
under an earlier supervisor, and is woken first.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from msklite.errors import UserError
from msklite.world import Clock
from msklite.zone.admin import NotRunning
from msklite.zone.admin_client import AdminClient
from msklite.zone.process import is_alive
from msklite.zone.spec import ZoneSpec, child_environment
from msklite.zone.supervision import ZoneState

log = logging.getLogger("msklite.supervisor")

STOP_TIMEOUT_S = 30.0
START_TIMEOUT_S = 30.0


class Child:
    """See the module's text."""

    def __init__(self, spec: ZoneSpec, clock: Clock) -> None:
        self.spec = spec
        self.state = ZoneState()
        self.busy = asyncio.Lock()
        """Held while an order is carried out, so that the watch doesn't interfere."""
        self.pid: int | None = None
        self.process: asyncio.subprocess.Process | None = None
        self.last_status: dict[str, Any] = {}
        self._clock = clock

    @property
    def name(self) -> str:
        """az1, or broker 1."""
        return self.spec.label

    def admin(self, timeout_s: float = 2.0) -> AdminClient:
        """The way to the process itself."""
        return AdminClient(self.spec.directory, timeout_s, self.spec.admin_name)

    def now(self) -> int:
        return self._clock.mono_ms()

    # -- the process --------------------------------------------------------------------------

    async def adopt(self) -> bool:
        """Take over a process that runs already; False: there is none."""
        found = await self.ask(wake=True)
        if found is None:
            return False
        self.pid = int(found["pid"])
        self.state.started(self.now())
        log.info("%s is running already: process %d", self.name, self.pid)
        return True

    async def start(self) -> None:
        """Start its process."""
        spec = self.spec
        spec.log_file.parent.mkdir(parents=True, exist_ok=True)
        words = ["--zone", str(spec.zone)]
        if spec.node is not None:
            words += ["--node", str(spec.node)]
        with self.said_file.open("wb") as said:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "msklite.zone.main", str(Path(spec.directory).parent), *words,
                stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said, cwd="/",
                env=child_environment(), start_new_session=True,
            )  # fmt: skip
        self.pid = self.process.pid
        self.last_status = {}  # of an earlier life
        self.state.started(self.now())
        log.info("%s started: process %d", self.name, self.pid)

    @property
    def said_file(self) -> Path:
        """Where a process that refuses to start leaves its sentence."""
        return self.spec.log_file.with_suffix(".err")

    def refusal(self) -> str:
        """What a process said that ended while it was started."""
        lines = self.said_file.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"{self.name} ended; see {self.spec.log_file}."

    def alive(self) -> bool:
        """Whether the process is there."""
        if self.process is not None:
            return self.process.returncode is None
        return self.pid is not None and is_alive(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it is there."""
        if self.pid is not None and self.alive():
            os.kill(self.pid, number)

    async def gone(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Wait until the process has ended."""
        deadline = self.now() + int(timeout_s * 1000)
        while self.alive():
            if self.now() > deadline:
                raise UserError(f"{self.name} (process {self.pid}) is still there.")
            await asyncio.sleep(0.01)
        if self.state.running:
            self.state.ended(self.now())

    # -- orders -------------------------------------------------------------------------------

    async def kill(self) -> None:
        """kill -9; it stays away."""
        self.state.wanted = False
        self.signal(signal.SIGKILL)
        await self.gone(5.0)

    async def stop(self) -> None:
        """Stop it cleanly; it stays away."""
        self.state.wanted = False
        self.signal(signal.SIGTERM)
        await self.gone()

    async def begin(self) -> None:
        """It is wanted again: start it. It may take clients later than this returns."""
        self.state.wanted, self.state.deaths = True, 0
        await self.start()

    async def ready(self) -> None:
        """Wait until it answers. UserError: why it doesn't."""
        deadline = self.now() + int(START_TIMEOUT_S * 1000)
        while await self.ask() is None:
            if not self.alive():
                raise UserError(self.refusal())
            if self.now() > deadline:
                raise UserError(
                    f"{self.name} runs and waits for a majority of the zones:"
                    f" start another one; {self.spec.log_file} tells more."
                )
            await asyncio.sleep(0.02)

    async def freeze(self) -> None:
        """SIGSTOP."""
        self.state.frozen = True
        self.signal(signal.SIGSTOP)

    async def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)
        self.state.frozen = False
        self.state.answered(self.now())

    # -- talking to it ------------------------------------------------------------------------

    def check_answers(self) -> None:
        """`UserError` for a zone that can't be told anything now."""
        if not self.state.running:
            raise UserError(f"{self.name} does not run.")
        if self.state.frozen:
            raise UserError(f"{self.name} is frozen: thaw it first.")

    async def ask(self, *, wake: bool = False) -> dict[str, Any] | None:
        """Its status; None: it doesn't answer."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(None, self._status, wake)
        except UserError:
            return None
        self.state.answered(self.now())
        self.last_status = found
        return found

    def _status(self, wake: bool) -> dict[str, Any]:
        admin = self.admin()
        try:
            found: dict[str, Any] = admin.get("/status")
        except NotRunning:
            raise
        except UserError:
            if not wake:
                raise
            os.kill(admin.pid(), signal.SIGCONT)  # it took our call, so it is there
            found = admin.get("/status")
        return found

    async def tell(self, path: str, body: object) -> dict[str, Any]:
        """Order it to do something; `UserError` with its refusal."""
        self.check_answers()
        loop = asyncio.get_running_loop()
        told: dict[str, Any] = await loop.run_in_executor(
            None, lambda: self.admin(STOP_TIMEOUT_S).post(path, body)
        )
        return told
