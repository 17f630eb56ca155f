"""What a person asks `up` for, worked into the cluster's saved spec.

Rules kept here: nothing is written, and everything is checked before anything is started, so that
a wish that can't be had leaves the cluster as it was; None means "as it was, or the default".
Kafka's brokers take any setting and ignore those that they don't know. Here an unknown name is
refused, because it is nearly always a slip of the pen, and so is one that msklite sets itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msklite.errors import UserError
from msklite.log.directories import LOCK
from msklite.log.storage import DiskStorage
from msklite.metadata.configs import BrokerConfig, keys
from msklite.zone import ports
from msklite.zone.spec import (
    MAX_BROKERS,
    ZoneSpec,
    check_name,
    exists,
    load,
    new_cluster_id,
    zone_directory,
)

OWN_SETTINGS = {
    "node.id": "nodes are numbered from 1",
    "broker.id": "nodes are numbered from 1",
    "broker.rack": "a broker's rack is its zone",
    "process.roles": "each node has its role",
    "log.dir": "use --dir",
    "log.dirs": "use --dir",
    "metadata.log.dir": "use --dir",
    "listeners": "use --host and --port",
    "advertised.listeners": "use --advertise and --port",
    "listener.security.protocol.map": "use --host and --port",
    "inter.broker.listener.name": "use --host and --port",
    "controller.listener.names": "the quorum is set up with the cluster",
    "controller.quorum.voters": "the quorum is set up with the cluster",
    "controller.quorum.bootstrap.servers": "the quorum is set up with the cluster",
}
"""Broker settings that follow from the spec, with what to do instead."""


@dataclass(slots=True)
class Wanted:
    """The wishes of one `up`."""

    brokers: int | None = None
    port: int | None = None
    config: dict[str, str] = field(default_factory=dict)
    """An empty value takes that setting back to its default."""
    host: str | None = None
    log_level: str | None = None
    advertise: str | None = None


def plan(cluster_dir: str | Path, name: str, wanted: Wanted, raw_id: bytes) -> ZoneSpec:
    """The spec to start with: the saved one with the wishes applied, or a new one."""
    is_new = not exists(cluster_dir)
    if is_new:
        directory = zone_directory(cluster_dir)
        spec = ZoneSpec(check_name(name), directory, new_cluster_id(raw_id))
    else:
        spec = load(cluster_dir)
    if wanted.brokers is not None:
        spec.brokers = _grown(spec, wanted.brokers, is_new=is_new)
    if wanted.host is not None:
        spec.host = wanted.host
    if wanted.advertise is not None:
        spec.advertise = wanted.advertise
    if wanted.log_level is not None:
        spec.log_level = wanted.log_level.upper()
    spec.config = {k: v for k, v in {**spec.config, **wanted.config}.items() if v != ""}
    check_settings(spec.config)
    _check_stopped(spec)
    if wanted.port is not None:
        ports.number(spec, wanted.port)
    ports.choose(spec)
    ports.check(spec)
    return spec


def _check_stopped(spec: ZoneSpec) -> None:
    """A running process is named as what it is, before its ports are found to be taken."""
    lock = Path(spec.controller_dir()) / LOCK
    if lock.exists():
        try:
            DiskStorage().lock(str(lock)).release()
        except BlockingIOError:
            raise UserError(
                f"The directory {lock.parent} is in use by a running node; stop that one first."
            ) from None
        except OSError as error:
            raise UserError(f"{lock} can't be opened: {error.strerror}.") from None


def _grown(spec: ZoneSpec, count: int, *, is_new: bool) -> tuple[int, ...]:
    if not 1 <= count <= MAX_BROKERS:
        raise UserError(f"A zone has 1 to {MAX_BROKERS} brokers, not {count}.", 2)
    if not is_new and count < len(spec.brokers):
        raise UserError(
            f"Cluster {spec.name} has {len(spec.brokers)} brokers, and partitions may live on each"
            f" of them: brokers can be added, and not yet removed."
        )
    return tuple(range(1, count + 1))


def check_settings(config: Mapping[str, str]) -> None:
    """`UserError` for a setting that is unknown, isn't the user's, or has a bad value."""
    table = keys("broker")
    for name in config:
        if name in OWN_SETTINGS:
            raise UserError(f"{name} is set by msklite itself: {OWN_SETTINGS[name]}.")
        if name not in table:
            near = difflib.get_close_matches(name, table, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; Kafka's broker settings are known."
            raise UserError(f"There is no broker setting {name}{hint}")
    BrokerConfig(config)
