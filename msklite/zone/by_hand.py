"""A cluster whose zones are started one by one, each at an address of its own, as in containers.

Whoever comes first makes the cluster's file, under a lock; the others find it. So all zones must
see the same folder. There is no supervisor: whoever runs the containers starts and stops them.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.address import Address
from msklite.zone.place import BY_HAND
from msklite.zone.plan import Wanted, plan
from msklite.zone.spec import ZoneSpec

EVERYWHERE = "0.0.0.0"


def prepare(
    folder: Path,
    name: str,
    hosts: list[str],
    port: int,
    outside: str | None,
    raw_id: bytes,
) -> None:
    """Make the cluster if there is none yet, with a zone for each host."""
    if len(hosts) < 2 or not all(hosts):
        raise UserError("--hosts takes the hosts of two or three zones, with commas between.", 2)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / BY_HAND).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not specs.exists(folder):
            wanted = Wanted(azs=len(hosts), port=port, host=EVERYWHERE)
            spec = plan(folder, name, wanted, raw_id)
            _place(spec, hosts, outside)
            specs.save(spec, folder)
    made = specs.load(folder)
    found = [made.address(zone).told for zone in made.zones]
    if found != hosts:
        raise UserError(
            f"Cluster {name} has its zones at {','.join(found)}, not {','.join(hosts)}."
        )


def _place(spec: ZoneSpec, hosts: list[str], outside: str | None) -> None:
    spec.addresses = {zone: Address(EVERYWHERE, host) for zone, host in enumerate(hosts, 1)}
    if outside is None:
        return
    host, colon, first = outside.rpartition(":")
    if not (host and colon and first.isdecimal()):
        raise UserError(f"--outside takes HOST:PORT, not {outside!r}.", 2)
    spec.outside = host
    spec.outside_ports = {b: int(first) + i for i, b in enumerate(spec.all_brokers)}
