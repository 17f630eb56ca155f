"""The Prometheus endpoints of a zone's brokers: `GET /metrics`, on two ports for each broker.

`jmx` has Kafka's figures (Amazon MSK's port 11001), `node` the machine's (11002). They only tell,
and to anybody who may dial the address that the brokers listen on. A broker that doesn't run
answers 503. One request a connection; a head is bounded, and so is the time to send it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from msklite.broker import exposition, lag
from msklite.broker.broker import Broker
from msklite.broker.exposition import ControllerFacts
from msklite.broker.meters import TICK_MS, Flows
from msklite.errors import UserError
from msklite.zone import node_metrics

if TYPE_CHECKING:
    from msklite.zone.zone import Zone

_HEAD = 16 * 1024
_READ_S = 10
_TYPE = "text/plain; version=0.0.4; charset=utf-8"

log = logging.getLogger("msklite.zone")
Ports = Mapping[str, Mapping[int, int]]
"""By kind and broker."""


class Exporter:
    """The endpoints of one zone."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._open: dict[tuple[str, int], asyncio.Server] = {}
        self._flows: dict[int, tuple[Broker, Flows]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def serve(self, ports: Ports) -> None:
        """Have exactly these open, of the brokers that are the zone's."""
        mine = self._zone.spec.brokers
        wanted = {(k, b): p for k, by in ports.items() for b, p in by.items() if b in mine}
        for key in [k for k in self._open if k not in wanted]:
            self._open.pop(key).close()
        for (kind, node_id), port in wanted.items():
            if (kind, node_id) not in self._open:
                await self._listen(kind, node_id, port)
        if self._open and self._timer is None:
            self._tick()
        elif not self._open:
            self.close()

    async def _listen(self, kind: str, node_id: int, port: int) -> None:
        host = self._zone.spec.listen_host

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _answer(reader, writer, lambda: self._page(kind, node_id))

        try:
            server = await asyncio.start_server(answer, host, port, limit=_HEAD)
        except OSError as error:
            raise UserError(
                f"The metrics of broker {node_id} can't be served on {host}:{port}"
                f" ({error.strerror}): stop what uses that port."
            ) from None
        self._open[kind, node_id] = server
        log.info("broker %d: %s metrics on http://%s:%d/metrics", node_id, kind, host, port)

    def close(self) -> None:
        """Close all."""
        for server in self._open.values():
            server.close()
        self._open.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        for broker in list(self._zone.brokers.values()):
            self._sampled(broker).tick()
            broker.verifications.failures.tick()
        self._timer = asyncio.get_running_loop().call_later(TICK_MS / 1000, self._tick)

    def _sampled(self, broker: Broker) -> Flows:
        """The broker's flows up to now; one that was started again counts anew."""
        now = broker.world.clock.mono_ms()
        known, flows = self._flows.get(broker.node_id, (None, None))
        if flows is None or known is not broker:
            flows = Flows(now)
            self._flows[broker.node_id] = broker, flows
        flows.sample(broker.replicas.all(), now)
        return flows

    async def _page(self, kind: str, node_id: int) -> str | None:
        broker = self._zone.brokers.get(node_id)
        if broker is None:
            return None
        if kind == "node":
            return node_metrics.page(broker)
        facts = None
        controller = self._zone.controller
        if node_id == min(self._zone.brokers) and controller is not None:
            active = controller.quorum.status().leader_id == controller.node_id
            facts = ControllerFacts(active, controller.unclean_elections)
        return exposition.page(broker, self._sampled(broker), facts, await lag.lags(broker))


async def _answer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    page: Callable[[], Awaitable[str | None]],
) -> None:
    try:
        async with asyncio.timeout(_READ_S):
            head = await reader.readuntil(b"\r\n\r\n")
        method, target, *_ = [*head.split(b"\r\n", 1)[0].split(b" "), b"", b""]
        status, body = "200 OK", ""
        if method not in (b"GET", b"HEAD"):
            status = "405 Method Not Allowed"
        elif target.partition(b"?")[0] != b"/metrics":
            status = "404 Not Found"
        else:
            found = await page()
            if found is None:
                status = "503 Service Unavailable"
            body = found or ""
        data = body.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {_TYPE}\r\nContent-Length: {len(data)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + (b"" if method == b"HEAD" else data)
        )
        await writer.drain()
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass
    finally:
        writer.close()
