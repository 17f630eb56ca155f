"""ProcessCluster: the zones of a cluster as real processes, for tests that want to kill and freeze.

    with ProcessCluster(azs=3) as cluster:
        cluster.kill_zone(2)         # kill -9 of the zone's process
        cluster.freeze_zone(3)       # SIGSTOP: it is there and says nothing
        cluster.cut_zone(1)          # it hears nothing of the others

It is what `msklite up -d` starts, in a temporary folder of its own: a supervisor and a process for
each zone. They end with the test session, also when that is killed (`testing/guard`).
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from msklite.errors import UserError
from msklite.testing.cluster import DEFAULTS, setting
from msklite.zone import spec as specs
from msklite.zone.admin import NotRunning
from msklite.zone.admin_client import AdminClient
from msklite.zone.plan import Wanted, plan
from msklite.zone.spec import ZoneSpec, child_environment

START_TIMEOUT_S = 120.0
ORDER_TIMEOUT_S = 60.0
_POLL_S = 0.02


class ProcessCluster:
    """See the module's text; the arguments are LocalCluster's."""

    def __init__(
        self,
        brokers: int | None = None,
        *,
        azs: int = 3,
        config: Mapping[str, str | int | float | bool] | None = None,
        tls: bool | str = False,
        volume_bytes: int | None = None,
        kafka_version: str | None = None,
        metrics: bool = False,
    ) -> None:
        self._wanted = Wanted(
            brokers=brokers,
            azs=azs,
            kafka_defaults=True,
            config={**DEFAULTS, **{k: setting(v) for k, v in (config or {}).items()}},
            in_transit=tls if isinstance(tls, str) else "TLS" if tls else "PLAINTEXT",
            volume_bytes=volume_bytes,
            kafka_version=kafka_version,
            metrics=metrics,
        )
        if self._wanted.in_transit not in specs.IN_TRANSIT:
            raise UserError(f'tls={tls!r}: choose True, False or "TLS_PLAINTEXT".')
        self._folder: Path | None = None
        self._spec: ZoneSpec | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    # -- what a test reads --------------------------------------------------------------------

    @property
    def spec(self) -> ZoneSpec:
        """What runs here: ids, ports, directories."""
        if self._spec is None:
            raise UserError("this ProcessCluster isn't running: use it in a `with` or call start()")
        return self._spec

    @property
    def bootstrap_servers(self) -> str:
        """host:port of every broker, comma-separated."""
        return self.spec.bootstrap

    @property
    def ca_file(self) -> str:
        """The certificate that clients trust (PEM), where TLS is served."""
        return str(self.spec.tls_directory / specs.CA_FILE)

    @property
    def truststore_file(self) -> str:
        """The same for Java, as PKCS12 with the password `changeit`."""
        return str(self.spec.tls_directory / specs.TRUST_STORE)

    @property
    def data_dir(self) -> str:
        """The cluster's folder."""
        return str(Path(self.spec.directory).parent)

    @property
    def log_files(self) -> list[Path]:
        """The supervisor's log, and each zone's."""
        zones = [self.spec.for_zone(zone) for zone in self.spec.zones] or [self.spec]
        return list(dict.fromkeys([self.spec.main_log, *(z.log_file for z in zones)]))

    def status(self) -> dict[str, Any]:
        """As `msklite status --output json` shows it."""
        found: dict[str, Any] = self._admin().get("/status")
        return found

    # -- what a test breaks -------------------------------------------------------------------

    def kill_zone(self, number: int) -> None:
        """kill -9; it stays away until `start_zone`."""
        self._order(number, "kill")

    def stop_zone(self, number: int) -> None:
        """The zone leaves cleanly; it stays away until `start_zone`."""
        self._order(number, "stop")

    def start_zone(self, number: int) -> None:
        """Bring back one that was killed or stopped."""
        self._order(number, "start")

    def freeze_zone(self, number: int) -> None:
        """SIGSTOP."""
        self._order(number, "freeze")

    def thaw_zone(self, number: int) -> None:
        """SIGCONT."""
        self._order(number, "thaw")

    def cut_zone(self, number: int, *others: int) -> None:
        """Cut its network to these zones, or to all others; clients still reach it."""
        self._admin().post("/cut", {"zone": number, "from": list(others)})

    def heal(self) -> None:
        """Undo every cut."""
        self._admin().post("/heal", {})

    def reboot_broker(self, broker: int) -> None:
        """Stop one broker cleanly and start it again."""
        self._admin().post("/broker", {"broker": broker, "action": "reboot"})

    def _order(self, zone: int, action: str) -> None:
        if not self.spec.zones:
            raise UserError(
                "A cluster of one zone is one process: give it more zones to break one."
            )
        self._admin().post("/zone", {"zone": zone, "action": action})

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start; returns when clients can connect."""
        if self._folder is not None:
            raise UserError("this ProcessCluster is already running")
        self._folder = Path(tempfile.mkdtemp(prefix="msklite-"))
        atexit.register(self.stop)
        try:
            self._spec = plan(self._folder, "test", self._wanted, secrets.token_bytes(16))
            specs.save(self._spec, self._folder)
            self._launch(self._folder, self._spec)
        except BaseException:
            self.stop()
            raise
        return self

    def _launch(self, folder: Path, spec: ZoneSpec) -> None:
        said = folder / "start.err"
        module = "msklite.zone.supervisor" if spec.zones else "msklite.zone.main"
        with said.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(folder)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                env=child_environment(), start_new_session=True,
            )  # fmt: skip
            self._guard = subprocess.Popen(
                [sys.executable, "-m", "msklite.testing.guard", str(folder)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=out, cwd="/",
                env=child_environment(), start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            with contextlib.suppress(NotRunning):
                if self.status()["pid"] == self._process.pid:
                    return
            if self._process.poll() is not None or time.monotonic() > deadline:
                lines = said.read_text(errors="replace").strip().splitlines()
                raise UserError(lines[-1] if lines else "The cluster isn't up in time.")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop cleanly and remove the folder. Harmless when not running."""
        if self._folder is None:
            return
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(ORDER_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.terminate()  # a second time: at once, with its zones
                self._process.wait(ORDER_TIMEOUT_S)
        if self._guard is not None:
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait(ORDER_TIMEOUT_S)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = self._spec = self._process = self._guard = None
        atexit.unregister(self.stop)

    def _admin(self) -> AdminClient:
        return AdminClient(self.spec.admin_directory, ORDER_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
