"""What `msklite status` shows of a cluster with a supervisor, from what its processes said last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msklite.zone.spec import ZoneSpec, controller_of
from msklite.zone.supervision import ZoneState

_FACTS = ("rack", "kafka_version", "fenced", "connections", "partitions", "leaders", "lagging",
          "epoch", "generation")  # fmt: skip


class Process(Protocol):
    """One process of the cluster, as whoever watches it has it."""

    @property
    def spec(self) -> ZoneSpec:
        """What it is to run."""

    @property
    def state(self) -> ZoneState:
        """Whether it runs, is wanted, is frozen."""

    @property
    def pid(self) -> int | None:
        """Its number."""

    @property
    def last_status(self) -> dict[str, Any]:
        """What it said last."""

    def alive(self) -> bool:
        """Whether the process is there."""


def summary(spec: ZoneSpec, children: Sequence[Process]) -> dict[str, Any]:
    """Counts, zones, controllers (where they are processes) and brokers."""
    told = [c.last_status for c in children if c.state.running and c.last_status]
    newest = max(told, key=lambda s: s.get("controller", {}).get("epoch", -1), default={})
    active = newest.get("controller", {}).get("leader")
    found: dict[str, Any] = {
        "rss_bytes": sum(s.get("rss_bytes") or 0 for s in told),
        "generation": min((s.get("generation", 0) for s in told), default=0),
        "registered": newest.get("registered", []),
        "controller": newest.get("controller", {}),
        **{key: newest.get(key) for key in ("topics", "partitions", "offline_partitions")},
        "zones": [
            _zone(zone, [c for c in children if c.spec.zone == zone], active) for zone in spec.zones
        ],
    }
    nodes = [c for c in children if c.spec.node is not None]
    if nodes:
        found["controllers"] = [_node(c) for c in nodes if c.spec.has_controller]
    brokers = [b for c in children for b in _brokers(c)]
    found["brokers"] = sorted(brokers, key=lambda b: int(b["id"]))
    return found


def state_of(child: Process) -> str:
    """A process in one word."""
    if child.state.running:
        return "FROZEN" if child.state.frozen else "RUNNING"
    return "RESTARTING" if child.state.wanted else "AWAY"


def _zone(zone: int, children: Sequence[Process], active: int | None) -> dict[str, Any]:
    """A zone in one row. Its state is that of its processes; DEGRADED: they differ."""
    states = {state_of(c) for c in children}
    running = [c for c in children if c.state.running]
    row: dict[str, Any] = {
        "zone": f"az{zone}",
        "state": states.pop() if len(states) == 1 else "DEGRADED",
    }
    if children[0].spec.node is None:
        row["pid"] = running[0].pid if running else None
    memory = [c.last_status.get("rss_bytes") for c in running]
    return row | {
        "brokers": [b for c in children for b in c.spec.brokers],
        "controller": controller_of(zone),
        "active": controller_of(zone) == active,
        "cut": sorted({name for c in running for name in c.last_status.get("cut", [])}),
        "rss_bytes": sum(m or 0 for m in memory) if any(memory) else None,
    }


def _node(child: Process) -> dict[str, Any]:
    """A node that is a process."""
    running = child.state.running
    return {
        "id": child.spec.node,
        "state": state_of(child),
        "pid": child.pid if running else None,
        "zone": f"az{child.spec.zone}",
        "port": child.spec.ports[child.spec.node or 0],
        "rss_bytes": child.last_status.get("rss_bytes") if running else None,
    }


def _brokers(child: Process) -> list[dict[str, Any]]:
    """The brokers of a process, also those that don't run."""
    spec, alone = child.spec, child.spec.node is not None
    told = {b["id"]: b for b in child.last_status.get("brokers", [])}
    found = []
    for node in spec.brokers:
        away = not child.state.running or not child.alive() or node not in told
        row: dict[str, Any] = {"id": node}
        row["state"] = state_of(child) if alone else "AWAY" if away else "RUNNING"
        if alone:
            row["pid"] = child.pid if child.state.running else None
        row |= {"host": spec.client_host, "port": spec.client_ports[node]}
        if spec.serves_tls:
            row["tls_port"] = spec.tls_ports[node]
        row |= {key: None if away else told[node].get(key) for key in _FACTS}
        row |= spec.exporter_facts(node)
        if node in spec.volumes:
            row["volume_bytes"] = spec.volumes[node]
            row["volume_used"] = None if away else told[node].get("volume_used")
        row["rack"] = f"az{spec.zone}"
        if alone:
            row["rss_bytes"] = None if away else child.last_status.get("rss_bytes")
        found.append(row)
    return found
