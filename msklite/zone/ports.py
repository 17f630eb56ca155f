"""Which ports a cluster's nodes listen on: chosen once, kept, and checked before a start.

Rules kept here: a port once chosen stays over restarts, only a controller's, which nobody but other
nodes dials, gives way when somebody else has it; free ones are held open together while they
are chosen, so they differ; a port that can't be had is a `UserError` that names it and, where the
system tells, its owner. This module is an edge: it runs before there is a World, so it touches
sockets and /proc itself.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path

from msklite.errors import UserError
from msklite.zone.spec import ZoneSpec

LAST_PORT = 65535
FREE_PORTS = range(20_000, 32_768)
"""Where free ports are looked for: below those that systems lend to outgoing connections (from
32768 on Linux, 49152 on macOS). From among these, a client that keeps dialling a stopped broker
would one day be given the broker's own port, and the broker couldn't start."""
MAX_TRIES = 500


def number(spec: ZoneSpec, first: int) -> None:
    """The brokers take `first`, `first` + 1, ... from now on, by which clients come.

    Where both plain text and TLS are served, TLS has the ports behind those of plain text.
    """
    brokers = spec.all_brokers
    doors = [(spec.client_ports, b) for b in brokers]
    if spec.serves_plaintext and spec.serves_tls:
        doors += [(spec.tls_ports, b) for b in brokers]
    last = first + len(doors) - 1
    if first < 1 or last > LAST_PORT:
        raise UserError(
            f"--port {first} would give the last of {len(brokers)} brokers port {last};"
            f" ports are 1 to {LAST_PORT}.",
            2,
        )
    taken = range(first, last + 1)
    for table in (spec.ports, spec.tls_ports, *spec.exporters.values()):
        for node, port in list(table.items()):
            if port in taken:
                del table[node]  # what isn't for clients takes another one
    for port, (table, node) in zip(taken, doors, strict=True):
        table[node] = port


def choose(spec: ZoneSpec, others: Iterable[int] = ()) -> None:
    """Give every node that has no port yet a free one; all are held at once, so they differ.

    None of `others` is taken: they belong to clusters that may not run just now."""
    missing = [(spec.ports, n) for n in spec.nodes if n not in spec.ports]
    if spec.serves_tls:
        missing += [(spec.tls_ports, b) for b in spec.all_brokers if b not in spec.tls_ports]
    for table in spec.exporters.values():
        missing += [(table, b) for b in spec.all_brokers if b not in table]
    taken = {*spec.ports.values(), *spec.tls_ports.values(), *others}
    taken.update(p for table in spec.exporters.values() for p in table.values())
    with contextlib.ExitStack() as held:
        for table, node in missing:
            zone = spec.zone_of_node(node)
            at, elsewhere = spec.address(zone).listen, zone in spec.addresses
            table[node] = _free_port(at, taken, held, elsewhere=elsewhere)
            taken.add(table[node])


def make_way(spec: ZoneSpec) -> None:
    """Forget the ports of controllers that somebody else listens on; `choose` finds others.

    Only while all of the cluster's nodes are down: it is they whom it would find.
    """
    for node in set(spec.nodes) - set(spec.all_brokers):
        zone = spec.zone_of_node(node)
        if node in spec.ports and zone not in spec.addresses:
            host = spec.address(zone).listen
            with _socket(host) as sock:
                try:
                    _bind(sock, host, spec.ports[node])
                except OSError as error:
                    if error.errno == errno.EADDRINUSE:
                        del spec.ports[node]


def _free_port(
    host: str, taken: set[int], held: contextlib.ExitStack, *, elsewhere: bool = False
) -> int:
    """`elsewhere`: the address may be another machine's, where nobody can look from here."""
    for _ in range(MAX_TRIES):
        port = FREE_PORTS[secrets.randbelow(len(FREE_PORTS))]
        if port in taken:
            continue
        sock = held.enter_context(_socket(host))
        try:
            _bind(sock, host, port)
        except OSError as error:
            if elsewhere and (
                isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            ):
                return port
            if error.errno != errno.EADDRINUSE:
                raise UserError(_refusal(host, port, error)) from None
            continue
        return port
    raise UserError(f"{host} has no free port: choose ports with --port.")


def check(spec: ZoneSpec) -> None:
    """`UserError` when a broker's port belongs to somebody else, naming the port and its owner."""
    wanted = [spec.ports[b] for b in spec.brokers]
    if spec.serves_tls:
        wanted += [spec.tls_ports[b] for b in spec.brokers]
    wanted += [table[b] for table in spec.exporters.values() for b in spec.brokers]
    for port in wanted:
        with _socket(spec.listen_host) as sock:
            try:
                _bind(sock, spec.listen_host, port)
            except PermissionError:
                raise UserError(
                    f"Port {port} needs more rights than yours; choose one from 1024 with --port."
                ) from None
            except OSError as error:
                raise UserError(_refusal(spec.listen_host, port, error)) from None


def _refusal(host: str, port: int, error: OSError) -> str:
    """One sentence for a port that can't be had."""
    if isinstance(error, socket.gaierror):
        return f"{host} can't be resolved: give --host a name or an address of this machine."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} isn't an address of this machine."
    if error.errno != errno.EADDRINUSE:
        return f"Port {port} on {host} can't be had: {error.strerror or error}."
    owner = owner_of(port)
    who = f"by {owner}" if owner else f"(`lsof -nP -iTCP:{port}` tells by whom)"
    return f"Port {port} on {host} is in use {who}: stop that, or choose other ports with --port."


def _socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)


def _bind(sock: socket.socket, host: str, port: int) -> None:
    # As servers do it: without this a port in TIME_WAIT after our own stop would look taken.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(1)


def owner_of(port: int) -> str | None:
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
