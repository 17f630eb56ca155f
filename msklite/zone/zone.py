"""One availability zone: a controller that votes and its brokers, in one process on one loop.

Rules:
- The nodes share one metadata log (the controller's) and one image; each broker still registers,
  gets an epoch, heartbeats, and shuts down through the controller, as separate processes would.
- Controller operations run one after the other: decide on the image, append, wait for the commit,
  apply to the image, publish to the brokers, reply. So a client that was told "created" can use it.
- Calls between nodes of one zone go through the same objects without a socket.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from msklite.broker.broker import Broker, Endpoint
from msklite.errors import KafkaError
from msklite.log import directories
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.controller import Controller, ControllerContext
from msklite.metadata.image import Image
from msklite.raft.voters import Endpoint as VoterEndpoint
from msklite.raft.voters import ReplicaKey
from msklite.wire.messages.describe_quorum_request import DescribeQuorumRequest
from msklite.world import World
from msklite.zone import describe_quorum
from msklite.zone.format import DEFAULT_ENDPOINT, NodeDir, open_node_dir
from msklite.zone.quorum import Quorum
from msklite.zone.quorum_checkpoints import CheckpointPolicy
from msklite.zone.quorum_log import LogLimits
from msklite.zone.spec import ZoneSpec

log = logging.getLogger("msklite.zone")


class Zone:
    """Starts, runs and stops the nodes of `spec`."""

    def __init__(self, spec: ZoneSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.brokers: dict[int, Broker] = {}
        self._dirs: dict[int, NodeDir] = {}
        self._lock = asyncio.Lock()
        self._quorum: Quorum | None = None
        self._controller: Controller | None = None
        self._news = asyncio.Event()
        self._ticker: asyncio.Task[None] | None = None
        self._started_ms = world.clock.now_ms()

    # -- what others use ----------------------------------------------------------------------

    @property
    def bootstrap(self) -> str:
        """host:port of every broker, comma-separated."""
        return ",".join(
            f"{b.endpoint.advertised_host}:{b.endpoint.port}" for b in self.brokers.values()
        )

    @property
    def image(self) -> Image:
        """The metadata as committed and applied in this zone."""
        assert self._controller is not None
        return self._controller.image

    def status(self) -> dict[str, Any]:
        """Facts for `msklite status` and the admin endpoint, as plain JSON."""
        image = self.image
        hosted = [p for b in self.brokers.values() for p in b.replicas.all()]
        return {
            "name": self.spec.name,
            "cluster_id": self.spec.cluster_id,
            "bootstrap": self.bootstrap,
            "zone": f"az{self.spec.zone}",
            "started_ms": self._started_ms,
            "controller": {"id": self.spec.controller_id, **self._quorum_status()},
            "brokers": [
                {
                    "id": b.node_id,
                    "host": b.endpoint.advertised_host,
                    "port": b.endpoint.port,
                    "rack": b.rack,
                    "fenced": b.node_id not in image.brokers or image.brokers[b.node_id].fenced,
                    "connections": len(b.dispatcher.connections),
                    "partitions": len(b.replicas.all()),
                    "leaders": sum(p.is_leader for p in b.replicas.all()),
                }
                for b in self.brokers.values()
            ],
            "topics": len(image.topics),
            "partitions": sum(len(t.partitions) for t in image.topics.values()),
            "offline_partitions": sum(
                p.leader < 0 for t in image.topics.values() for p in t.partitions.values()
            )
            + sum(len(b.replicas.damaged) for b in self.brokers.values()),
            "bytes": sum(p.log.size for p in hosted),
        }

    def _quorum_status(self) -> dict[str, Any]:
        assert self._quorum is not None
        s = self._quorum.status()
        return {"leader": s.leader_id, "epoch": s.epoch, "high_watermark": s.high_watermark}

    # -- the controller client ----------------------------------------------------------------

    async def call(self, request: Any, version: int | None = None) -> Any:
        """One controller operation, from decision to published image; see the module's rules."""
        assert self._quorum is not None and self._controller is not None
        if isinstance(request, DescribeQuorumRequest):
            return describe_quorum.answer(self._quorum, request)
        async with self._lock:
            clock = self.world.clock
            ctx = ControllerContext(
                now_ms=clock.now_ms(),
                mono_ms=clock.mono_ms(),
                version=version if version is not None else type(request).VERSIONS[1],
                principal="User:ANONYMOUS",
                next_offset=self._quorum.end_offset,
            )
            result = self._controller.handle(request, ctx)
            if result.records:
                await self._quorum.append(result.records, atomic=result.atomic)
            self._news.set()
            return result.reply

    async def _tick(self) -> None:
        """What the controller does of itself: fence silent brokers, even out leaderships."""
        assert self._quorum is not None and self._controller is not None
        while True:
            due = self._controller.next_tick_ms()
            self._news.clear()
            wait_s = None
            if due is not None:
                wait_s = max(0, due - self.world.clock.mono_ms()) / 1000
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
                continue  # something has changed: the next time may be another
            except TimeoutError:
                pass
            async with self._lock:
                result = self._controller.tick(self.world.clock.mono_ms())
                if result.records and self._quorum.is_leader:
                    try:
                        await self._quorum.append(result.records, atomic=result.atomic)
                    except KafkaError as e:
                        log.warning("the controller could not fence or balance: %s", e)

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start everything; returns when clients can connect. UserError: what stands in the way."""
        try:
            self._open_dirs()
            await self._start_controller()
            for node_id in self.spec.brokers:
                await self._start_broker(node_id)
        except BaseException:
            await self._release(controlled=False)
            raise
        log.info("zone az%d is up: %s", self.spec.zone, self.bootstrap)

    def _open_dirs(self) -> None:
        """All of them, before anything is written: a start that is refused changes nothing."""
        spec, world = self.spec, self.world
        port = spec.ports.get(spec.controller_id, DEFAULT_ENDPOINT.port)
        endpoint = VoterEndpoint(DEFAULT_ENDPOINT.name, spec.client_host, port)
        self._dirs[spec.controller_id] = open_node_dir(
            world, spec.controller_dir(), spec.controller_id, spec.cluster_id,
            controller=True, endpoint=endpoint,
        )  # fmt: skip
        for node_id in spec.brokers:
            self._dirs[node_id] = open_node_dir(
                world, spec.broker_dir(node_id), node_id, spec.cluster_id, controller=False
            )

    async def _start_controller(self) -> None:
        spec = self.spec
        port = spec.ports.get(spec.controller_id, DEFAULT_ENDPOINT.port)
        endpoint = VoterEndpoint(DEFAULT_ENDPOINT.name, spec.client_host, port)
        node = self._dirs[spec.controller_id]
        config = BrokerConfig(spec.config, node_id=spec.controller_id)
        self._controller = Controller(
            cluster_id=spec.cluster_id,
            node_id=spec.controller_id,
            config=config,
            random=self.world.random,
        )
        self._quorum = Quorum(
            self.world,
            spec.controller_dir(),
            ReplicaKey(spec.controller_id, node.directory_id),
            self._controller,
            self._publish,
            endpoint=endpoint,
            limits=LogLimits(
                segment_bytes=config.int("metadata.log.segment.bytes"),
                segment_ms=config.int("metadata.log.segment.ms"),
                retention_bytes=config.int("metadata.max.retention.bytes"),
                retention_ms=config.int("metadata.max.retention.ms"),
            ),
            policy=CheckpointPolicy(
                bytes=config.int("metadata.log.max.record.bytes.between.snapshots"),
                interval_ms=config.int("metadata.log.max.snapshot.interval.ms"),
            ),
        )
        await self._quorum.start()
        self._ticker = asyncio.ensure_future(self._tick())

    def _publish(self) -> None:
        """The image moved on: tell the brokers."""
        for broker in self.brokers.values():
            broker.publish(self.image)

    async def _start_broker(self, node_id: int) -> None:
        spec = self.spec
        node = self._dirs[node_id]
        config = BrokerConfig(spec.config, node_id=node_id)
        config.set_dynamic(self.image.configs, node_id)
        broker = Broker(
            self.world,
            node_id,
            spec.cluster_id,
            node.path,
            node.directory_id,
            config,
            Endpoint("PLAINTEXT", spec.host, spec.ports.get(node_id, 0), spec.client_host),
            f"az{spec.zone}",
            self,
            self.image,
            self._controller.supported_features if self._controller is not None else {},
            self.brokers,
            self._quorum.kraft_version if self._quorum is not None else 0,
        )
        clean_epoch = directories.take_clean_shutdown(self.world.storage, node.path)
        broker.previous_epoch = clean_epoch if clean_epoch is not None else -1
        await broker.listen()
        spec.ports[node_id] = broker.endpoint.port
        self.brokers[node_id] = broker
        assert self._quorum is not None
        self._quorum.observe(node_id, node.directory_id)
        await broker.register()
        await broker.open(clean=clean_epoch is not None, listen=False)
        await broker.ready()

    async def stop(self) -> None:
        """Stop cleanly: brokers leave through the controller, logs are closed, locks released."""
        await self._release(controlled=True)
        log.info("zone az%d is stopped", self.spec.zone)

    async def _release(self, *, controlled: bool) -> None:
        for broker in list(self.brokers.values()):
            try:
                await broker.stop(controlled=controlled)
            except (KafkaError, OSError) as e:
                log.error("broker %d did not stop cleanly: %s", broker.node_id, e)
        if self._ticker is not None:
            self._ticker.cancel()
        if self._quorum is not None:
            await self._quorum.close()
        for node in self._dirs.values():
            node.release()
        self._dirs.clear()

    def crash(self) -> None:
        """Stop at once, as a killed process: nothing more is written, locks are freed."""
        for broker in self.brokers.values():
            broker.crash()
        if self._ticker is not None:
            self._ticker.cancel()
        if self._quorum is not None:
            self._quorum.abandon()
        for node in self._dirs.values():
            node.release()
        self._dirs.clear()
