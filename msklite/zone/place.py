"""One cluster's name and folder, and what can be learnt of it from outside.

`MSKLITE_HOME/clusters/NAME`, or a folder of its own. This module is an edge: it reads the
environment and speaks to admin endpoints, for the command line and the control API alike.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.admin import FILE_NAME, NotRunning
from msklite.zone.spec import ZoneSpec

BY_HAND = ".by-hand"
"""In a cluster's folder: its zones are run one by one. Locked while the first makes its file."""


class Admin(Protocol):
    """The way to a running cluster: its supervisor, its only zone, or all zones one by one."""

    def get(self, path: str) -> Any:
        """`GET path`, as JSON; `NotRunning` when nobody is there."""

    def post(self, path: str, body: object = None) -> Any:
        """`POST path`; `UserError` with its refusal."""


def home() -> Path:
    """`MSKLITE_HOME`, or the place that the platform has for a user's data."""
    wish = os.environ.get("MSKLITE_HOME")
    if wish:
        return Path(wish).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "msklite"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "msklite"


@dataclass(slots=True, frozen=True)
class Left:
    """A process that may have lost its supervisor."""

    spec: ZoneSpec
    status: dict[str, Any]
    """Empty: it says nothing, as it is frozen."""

    @property
    def state(self) -> str:
        """It in one word."""
        return "RUNNING" if self.status else "FROZEN"


@dataclass(slots=True, frozen=True)
class Place:
    """One cluster's name and folder."""

    name: str
    directory: Path

    @property
    def known(self) -> bool:
        """Whether a cluster was made here."""
        return specs.exists(self.directory)

    def spec(self) -> ZoneSpec:
        """Its `cluster.json`; `UserError` that says how to make one."""
        if not self.known:
            raise UserError(
                f"There is no cluster {self.name}: start one with `{self.command('up')}`."
            )
        return specs.load(self.directory)

    @property
    def by_hand(self) -> bool:
        """Whether its zones are run one by one over a shared folder, without a supervisor."""
        own = (self.directory / BY_HAND).exists()
        return own and not (self.directory / FILE_NAME).exists()

    def admin(self, timeout_s: float = 10.0) -> Admin:
        """The way to its running process, or processes."""
        from msklite.zone.admin_client import AdminClient  # it brings an HTTP client: 15 ms

        if self.known and self.by_hand:
            from msklite.zone.unsupervised import Zones

            return Zones(specs.load(self.directory), timeout_s)
        if self.known:
            return AdminClient(specs.load(self.directory).admin_directory, timeout_s)
        return AdminClient(specs.zone_directory(self.directory), timeout_s)

    def status(self) -> dict[str, Any] | None:
        """What the running process says of itself; None when none runs."""
        try:
            found = self.admin().get("/status")
        except NotRunning:
            return None
        return dict(found)

    def left(self) -> dict[str, Left]:
        """By name, the processes that go on although their supervisor may be gone."""
        from msklite.zone.admin_client import AdminClient

        found: dict[str, Left] = {}
        spec = specs.load(self.directory) if self.known else None
        for process in spec.process_specs() if spec is not None and spec.zones else ():
            admin = AdminClient(process.directory, 2.0, process.admin_name)
            try:
                told = dict(admin.get("/status"))
            except NotRunning:
                continue
            except UserError:  # it takes the call and says nothing: frozen
                told = {}
            found[process.label] = Left(process, told)
        return found

    def not_running(self) -> UserError:
        """The sentence for a cluster whose process isn't there."""
        if self.left():
            return UserError(
                f"Cluster {self.name} has lost its supervisor and its zones go on:"
                f" `{self.command('up')}` takes them over."
            )
        return UserError(
            f"Cluster {self.name} isn't running: start it with `{self.command('up')}`."
        )

    def command(self, verb: str) -> str:
        """The command line that does `verb` to this cluster."""
        if self.directory != home() / "clusters" / self.name:
            return f"msklite {verb} --dir {shlex.quote(str(self.directory))}"
        return f"msklite {verb}" + ("" if self.name == "default" else f" --name {self.name}")


def find(name: str | None, directory: str | None) -> Place:
    """The cluster meant by `--name` and `--dir`."""
    if directory is not None:
        path = Path(directory).expanduser().absolute()
        if specs.exists(path):
            name = name or specs.load(path).name
        return Place(specs.check_name(name or "default"), path)
    checked = specs.check_name(name or os.environ.get("MSKLITE_CLUSTER") or "default")
    return Place(checked, home() / "clusters" / checked)
