"""The house has floors: a package imports from lower ones only, and cores do no I/O.

The floors are those of docs/design.md. Packages on one floor don't know each other. Exceptions are
named here with their reason, and one that is no longer needed fails the test.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house import source

FLOORS = {
    "errors": 0, "machine": 0,
    "clock": 1,
    "world": 2,
    "wire": 3,
    "log": 4, "raft": 4, "metadata": 4, "auth": 4, "quota": 4,
    "partition": 5, "groups": 5, "share": 5, "txns": 5,
    "broker": 6,
    "zone": 7,
    "control": 8,
    "cli": 9, "testing": 9, "__main__": 10,
}  # fmt: skip

CORES = ("wire", "log", "raft", "metadata", "auth", "quota", "partition", "groups", "share", "txns")

IO_MODULES = {
    "asyncio", "socket", "time", "random", "threading", "selectors", "subprocess", "secrets",
    "concurrent", "multiprocessing", "tempfile", "shutil", "uvloop", "http", "signal",
}  # fmt: skip

EDGES = {
    "msklite/log/storage.py": "the real disk behind the Storage protocol",
    "msklite/log/worker.py": "the worker process, and the zone's side of it",
    "msklite/zone/world.py": "the real clock, network and randomness",
    "msklite/zone/loop.py": "makes the event loop, whose clock must be the real one",
    "msklite/zone/spec.py": "runs before there is a World: cluster.json",
    "msklite/zone/ports.py": "runs before there is a World: which ports are free",
    "msklite/zone/certificates.py": "files that OpenSSL reads; the simulator serves no TLS",
    "msklite/zone/admin.py": "a unix socket for people, which the simulator doesn't run",
    "msklite/zone/admin_client.py": "the other side of that socket, for the command line",
    "msklite/zone/process.py": "the process: signals, log files",
    "msklite/zone/supervisor.py": "the process over the zones' processes, and the signals to them",
    "msklite/zone/starting.py": "starts a cluster's processes from outside",
    "msklite/zone/stopping.py": "stops them, and removes what they left",
    "msklite/zone/child.py": "starts a zone's process and sends it signals",
}
"""The only modules below the command line that may touch the system themselves."""

CONTROL_CORES = ("plan.py", "cluster.py", "wire.py", "describe.py", "declared.py")
"""What the control API decides without I/O."""

SHELL_MAY = {"asyncio"}
"""Shells (broker, zone) run on an event loop; everything else comes to them through the World."""


def _floor(module: str) -> tuple[str, int] | None:
    parts = module.split(".")
    if parts[0] != "msklite" or len(parts) < 2 or parts[1] not in FLOORS:
        return None
    return parts[1], FLOORS[parts[1]]


def _package(path: Path) -> str:
    return path.relative_to(source.PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", source.package_files(), ids=source.name)
def test_imports_go_down(path: Path) -> None:
    package = _package(path)
    if package == "__init__":
        assert not [m for m, _ in source.imports(path) if m.startswith("msklite")]
        return
    assert package in FLOORS, f"{package} has no floor: give it one in docs/design.md and here"
    wrong = []
    for module, line in source.imports(path):
        found = _floor(module)
        if found is not None and found[0] != package and found[1] >= FLOORS[package]:
            wrong.append(f"{source.name(path)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


def _touches(path: Path) -> list[str]:
    """What the module does with the system itself."""
    package = _package(path)
    allowed = SHELL_MAY if package in ("broker", "zone") else set()
    found = [
        f"{source.name(path)}:{line} imports {module}"
        for module, line in source.imports(path)
        if module in IO_MODULES - allowed
    ]
    for node in ast.walk(source.tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in {"open", "uuid.uuid4", "uuid4", "os.urandom", "os.open", "os.fsync"}:
            found.append(f"{source.name(path)}:{node.lineno} calls {called}")
    return found


def _below_the_command_line() -> list[Path]:
    held = {*CORES, "errors", "machine", "world", "broker", "zone"}
    pure = {source.PACKAGE / "control" / name for name in CONTROL_CORES}
    return [p for p in source.package_files() if _package(p) in held or p in pure]


@pytest.mark.parametrize("path", _below_the_command_line(), ids=source.name)
def test_time_randomness_and_storage_are_handed_in(path: Path) -> None:
    if source.name(path) in EDGES:
        assert _touches(path), f"{source.name(path)} is no edge any more: take it off the list"
    else:
        assert not _touches(path)


def test_the_checker_sees_what_it_must(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: a core that reads the clock is caught."""
    monkeypatch.setattr(source, "ROOT", tmp_path)
    monkeypatch.setattr(source, "PACKAGE", tmp_path)
    (tmp_path / "raft").mkdir()
    bad = tmp_path / "raft" / "node.py"
    bad.write_text("import time\nfrom msklite.zone import zone\nx = open('y')\n")
    assert len(_touches(bad)) == 2
    with pytest.raises(AssertionError):
        test_imports_go_down(bad)
