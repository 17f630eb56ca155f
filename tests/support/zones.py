"""A zone in a process of its own, on one directory and the same ports over all its lives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from msklite.zone import spec as specs
from msklite.zone.identity import new_cluster_id
from msklite.zone.spec import ZoneSpec
from tests.support.ports import free_ports

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


class ZoneProcess:
    """`python -m msklite.zone.main DIR`: start it, kill it, freeze it, start it again."""

    def __init__(
        self,
        directory: Path,
        *,
        brokers: int = 1,
        config: Mapping[str, str] | None = None,
        relayed: bool = False,
    ) -> None:
        self.directory = directory
        first = free_ports(brokers + 1)
        self.spec = ZoneSpec(
            name="crash",
            directory=specs.zone_directory(directory),
            cluster_id=new_cluster_id(os.urandom(16)),
            brokers=tuple(range(1, brokers + 1)),
            config={"group.initial.rebalance.delay.ms": "0", **(config or {})},
        )
        ids = (*self.spec.brokers, self.spec.controller_id)
        if relayed:  # clients are told of 127.0.0.1, where somebody relays the same ports
            self.spec.host, self.spec.advertise = "127.0.0.2", "127.0.0.1"
        self.spec.ports = {node: first + i for i, node in enumerate(ids)}
        specs.save(self.spec, directory)
        self.process: subprocess.Popen[str] | None = None
        self.lives = 0

    @property
    def bootstrap(self) -> str:
        return self.spec.bootstrap

    @property
    def broker_dir(self) -> Path:
        return Path(self.spec.broker_dir(1))

    @property
    def controller_dir(self) -> Path:
        return Path(self.spec.controller_dir())

    @property
    def log(self) -> str:
        """What the zone has written for people."""
        return self.spec.log_file.read_text() if self.spec.log_file.exists() else ""

    def spawn(self, *before: str) -> None:
        """Start the process, and don't wait for it; `before` is put in front of the command."""
        assert self.process is None
        self.lives += 1
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "msklite.zone.main", str(self.directory)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def start(self, *before: str) -> Self:
        """Start it, and wait until clients can connect."""
        marks = self.log.count("ready: clients connect")
        self.spawn(*before)
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE_S
        while self.log.count("ready: clients connect") == marks:
            if self.process.poll() is not None:
                raise AssertionError(f"the zone didn't start: {self.ended()}\n{self.log[-3000:]}")
            assert time.monotonic() < deadline, f"not ready in time\n{self.log[-3000:]}"
            time.sleep(0.01)
        return self

    def refused(self) -> str:
        """Start it where it can't: the one sentence that it says, after it has ended by itself."""
        self.spawn()
        assert self.process is not None
        out, _ = self.process.communicate(timeout=PATIENCE_S)
        code, self.process = self.process.returncode, None
        assert code == 1, f"exit code {code}: {out}"
        assert "Traceback" not in out, out
        assert len(out.strip().splitlines()) == 1, out
        return out.strip()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate(timeout=PATIENCE_S)
            self.process = None

    def stop(self) -> str:
        """SIGTERM; what it said."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> str:
        """Wait for its own end; what it said."""
        assert self.process is not None
        out, _ = self.process.communicate(timeout=PATIENCE_S)
        self.process = None
        return out

    def dial(self, broker: int = 1) -> socket.socket:
        """A plain connection to a broker."""
        return socket.create_connection(("127.0.0.1", self.spec.ports[broker]), timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()
