"""The open connections of a broker, and who may have one (Kafka's ConnectionQuotas).

Rules:
- Nobody is served before `let_in`: the port is taken early, but until the logs are open and the
  broker is unfenced a client would be told that nobody leads its partitions, and that this broker
  doesn't exist. It waits, as in Kafka.
- Above max.connections a new connection is open but isn't read until another one goes: Kafka
  leaves it in the backlog, which its client sees as the same long wait.
- Above max.connections.per.ip (or the address's override) a new connection is closed at once.
- A new connection is closed too when it takes one of the last descriptors that the process may
  open: files need them, and a metadata log that can't be synced would end the zone.
- What was silent for connections.max.idle.ms is closed, also when its client doesn't read the
  replies. A request that is worked on, such as a waiting fetch, isn't silence.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msklite.broker.connection import Connection
    from msklite.broker.dispatch import Node


class Connections:
    """See above."""

    def __init__(self, broker: Node) -> None:
        self._broker = broker
        self._open: dict[Connection, None] = {}  # in the order of their coming
        self._held: deque[Connection] = deque()
        self._by_host: Counter[str] = Counter()
        self._refused = 0
        self._serving = False

    def let_in(self) -> None:
        """The broker is ready: serve those that have come meanwhile."""
        self._serving = True
        self._admit()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._open))

    def add(self, conn: Connection, descriptor: int) -> None:
        """A client has connected: let it in, let it wait, or close."""
        config = self._broker.config
        self._open[conn] = None
        self._by_host[conn.peer] += 1
        spare = self._broker.world.network.socket_limit
        if spare and descriptor >= spare:
            self._refuse(conn, "the process has hardly any file descriptors left (see `ulimit -n`)")
        elif self._by_host[conn.peer] > self._host_limit(conn.peer):
            self._refuse(conn, "this address has as many as max.connections.per.ip allows")
        elif not self._serving or len(self._open) - len(self._held) > config.int("max.connections"):
            self._held.append(conn)
            conn.wait()

    def _host_limit(self, host: str) -> int:
        config = self._broker.config
        for entry in str(config.get("max.connections.per.ip.overrides") or "").split(","):
            name, _, limit = entry.strip().rpartition(":")
            if name == host and limit.isdigit():
                return int(limit)
        return config.int("max.connections.per.ip")

    def _refuse(self, conn: Connection, why: str) -> None:
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # a flood must not fill the log: 1, 2, 4, ...
            self._broker.log.warning(
                "closed a new connection from %s: %s; %d were closed so far",
                conn.peer, why, self._refused,
            )  # fmt: skip
        conn.abort()

    def remove(self, conn: Connection) -> None:
        """A connection is gone; one that waited gets its place."""
        if conn not in self._open:
            return
        del self._open[conn]
        self._by_host[conn.peer] -= 1
        if not self._by_host[conn.peer]:
            del self._by_host[conn.peer]
        if conn in self._held:
            self._held.remove(conn)
        self._admit()

    def _admit(self) -> None:
        limit = self._broker.config.int("max.connections")
        while self._serving and self._held and len(self._open) - len(self._held) < limit:
            self._held.popleft().resume()

    def close_idle(self, now: int, limit: int) -> None:
        """Close those that were silent for `limit` ms."""
        for conn in self:
            if conn.task is None and now - conn.last_mono_ms > limit:
                conn.abort()
