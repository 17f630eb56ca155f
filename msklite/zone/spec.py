"""What one zone is to be: the contents of a cluster's `cluster.json`, and where things lie on disk.

    DIR/cluster.json            this file: name, cluster id, brokers, ports, settings
    DIR/az1/controller-10001/   one folder per node, in Apache Kafka's own layout
    DIR/az1/broker-1/
    DIR/az1/logs/zone.log       what happened, for people
    DIR/az1/admin.json          how to reach the running process (see `zone/admin`)

Rules kept here: the file is replaced as a whole, so that a crash leaves the old or the new one;
a port once chosen is kept over restarts; whatever a person could have caused is a `UserError` of
one sentence that names the thing and the remedy. This module is an edge: it runs before there is
a World, so it touches files and sockets itself.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msklite.errors import UserError

FILE_NAME = "cluster.json"
FORMAT = 1
MAX_BROKERS = 5
FIRST_CONTROLLER_ID = 10001
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
    controller_id: int = FIRST_CONTROLLER_ID
    zone: int = 1
    log_level: str = "INFO"
    advertise: str = ""
    """The host that clients are told, where it isn't the one to listen on."""

    @property
    def client_host(self) -> str:
        """The host that clients dial."""
        if self.advertise:
            return self.advertise
        return "localhost" if self.host in ("0.0.0.0", "::") else self.host

    @property
    def bootstrap(self) -> str:
        """The address list for clients."""
        found = (self.ports[b] for b in self.brokers if b in self.ports)
        return ",".join(f"{self.client_host}:{port}" for port in found)

    @property
    def log_file(self) -> Path:
        return Path(self.directory) / "logs" / "zone.log"

    def broker_dir(self, node_id: int) -> str:
        """The log directory of one broker."""
        return f"{self.directory}/broker-{node_id}"

    def controller_dir(self) -> str:
        """The log directory of the zone's controller."""
        return f"{self.directory}/controller-{self.controller_id}"


def new_cluster_id(raw: bytes) -> str:
    """Sixteen random bytes as Kafka writes a Uuid; never starting with a dash (Kafka avoids it)."""
    text = base64.urlsafe_b64encode(raw[:16]).decode().rstrip("=")
    return "A" + text[1:] if text.startswith("-") else text


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
    return ZoneSpec(
        name=str(data["name"]),
        directory=zone_directory(cluster_dir),
        cluster_id=str(data["cluster_id"]),
        brokers=tuple(int(b) for b in data["brokers"]),
        ports={int(node): int(port) for node, port in data["ports"].items()},
        host=str(data["host"]),
        config={str(k): str(v) for k, v in data["config"].items()},
        controller_id=int(data["controller_id"]),
        log_level=str(data.get("log_level", "INFO")),
        advertise=str(data.get("advertise", "")),
    )


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
        "config": dict(sorted(spec.config.items())),
        "log_level": spec.log_level,
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        temporary = directory / f".{FILE_NAME}.{os.getpid()}"
        with temporary.open("w", encoding="utf-8") as out:
            out.write(json.dumps(data, indent=2) + "\n")
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(directory / FILE_NAME)
    except OSError as error:
        raise UserError(f"{directory} can't be written: {error.strerror}.") from None


@dataclass(slots=True)
class Wanted:
    """What a person asked `up` for; None means: as it was, or the default."""

    brokers: int | None = None
    port: int | None = None
    config: dict[str, str] = field(default_factory=dict)
    host: str | None = None
    log_level: str | None = None
    advertise: str | None = None


def plan(cluster_dir: str | Path, name: str, wanted: Wanted, raw_id: bytes) -> ZoneSpec:
    """The spec to start with: the saved one with the wishes applied, or a new one.

    An empty value in `wanted.config` takes that setting back to its default.
    """
    if exists(cluster_dir):
        spec = load(cluster_dir)
    else:
        directory = zone_directory(cluster_dir)
        spec = ZoneSpec(check_name(name), directory, new_cluster_id(raw_id))
    if wanted.brokers is not None:
        spec.brokers = _grown(spec, wanted.brokers, is_new=not exists(cluster_dir))
    if wanted.host is not None:
        spec.host = wanted.host
    if wanted.advertise is not None:
        spec.advertise = wanted.advertise
    if wanted.log_level is not None:
        spec.log_level = wanted.log_level.upper()
    for key, value in wanted.config.items():
        if value == "":
            spec.config.pop(key, None)
        else:
            spec.config[key] = value
    if wanted.port is not None:
        _number_ports(spec, wanted.port)
    choose_ports(spec)
    return spec


def _grown(spec: ZoneSpec, count: int, *, is_new: bool) -> tuple[int, ...]:
    if not 1 <= count <= MAX_BROKERS:
        raise UserError(f"A zone has 1 to {MAX_BROKERS} brokers, not {count}.", 2)
    if not is_new and count < len(spec.brokers):
        raise UserError(
            f"Cluster {spec.name} has {len(spec.brokers)} brokers, and partitions may live on each"
            f" of them: brokers can be added, and not yet removed."
        )
    return tuple(range(1, count + 1))


def _number_ports(spec: ZoneSpec, first: int) -> None:
    if not 1 <= first <= 65535 - len(spec.brokers) + 1:
        raise UserError(f"--port {first} is out of range: ports are 1 to 65535.", 2)
    for index, node in enumerate(spec.brokers):
        spec.ports[node] = first + index
    if spec.ports.get(spec.controller_id) in {spec.ports[b] for b in spec.brokers}:
        del spec.ports[spec.controller_id]  # the controller's port is nobody's wish: take another


def choose_ports(spec: ZoneSpec) -> None:
    """Give every node that has no port yet a free one; all are held at once, so they differ."""
    missing = [n for n in (*spec.brokers, spec.controller_id) if n not in spec.ports]
    taken = set(spec.ports.values())
    with contextlib.ExitStack() as held:
        for node in missing:
            while True:
                sock = held.enter_context(_socket(spec.host))
                _bind(sock, spec.host, 0)
                port = int(sock.getsockname()[1])
                if port not in taken:
                    break
            spec.ports[node] = port
            taken.add(port)


def check_ports(spec: ZoneSpec) -> None:
    """`UserError` when a broker's port belongs to somebody else, naming the port and its owner."""
    for node in spec.brokers:
        port = spec.ports[node]
        with _socket(spec.host) as sock:
            try:
                _bind(sock, spec.host, port)
            except PermissionError:
                raise UserError(
                    f"Port {port} needs more rights than yours; choose one from 1024 with --port."
                ) from None
            except OSError as error:
                raise UserError(port_message(spec.host, port, error)) from None


def port_message(host: str, port: int, error: OSError) -> str:
    """One sentence for a port that can't be had."""
    owner = port_owner(port)
    who = f"by {owner}" if owner else f"(`lsof -nP -iTCP:{port}` tells by whom)"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} isn't an address of this machine."
    return f"Port {port} on {host} is in use {who}: stop that, or choose other ports with --port."


def _socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)


def _bind(sock: socket.socket, host: str, port: int) -> None:
    # As servers do it: without this a port in TIME_WAIT after our own stop would look taken.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    if port:
        sock.listen(1)


def port_owner(port: int) -> str | None:
    """`process 123 (java)` for a listening port, where /proc tells us; None elsewhere."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            links = {os.readlink(fd) for fd in (entry / "fd").iterdir()}
            if links & inodes:
                return f"process {entry.name} ({(entry / 'comm').read_text().strip()})"
        except OSError:
            continue  # not ours to look into, or just gone
    return None


def _listening_inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rsplit(":", 1)[1], 16) == port:
                found.add(f"socket:[{columns[9]}]")
    return found
