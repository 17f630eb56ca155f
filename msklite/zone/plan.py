"""What a person asks `up` for, worked into the cluster's saved spec.

Rules kept here: nothing is written, and everything is checked before anything is started, so that
a wish that can't be had leaves the cluster as it was; None means "as it was, or the default".
Kafka's brokers take any setting and ignore those that they don't know. Here an unknown name is
refused, because it is nearly always a slip of the pen, and so is one that msklite sets itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msklite.errors import UserError
from msklite.log.directories import LOCK
from msklite.log.storage import DiskStorage
from msklite.metadata import kafka_version
from msklite.metadata.configs import BrokerConfig, keys
from msklite.zone import ports
from msklite.zone.address import Address
from msklite.zone.identity import new_cluster_id
from msklite.zone.spec import (
    MAX_AZS,
    MAX_BROKERS,
    ZoneSpec,
    check_name,
    exists,
    load,
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


DEFAULT_AZS = 3
GIB = 1024**3
EXPORTERS = ("jmx", "node")
"""The kinds of metrics endpoints (`zone/exporter`)."""


@dataclass(slots=True)
class Wanted:
    """The wishes of one `up`."""

    brokers: int | None = None
    """Of the whole cluster."""
    azs: int | None = None
    kafka_defaults: bool = False
    """Kafka's defaults instead of MSK's, for a new cluster."""
    port: int | None = None
    config: dict[str, str] = field(default_factory=dict)
    """An empty value takes that setting back to its default."""
    host: str | None = None
    log_level: str | None = None
    advertise: str | None = None
    metrics: bool | None = None
    """Whether the brokers have metrics endpoints."""
    kafka_version: str | None = None
    """What clients find; it never goes down."""
    volume_bytes: int | None = None
    """Of every broker; volumes only grow."""
    in_transit: str | None = None
    """What clients may speak: one of `spec.IN_TRANSIT`."""
    process_per: str | None = None
    """One of spec.PROCESS_PER."""
    addresses: dict[int, Address] = field(default_factory=dict)
    """Of zones that are elsewhere than `host` says."""


def plan(cluster_dir: str | Path, name: str, wanted: Wanted, raw_id: bytes) -> ZoneSpec:
    """The spec to start with: the saved one with the wishes applied, or a new one."""
    is_new = not exists(cluster_dir)
    if is_new:
        spec = _new(cluster_dir, name, wanted, raw_id)
    else:
        spec = load(cluster_dir)
        _check_shape(spec, wanted)
        if wanted.process_per is not None:
            spec.process_per = wanted.process_per
        if wanted.brokers is not None:
            spec.place(_grown(spec, wanted.brokers))
    if wanted.host is not None:
        spec.host = wanted.host
    if wanted.advertise is not None:
        spec.advertise = wanted.advertise
    if wanted.in_transit is not None:
        spec.in_transit = wanted.in_transit
    if wanted.metrics is not None:
        monitor(spec, EXPORTERS if wanted.metrics else ())
    if wanted.kafka_version is not None:
        upgrade(spec, wanted.kafka_version, new=is_new)
    grow_volumes(spec, wanted.volume_bytes)
    _place(spec, wanted.addresses)
    if wanted.log_level is not None:
        spec.log_level = wanted.log_level.upper()
    spec.config = {k: v for k, v in {**spec.config, **wanted.config}.items() if v != ""}
    check_settings(spec.config)
    _check_stopped(spec)
    if wanted.port is not None:
        ports.number(spec, wanted.port)
    if _all_down(spec):
        ports.make_way(spec)
    ports.choose(spec)
    if not spec.zones:
        ports.check(spec)  # of several zones each checks its own
    return spec


def monitor(spec: ZoneSpec, kinds: Iterable[str]) -> None:
    """Exactly these metrics endpoints; what is served already keeps its ports."""
    spec.exporters = {kind: spec.exporters.get(kind, {}) for kind in kinds}


def upgrade(spec: ZoneSpec, version: str, *, new: bool = False) -> None:
    """Clients find this version of Kafka once the brokers have been started again."""
    wish, now = kafka_version.of(version), kafka_version.of(spec.kafka_version)
    if wish.column < now.column and not new:
        raise UserError(
            f"Cluster {spec.name} is at Kafka {spec.kafka_version}, and versions only go up, not to"
            f" {version}."
        )
    spec.kafka_version = version


def grow_volumes(spec: ZoneSpec, size: int | None, brokers: Iterable[int] = ()) -> None:
    """These brokers' volumes (all, if none is named) have `size` bytes from now on.

    Without a size only new brokers get one, as large as the largest. As on Amazon MSK a volume
    can't shrink, and so one without a limit can't get one.
    """
    if size is None:
        if spec.volumes:
            largest = max(spec.volumes.values())
            spec.volumes = {b: spec.volumes.get(b, largest) for b in spec.all_brokers}
        return
    for broker in brokers or spec.all_brokers:
        if broker not in spec.all_brokers:
            known = ", ".join(map(str, spec.all_brokers))
            raise UserError(f"There is no broker {broker}: this cluster has {known}.")
        have = spec.volumes.get(broker)
        made = Path(spec.directory).parent.glob(f"az*/broker-{broker}/meta.properties")
        if (have is None and any(made)) or (have is not None and size < have):
            is_now = "no limit" if have is None else f"{have / GIB:g} GiB"
            raise UserError(
                f"The volume of broker {broker} has {is_now}, and volumes only grow, not to"
                f" {size / GIB:g} GiB."
            )
        spec.volumes[broker] = size


def _check_stopped(spec: ZoneSpec) -> None:
    """A running process is named as what it is, before its ports are found to be taken.

    Not in a cluster of several zones: its supervisor adopts those that run already.
    """
    if spec.zones:
        return
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


def _all_down(spec: ZoneSpec) -> bool:
    """Whether no controller runs of those that we can look at."""
    zones = [spec.for_zone(z) for z in spec.zones] or [spec]
    locks = [Path(zone.controller_dir()) / LOCK for zone in zones]
    try:
        for lock in locks:
            if lock.parent.exists():
                DiskStorage().lock(str(lock)).release()
    except OSError:
        return False
    return True


def _new(cluster_dir: str | Path, name: str, wanted: Wanted, raw_id: bytes) -> ZoneSpec:
    azs = DEFAULT_AZS if wanted.azs is None else wanted.azs
    if not 1 <= azs <= MAX_AZS:
        raise UserError(f"A cluster has 1 to {MAX_AZS} zones, not {azs}.", 2)
    count = azs if wanted.brokers is None else wanted.brokers
    _check_count(count, azs)
    directory = zone_directory(cluster_dir)
    spec = ZoneSpec(check_name(name), directory, new_cluster_id(raw_id))
    spec.brokers = tuple(range(1, count + 1))
    spec.process_per = wanted.process_per or spec.process_per
    if azs > 1 or spec.process_per == "broker":
        spec.spread(azs, raw_id)
    if not wanted.kafka_defaults:
        spec.defaults = "MSK"
    return spec


def _check_count(count: int, azs: int) -> None:
    if not azs <= count <= MAX_BROKERS * azs:
        many = f"{azs} to {MAX_BROKERS * azs}"
        raise UserError(
            f"A cluster of {azs} zone{'s' * (azs > 1)} has {many} brokers, not {count}.", 2
        )
    if count % azs:
        raise UserError(f"{count} brokers can't be spread evenly over {azs} zones.", 2)


def _check_shape(spec: ZoneSpec, wanted: Wanted) -> None:
    azs = len(spec.zones) or 1
    if wanted.azs not in (None, azs):
        raise UserError(
            f"Cluster {spec.name} has {azs} zone{'s' * (azs > 1)}, which can't be changed: make a"
            f" new one with another --name, or delete this one first."
        )
    if wanted.process_per == "broker" and not spec.zones:
        raise UserError(
            f"Cluster {spec.name} was made with one process for all of its nodes, which can't be"
            f" changed: make a new one with another --name, or delete this one first."
        )
    if wanted.kafka_defaults and spec.defaults != "Kafka":
        raise UserError(
            f"Cluster {spec.name} was made with {spec.defaults}'s defaults, which can't be changed:"
            f" give single settings with --config, or make a new one with another --name."
        )


def _place(spec: ZoneSpec, addresses: Mapping[int, Address]) -> None:
    known = tuple(spec.zones) or (1,)
    for zone in addresses:
        if zone not in known:
            names = ", ".join(f"az{z}" for z in known)
            raise UserError(f"There is no zone az{zone}: this cluster has {names}.", 2)
    spec.addresses = {**spec.addresses, **addresses}


def _grown(spec: ZoneSpec, count: int) -> tuple[int, ...]:
    _check_count(count, len(spec.zones) or 1)
    have = len(spec.all_brokers)
    if count < have:
        raise UserError(
            f"Cluster {spec.name} has {have} brokers, and partitions may live on each"
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
