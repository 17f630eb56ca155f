"""The console script as people run it: a process with a home of its own, nothing imported."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.ports import is_alive, wait_gone

ROOT = Path(__file__).parents[2]
SCRIPT = Path(sys.executable).with_name("msklite")
TIMEOUT_S = 120
LOG_LINES = 150
"""How much of each log file is shown with a failed test."""


@dataclass(frozen=True)
class Done:
    """What one call gave."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def one_zone(args: Sequence[object]) -> list[str]:
    """`up` in the small form that most tests need: one zone, Kafka's defaults."""
    words = [str(a) for a in args]
    if words[:1] == ["up"] and "--azs" not in words:
        words[1:1] = ["--azs", "1", "--kafka-defaults"]
    return words


def tell_logs(folder: Path) -> None:
    """Print the ends of a cluster's log files, which pytest shows with a failed test."""
    for path in sorted(folder.glob("**/logs/*.log")):
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
        print(f"--- {path.relative_to(folder)}", *lines, sep="\n")


def processes(folder: Path) -> list[int]:
    """The processes of a cluster, by what their command lines say."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # gone this moment, or not ours
        ours = b"msklite.zone.main" in words or b"msklite.zone.supervisor" in words
        if ours and os.fsencode(folder) in words and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


class Msklite:
    """`msklite` with its own MSKLITE_HOME; `close` stops every cluster under it."""

    def __init__(self, home: Path, env: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("MSKLITE", "XDG"))}
        # The tree under test is the one that runs, wherever the script was installed from.
        self.env.update(PYTHONPATH=str(ROOT), MSKLITE_HOME=str(home), MSKLITE_API="0")
        self.env.update(env or {})
        self.folders: list[Path] = []

    def run(self, *args: object, stdin: bytes = b"") -> Done:
        """Call it and wait."""
        done = subprocess.run(
            [SCRIPT, *one_zone(args)],
            input=stdin,
            capture_output=True,
            env=self.env,
            cwd=self.home.parent,
            timeout=TIMEOUT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def ok(self, *args: object, stdin: bytes = b"") -> Done:
        """A call that must succeed."""
        done = self.run(*args, stdin=stdin)
        assert done.code == 0, f"msklite {args}: {done.code} {done.err}"
        return done

    def json(self, *args: object, stdin: bytes = b"") -> Any:
        """A call that must succeed and print one JSON document."""
        return self.ok(*args, "--output", "json", stdin=stdin).json

    def refused(self, *args: object, code: int = 1, stdin: bytes = b"") -> str:
        """A call that must end with one sentence on stderr and nothing on stdout."""
        done = self.run(*args, stdin=stdin)
        assert done.code == code, f"{args}: {done.code} {done.out} {done.err}"
        assert done.out == ""
        lines = done.err.splitlines()
        assert len(lines) == 1, done.err
        assert lines[0].startswith("msklite: "), done.err
        assert lines[0].rstrip().endswith((".", "?")), done.err
        assert "Traceback" not in done.err
        return lines[0].removeprefix("msklite: ")

    def close(self) -> None:
        """Stop what still runs, and say nothing of what doesn't."""
        clusters = self.home / "clusters"
        for folder in [*self.folders, *(clusters.iterdir() if clusters.is_dir() else ())]:
            if (folder / "cluster.json").exists():
                self.run("down", "--dir", folder)
            for pid in processes(folder):  # what `down` couldn't reach: still starting, say
                os.kill(pid, signal.SIGKILL)
                wait_gone(pid)
            tell_logs(folder)
        shutil.rmtree(self.home, ignore_errors=True)
