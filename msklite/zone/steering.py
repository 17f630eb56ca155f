"""Where a cluster keeps how its clock is steered: `clock.json` beside `cluster.json`.

The file is the truth, and it is written first: then the zones that run are told, and each answers
when it follows; a zone that starts, or comes back, reads the file. So a change that was interrupted
anywhere is made everywhere by the next start, or by whoever watches the zones and finds one that
follows an older version. There is one writer: the supervisor of several zones, the process of a
single one, or the LocalCluster.
"""

from __future__ import annotations

import json
from typing import Any

from msklite.clock import ClockState
from msklite.errors import UserError
from msklite.world import Storage
from msklite.zone.spec import ZoneSpec

FILE_NAME = "clock.json"


def _path(spec: ZoneSpec) -> str:
    return f"{spec.directory.rpartition('/')[0]}/{FILE_NAME}"


def load(storage: Storage, spec: ZoneSpec) -> ClockState:
    """The state as it was last kept; UserError for a file that can't be read."""
    path = _path(spec)
    if not storage.exists(path):
        return ClockState()
    try:
        return ClockState.from_json(json.loads(storage.read(path)))
    except (OSError, ValueError, UserError) as error:
        raise UserError(
            f"{path} can't be read ({error}): restore it, or remove it to go back to wall time."
        ) from error


def save(storage: Storage, spec: ZoneSpec, state: ClockState) -> None:
    """Keep it, whatever happens next."""
    path = _path(spec)
    storage.make_dirs(path.rpartition("/")[0])
    try:
        storage.write(path, json.dumps(state.to_json()).encode() + b"\n")
    except OSError as error:
        raise UserError(f"The clock stays as it is: {path} can't be written ({error}).") from error


def turn(storage: Storage, spec: ZoneSpec, wall_ms: int, wish: Any) -> ClockState:
    """Change the clock as `wish` says and keep that; what the zones are to be told."""
    state = load(storage, spec).changed(wall_ms, wish)
    save(storage, spec, state)
    return state
