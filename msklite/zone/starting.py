"""Starting a cluster: one at a time, and nothing changed when it fails.

Rules kept here: whoever starts a cluster holds `DIR/.up` while it does, so two calls of `up` can't
mix their wishes; `cluster.json` with new wishes is on trial until the cluster serves, and a start
that fails puts the old file back. A detached zone is a process of its own session: it outlives us,
our terminal and its Ctrl-C.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.place import Place
from msklite.zone.spec import ZoneSpec, child_environment

LOCK_NAME = ".up"
POLL_S = 0.02


class Trial:
    """A saved spec that may still be taken back; `passed` makes it stay."""

    def __init__(self) -> None:
        self.over = False

    def passed(self) -> None:
        self.over = True


@contextlib.contextmanager
def on_trial(place: Place, spec: ZoneSpec, before: bytes | None) -> Iterator[Trial]:
    """Save `spec`, and put `before` back if the body fails before the trial has passed."""
    directory = place.directory
    with _alone(place):
        if specs.content(directory) != before or place.status() is not None:
            raise UserError(f"Cluster {place.name} was started by another `msklite up` just now.")
        specs.save(spec, directory)
        trial = Trial()
        try:
            yield trial
        except BaseException:
            if not trial.over:
                specs.put_back(directory, before)
            raise


@contextlib.contextmanager
def _alone(place: Place) -> Iterator[None]:
    from msklite.log.storage import DiskStorage

    path = place.directory / LOCK_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = DiskStorage().lock(str(path))
    except BlockingIOError:
        raise UserError(
            f"Cluster {place.name} is being started or stopped by another `msklite up`."
        ) from None
    except OSError as error:
        raise UserError(f"{place.directory} can't be written: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()


def make(place: Place, spec: ZoneSpec, before: bytes | None) -> None:
    """Save `spec` and start nothing; what zones on other machines need is all in the folder."""
    with on_trial(place, spec, before) as trial:
        if spec.serves_tls:
            from msklite.zone.certificates import Authority

            Authority(spec.tls_directory, spec.name, time.time_ns() // 1_000_000).make()
        trial.passed()


def detached(place: Place, spec: ZoneSpec, timeout_s: float) -> dict[str, Any]:
    """Start the zone as a process of its own; returns its status when clients can connect."""
    log_dir = spec.main_log.parent
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
        said = spec.main_log.with_suffix(".err").open("w+b")
    except OSError as error:
        raise UserError(f"{log_dir} can't be written: {error.strerror}.") from None
    module = "msklite.zone.supervisor" if spec.zones else "msklite.zone.main"
    with said:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(place.directory)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            env=child_environment(),
            start_new_session=True,
        )
        try:
            status = _wait(place, process, timeout_s)
        except BaseException:
            process.terminate()
            raise
        if status is not None:
            process.returncode = 0  # it outlives us on purpose: no warning about a child
            return status
        if process.poll() is not None:
            said.seek(0)
            raise _failure(place, spec, said.read().decode(errors="replace"))
        process.terminate()
    raise UserError(
        f"Cluster {place.name} wasn't ready within {timeout_s:g} s and was stopped;"
        f" {spec.main_log} tells how far it came, --timeout gives it longer."
    )


def _wait(
    place: Place, process: subprocess.Popen[bytes], timeout_s: float
) -> dict[str, Any] | None:
    """The status once it serves; None when it has ended or the time is over."""
    deadline = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline:
        status = place.status()
        if status is not None and status.get("pid") == process.pid:
            return status
        time.sleep(POLL_S)
    return None


def _failure(place: Place, spec: ZoneSpec, said: str) -> UserError:
    lines = said.strip().splitlines()
    if len(lines) == 1:
        return UserError(lines[0])
    last = f" ({lines[-1]})" if lines else ""
    return UserError(f"Cluster {place.name} failed to start{last}; see {spec.main_log}.")
