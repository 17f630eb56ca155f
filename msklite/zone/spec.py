"""What one zone is to be: the contents of a cluster's `cluster.json`, and where things lie on disk.

    DIR/cluster.json            this file: name, cluster id, brokers, ports, settings
    DIR/az1/controller-10001/   one folder per node, in Apache Kafka's own layout
    DIR/az1/broker-1/
    DIR/az1/logs/zone.log       what happened, for people
    DIR/az1/admin.json          how to reach the running process (see `zone/admin`)
    DIR/tls/                    certificates, where TLS is served (see `zone/certificates`)

Where each node has a process of its own, the last two are there for each, by its name:
`logs/broker-1.log`, `broker-1.json`, `logs/controller-10001.log` and so on.

Rules kept here: the file is replaced as a whole, so that a crash leaves the old or the new one;
whatever a person could have caused is a `UserError` of one sentence that names the thing and the
remedy. This module is an edge: it runs before there is a World, so it touches files itself. What a
person wishes to change is worked in by `zone/plan`; ports are chosen by `zone/ports`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from msklite.errors import UserError
from msklite.log.directories import uuid_bytes, uuid_text
from msklite.raft.voters import Endpoint, ReplicaKey, Voter, VoterSet
from msklite.zone.address import Address, addresses_of
from msklite.zone.defaults import ZONES_DEFAULTS, msk_defaults
from msklite.zone.identity import derived_id

FILE_NAME = "cluster.json"
FORMAT = 1
MAX_BROKERS = 5
"""In each zone."""
MAX_AZS = 3
MAX_VOLUME_GB = 16384
"""Amazon MSK's limit for a broker's volume."""
FIRST_CONTROLLER_ID = 10001
LISTENER = "CONTROLLER"
IN_TRANSIT = ("PLAINTEXT", "TLS_PLAINTEXT", "TLS")
"""What clients may speak, in Amazon MSK's words: plain text, both, or TLS alone."""
CA_FILE = "ca.pem"
TRUST_STORE = "truststore.p12"
"""In `tls_directory`: what clients trust, in PEM form and for Java."""
PROCESS_PER = ("zone", "broker")
"""A process for each zone, or one for each broker and each controller."""
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(slots=True)
class ZoneSpec:
    """One zone process: its nodes, where they listen, where they keep their files."""

    name: str
    directory: str
    """The zone's own folder, `DIR/az1`, as an absolute path."""
    cluster_id: str
    brokers: tuple[int, ...] = (1,)
    ports: dict[int, int] = field(default_factory=dict)
    """Port by node id, the controller's too; a node that is missing here gets a free one."""
    host: str = "127.0.0.1"
    config: dict[str, str] = field(default_factory=dict)
    """Broker settings, by Kafka's names, for every broker of the cluster."""
    defaults: str = "Kafka"
    """Whose defaults hold where `config` says nothing: Kafka's, or MSK's."""
    controller_id: int = FIRST_CONTROLLER_ID
    zone: int = 1
    zones: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """The brokers of every zone, by zone; empty in a cluster of one zone."""
    directory_ids: dict[int, bytes] = field(default_factory=dict)
    """By controller, of a cluster of several zones: each must know the others' before it starts."""
    log_level: str = "INFO"
    advertise: str = ""
    """The host that clients are told, where it isn't the one to listen on."""
    outside: str = ""
    """A host by which clients from outside the containers' network come, if there are any."""
    outside_ports: dict[int, int] = field(default_factory=dict)
    """Port by broker at that host."""
    in_transit: str = "PLAINTEXT"
    """One of IN_TRANSIT."""
    tls_ports: dict[int, int] = field(default_factory=dict)
    """Port by broker, where TLS is served."""
    kafka_version: str = "4.2.x"
    """The version of Kafka that clients find (see `metadata/kafka_version`), as MSK writes it."""
    exporters: dict[str, dict[int, int]] = field(default_factory=dict)
    """Ports of the metrics endpoints that are served, by kind (see `zone/exporter`) and broker."""
    volumes: dict[int, int] = field(default_factory=dict)
    """Bytes that a broker's directory may hold, by broker; one that is missing has no limit."""
    addresses: dict[int, Address] = field(default_factory=dict)
    """By zone, of those that are elsewhere than `host` and `advertise` say."""
    process_per: str = "zone"
    """Whether nodes of a zone share a process, or each has its own (see PROCESS_PER)."""
    node: int | None = None
    """The only node of this process; None: all of its zone."""

    generation: int = 0
    """Counts the changes made while the cluster runs; a broker says with which it was started."""

    def address(self, zone: int) -> Address:
        """Where a zone is."""
        return self.addresses.get(zone) or Address(self.host, self.advertise)

    @property
    def listen_host(self) -> str:
        """Where this zone's nodes listen."""
        return self.address(self.zone).listen

    @property
    def client_host(self) -> str:
        """The host at which clients dial this zone."""
        return self.address(self.zone).told

    def client_address(self, node: int, ports: dict[int, int] | None = None) -> str:
        """host:port of a broker of any zone, for clients; `ports` of another listener."""
        return f"{self.host_of(node)}:{(ports or self.client_ports)[node]}"

    def host_of(self, node: int) -> str:
        """The host at which clients dial a node of any zone."""
        return self.address(self.zone_of_node(node)).told

    @property
    def bootstrap(self) -> str:
        """The address list for clients: of plain text where it is served, else of TLS."""
        return self._told(self.client_ports)

    @property
    def bootstrap_tls(self) -> str:
        """The address list for clients that speak TLS; empty where it isn't served."""
        return self._told(self.tls_ports) if self.serves_tls else ""

    def _told(self, ports: dict[int, int]) -> str:
        return ",".join(self.client_address(b, ports) for b in self.all_brokers if b in ports)

    def inner_host(self, node: int) -> str:
        """The host at which other nodes dial this one."""
        found = self.address(self.zone_of_node(node))
        return found.inside or found.told

    @property
    def book(self) -> dict[int, tuple[str, int]]:
        """How the nodes of the cluster reach each other."""
        return {n: (self.inner_host(n), self.ports[n]) for n in self.nodes if n in self.ports}

    def zone_of_node(self, node: int) -> int:
        """The zone that a node belongs to."""
        for zone, brokers in self.zones.items():
            if node in brokers or node == controller_of(zone):
                return zone
        return self.zone

    @property
    def has_controller(self) -> bool:
        """Whether the zone's controller is in this process."""
        return self.node in (None, self.controller_id)

    @property
    def process_name(self) -> str:
        """What the files of this process are called after; empty for a whole zone's."""
        if self.node is None:
            return ""
        return f"{'controller' if self.has_controller else 'broker'}-{self.node}"

    @property
    def label(self) -> str:
        """What people call this process: az1, or broker 1."""
        return self.process_name.replace("-", " ") or f"az{self.zone}"

    @property
    def serves_plaintext(self) -> bool:
        return self.in_transit != "TLS"

    @property
    def serves_tls(self) -> bool:
        return self.in_transit != "PLAINTEXT"

    @property
    def client_ports(self) -> dict[int, int]:
        """Port by node, as `bootstrap` has them."""
        return self.ports if self.serves_plaintext else self.tls_ports

    @property
    def tls_directory(self) -> Path:
        """Where the certificates lie that clients need, and those of the brokers."""
        return Path(self.directory).parent / "tls"

    @property
    def tls_facts(self) -> dict[str, str]:
        """What a cluster's status says of TLS; nothing where it isn't served."""
        if not self.serves_tls:
            return {}
        return {
            "in_transit": self.in_transit,
            "bootstrap_tls": self.bootstrap_tls,
            "certificate_authority": str(self.tls_directory / CA_FILE),
        }

    def exporter_facts(self, broker: int) -> dict[str, int]:
        """The ports of a broker's metrics endpoints, as its status says them."""
        return {f"{kind}_port": by[broker] for kind, by in self.exporters.items() if broker in by}

    @property
    def log_file(self) -> Path:
        return Path(self.directory) / "logs" / f"{self.process_name or 'zone'}.log"

    @property
    def main_log(self) -> Path:
        """Where a person looks first: the supervisor's log, or the only zone's."""
        if self.zones:
            return Path(self.directory).parent / "supervisor.log"
        return self.log_file

    @property
    def admin_name(self) -> str:
        """What the signposts of this process's admin endpoint are called."""
        return self.process_name or "admin"

    @property
    def admin_directory(self) -> str:
        """Where the process that commands speak to leaves its admin.json."""
        return str(Path(self.directory).parent) if self.zones else self.directory

    def voter_set(self) -> VoterSet | None:
        """What a new controller's directory is formatted with; None: itself alone."""
        if not self.directory_ids:
            return None
        at = self.controllers_at
        return VoterSet.of(
            *(Voter(ReplicaKey(n, directory_id), (at[n],))
              for n, directory_id in self.directory_ids.items())
        )  # fmt: skip

    @property
    def controllers_at(self) -> dict[int, Endpoint]:
        """Where the other nodes dial each of the cluster's controllers."""
        return {
            n: Endpoint(LISTENER, self.inner_host(n), self.ports[n]) for n in self.directory_ids
        }

    @property
    def node_config(self) -> dict[str, str]:
        """What every node is started with."""
        return {
            **(ZONES_DEFAULTS if self.zones else {}),
            **(msk_defaults(len(self.zones) or 1) if self.defaults == "MSK" else {}),
            **self.config,
        }

    @property
    def nodes(self) -> tuple[int, ...]:
        """Every node of the cluster, brokers first."""
        if not self.zones:
            return (*self.brokers, self.controller_id)
        brokers = [b for zone in self.zones.values() for b in zone]
        return (*sorted(brokers), *self.directory_ids)

    def for_zone(self, zone: int) -> ZoneSpec:
        """The same cluster, seen from another of its zones; `ports` is shared."""
        return replace(
            self,
            zone=zone,
            directory=str(Path(self.directory).parent / f"az{zone}"),
            brokers=self.zones[zone],
            controller_id=controller_of(zone),
        )

    def for_node(self, zone: int, node: int) -> ZoneSpec:
        """The same cluster, seen from the process of one of its nodes."""
        found = self.for_zone(zone)
        found.node = node
        found.brokers = tuple(b for b in found.brokers if b == node)
        return found

    def process_specs(self) -> list[ZoneSpec]:
        """What each process of the cluster runs, controllers before their zone's brokers."""
        if not self.zones:
            return [self]
        if self.process_per == "zone":
            return [self.for_zone(zone) for zone in self.zones]
        return [
            self.for_node(zone, node)
            for zone, brokers in self.zones.items()
            for node in (controller_of(zone), *brokers)
        ]

    def spread(self, zones: int, seed: bytes) -> None:
        """Make it a cluster of so many zones: its brokers go round them, as MSK's do.

        The directory ids that the controllers will have come from `seed`, sixteen random bytes.
        """
        self.zones = dict.fromkeys(range(1, zones + 1), ())
        self.directory_ids = {
            controller_of(zone): derived_id(seed, controller_of(zone)) for zone in self.zones
        }
        self.place(self.brokers)

    def place(self, brokers: tuple[int, ...]) -> None:
        """The cluster's brokers are these: broker 1 in az1, 2 in az2, and round again."""
        count = len(self.zones)
        if count:
            self.zones = {
                zone: tuple(b for b in brokers if (b - 1) % count == zone - 1)
                for zone in self.zones
            }
            brokers = self.zones[self.zone]
        self.brokers = brokers

    @property
    def all_brokers(self) -> tuple[int, ...]:
        """The brokers of all zones."""
        return tuple(n for n in self.nodes if n < FIRST_CONTROLLER_ID)

    def broker_dir(self, node_id: int) -> str:
        """The log directory of one broker."""
        return f"{self.directory}/broker-{node_id}"

    def controller_dir(self) -> str:
        """The log directory of the zone's controller."""
        return f"{self.directory}/controller-{self.controller_id}"


def child_environment() -> dict[str, str]:
    """Ours, with the place this package was found, because a child runs elsewhere."""
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def controller_of(zone: int) -> int:
    """The id of a zone's controller."""
    return FIRST_CONTROLLER_ID + zone - 1


def zone_of(controller_id: int) -> str:
    """The name of a controller's zone."""
    return f"az{controller_id - FIRST_CONTROLLER_ID + 1}"


def check_name(name: str) -> str:
    """A cluster's name becomes a folder's name, so it must be a plain one."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} can't be a cluster's name: use letters, digits, '.', '_' and '-'.", 2
        )
    return name


def zone_directory(cluster_dir: str | Path, zone: int = 1) -> str:
    """The folder of one zone of the cluster in `cluster_dir`."""
    return str(Path(cluster_dir).absolute() / f"az{zone}")


def exists(cluster_dir: str | Path) -> bool:
    """Whether a cluster was ever made in this directory."""
    return (Path(cluster_dir) / FILE_NAME).exists()


def load(cluster_dir: str | Path) -> ZoneSpec:
    """Read `cluster.json`; `UserError` when it is missing or isn't what we wrote."""
    path = Path(cluster_dir) / FILE_NAME
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"There is no cluster in {cluster_dir}.") from None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}); repair it or move it away.") from None
    try:
        return _from_json(data, cluster_dir)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path} isn't a cluster file of this version ({error!r}).") from None


def _from_json(data: dict[str, Any], cluster_dir: str | Path) -> ZoneSpec:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}")
    brokers = tuple(int(b) for b in data["brokers"])
    ports = {int(node): int(port) for node, port in data["ports"].items()}
    if not brokers or not all(1 <= ports.get(b, 0) <= 65535 for b in brokers):
        raise ValueError(f"ports {ports} of brokers {list(brokers)}")
    return ZoneSpec(
        name=str(data["name"]),
        directory=zone_directory(cluster_dir),
        cluster_id=str(data["cluster_id"]),
        brokers=brokers,
        ports=ports,
        host=str(data["host"]),
        config={str(k): str(v) for k, v in data["config"].items()},
        defaults=str(data.get("defaults", "Kafka")),
        controller_id=int(data["controller_id"]),
        zones={int(z): tuple(map(int, b)) for z, b in data.get("zones", {}).items()},
        directory_ids={
            int(node): uuid_bytes(text) for node, text in data.get("directory_ids", {}).items()
        },
        log_level=str(data.get("log_level", "INFO")),
        advertise=str(data.get("advertise", "")),
        outside=str(data.get("outside", "")),
        outside_ports={int(n): int(p) for n, p in data.get("outside_ports", {}).items()},
        in_transit=_one_of(IN_TRANSIT, data.get("in_transit", "PLAINTEXT")),
        kafka_version=str(data.get("kafka_version", "4.2.x")),
        exporters={
            str(kind): {int(node): int(port) for node, port in by.items()}
            for kind, by in data.get("exporters", {}).items()
        },
        volumes={int(node): int(size) for node, size in data.get("volumes", {}).items()},
        tls_ports={int(node): int(port) for node, port in data.get("tls_ports", {}).items()},
        addresses=addresses_of(data),
        process_per=_one_of(PROCESS_PER, data.get("process_per", "zone")),
        generation=int(data.get("generation", 0)),
    )


def _one_of(known: tuple[str, ...], value: object) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {list(known)}")
    return str(value)


def content(cluster_dir: str | Path) -> bytes | None:
    """`cluster.json` as it lies there, to notice a change and to put it back; None without one."""
    try:
        return (Path(cluster_dir) / FILE_NAME).read_bytes()
    except OSError:
        return None


def put_back(cluster_dir: str | Path, before: bytes | None) -> None:
    """Undo a `save` after a start that failed.

    A new cluster's file goes again, unless a node was formatted with its id: that must stay known.
    """
    path = Path(cluster_dir) / FILE_NAME
    with contextlib.suppress(OSError):  # what made the start fail is the sentence to tell
        if before is not None:
            _replace(path, before)
        elif not any(Path(cluster_dir).glob("az*/*/meta.properties")):
            path.unlink(missing_ok=True)


def save(spec: ZoneSpec, cluster_dir: str | Path) -> None:
    """Write `cluster.json` whole: to a new file, synced, then renamed over the old one."""
    directory = Path(cluster_dir)
    data = {
        "format": FORMAT,
        "name": spec.name,
        "cluster_id": spec.cluster_id,
        "host": spec.host,
        "advertise": spec.advertise,
        "controller_id": spec.controller_id,
        "brokers": list(spec.brokers),
        "ports": {str(node): port for node, port in sorted(spec.ports.items())},
        "defaults": spec.defaults,
        "config": dict(sorted(spec.config.items())),
        "log_level": spec.log_level,
        "kafka_version": spec.kafka_version,
    }
    if spec.serves_tls:
        data["in_transit"] = spec.in_transit
    if spec.outside:
        data["outside"] = spec.outside
        data["outside_ports"] = {str(n): port for n, port in sorted(spec.outside_ports.items())}
    if spec.exporters:
        data["exporters"] = {
            kind: {str(node): port for node, port in sorted(by.items())}
            for kind, by in spec.exporters.items()
        }
    if spec.volumes:
        data["volumes"] = {str(node): size for node, size in sorted(spec.volumes.items())}
    if spec.tls_ports:
        data["tls_ports"] = {str(node): port for node, port in sorted(spec.tls_ports.items())}
    if spec.generation:
        data["generation"] = spec.generation
    if spec.zones:
        data["zones"] = {str(zone): list(brokers) for zone, brokers in spec.zones.items()}
        data["directory_ids"] = {str(n): uuid_text(i) for n, i in spec.directory_ids.items()}
    if spec.process_per != "zone":
        data["process_per"] = spec.process_per
    if spec.addresses:
        data["addresses"] = {str(z): at.plain() for z, at in sorted(spec.addresses.items())}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _replace(directory / FILE_NAME, json.dumps(data, indent=2).encode() + b"\n")
    except OSError as error:
        raise UserError(f"{directory} can't be written: {error.strerror}.") from None


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)
