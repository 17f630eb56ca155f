"""Ends a cluster whose test session is gone: `python -m msklite.testing.guard DIR`.

It waits until its standard input ends, which the session holds open, and ends by itself with a
session that ends well. Then whatever still runs on the cluster's folder is killed, and the folder
removed: nobody needs its data any more.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.admin_client import AdminClient


def main(folder: str) -> None:
    """Wait, and clean up what is left."""
    sys.stdin.buffer.read()
    if not Path(folder).exists():
        return
    try:
        spec = specs.load(folder)
    except UserError:
        spec = None
    if spec is not None:
        zones = [spec.for_zone(zone).directory for zone in spec.zones]
        for directory in (spec.admin_directory, *zones):  # the supervisor first: it would restart
            try:
                os.kill(AdminClient(directory).pid(), signal.SIGKILL)
            except (UserError, ProcessLookupError):
                continue
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
