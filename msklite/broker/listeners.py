"""The doors of a broker: the addresses where it listens, and who may come in by each.

Rules:
- The first endpoint is the one that nodes use between themselves, in plain text; its name is the
  same in every cluster, so that brokers find each other while the others are being changed.
- A client is told the addresses of the listener that it came in by, and of no other.
- Where clients must use TLS the first endpoint is for nodes only: a connection that doesn't begin
  as a node's is closed, with a line in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msklite.broker.channel import CLIENT
from msklite.broker.connection import Connection, TlsConnection
from msklite.errors import UserError
from msklite.wire.frames import read_client_id
from msklite.wire.primitives import MALFORMED
from msklite.world import Listener as OpenListener
from msklite.world import TlsContext

if TYPE_CHECKING:
    from msklite.broker.broker import Broker
    from msklite.broker.dispatch import Dispatcher

PLAINTEXT, SSL = 0, 1
"""Kafka's numbers of the two security protocols."""


@dataclass(slots=True, frozen=True)
class Endpoint:
    """Where a broker listens and what it tells clients to dial."""

    listener: str
    host: str
    port: int
    advertised_host: str
    tls: TlsContext | None = None
    nodes_only: bool = False

    @property
    def security_protocol(self) -> int:
        """As the registration names it."""
        return PLAINTEXT if self.tls is None else SSL


class NodesOnly:
    """Stands before the dispatcher of connections by which no client may come."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._to: Dispatcher = broker.dispatcher
        self.connected = self._to.connected
        self.disconnected = self._to.disconnected
        self.bad_frame = self._to.bad_frame

    def request(self, conn: Connection, view: memoryview) -> None:
        """Hand on what a node asks; hang up on everybody else."""
        try:
            client_id, _ = read_client_id(view, False)
        except MALFORMED:
            client_id = None
        if client_id is not None and client_id.startswith(CLIENT):
            self._to.request(conn, view)
            return
        self._broker.log.warning(
            "closing the connection from %s: this port is for nodes only; clients use TLS on %s",
            conn.peer,
            ", ".join(str(e.port) for e in self._broker.listeners.endpoints if not e.nodes_only),
        )
        conn.close()


class Listeners:
    """`broker.listeners`: opens and closes them."""

    def __init__(self, broker: Broker, endpoints: tuple[Endpoint, ...]) -> None:
        self._broker = broker
        self.endpoints = endpoints
        self._open: list[OpenListener] = []

    async def open(self) -> None:
        """Listen on all of them; a port of 0 becomes the one that the system gave."""
        self.endpoints = tuple([await self._open_one(e) for e in self.endpoints])

    async def _open_one(self, e: Endpoint) -> Endpoint:
        broker = self._broker
        limit = broker.config.int("socket.request.max.bytes")
        kind = Connection if e.tls is None else TlsConnection
        to = NodesOnly(broker) if e.nodes_only else broker.dispatcher
        try:
            opened = await broker.world.network.listen(
                e.host, e.port, lambda: kind(to, e.listener, limit), e.tls
            )
        except OSError as error:
            raise UserError(
                f"broker {broker.node_id} can't listen on {e.host}:{e.port} ({error.strerror}); "
                "stop what uses that port, or choose another with --port"
            ) from error
        self._open.append(opened)
        return replace(e, port=opened.port)

    def close(self) -> None:
        """Nobody comes in any more; those who are in stay."""
        for listener in self._open:
            listener.close()
