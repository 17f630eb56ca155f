"""One broker: what its handlers use, its life from registration to controlled shutdown.

Start: open and lock the directory, listen, register with the controller (which gives the broker
epoch), wait until the registration is in the image, open every log that the image places here,
report ready (the controller unfences it), serve clients. Stop: controlled shutdown through the
controller, wait for requests in flight, close logs, write checkpoints and `.kafka_cleanshutdown`.

Everything here runs on the zone's loop; nothing blocks it but short file operations.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from msklite.broker.disk import Disk
from msklite.broker.dispatch import Dispatcher
from msklite.broker.fetcher import Fetchers
from msklite.broker.isr import IsrChanges
from msklite.broker.listeners import Endpoint, Listeners
from msklite.broker.log_config import VALIDATE_RECORDS, VERIFY_TRANSACTIONS, log_config
from msklite.broker.machines import MachineRuntime
from msklite.broker.marking import Markers
from msklite.broker.meters import Requests
from msklite.broker.peers import Peers
from msklite.broker.producer_ids import ProducerIds
from msklite.broker.replicas import Replicas
from msklite.broker.runtime import GroupRuntime
from msklite.broker.throttles import Throttles
from msklite.broker.txn_runtime import TxnRuntime
from msklite.broker.verification import Verifications
from msklite.errors import Code, KafkaError, UserError
from msklite.log import directories
from msklite.log.config import LogConfig
from msklite.metadata import kafka_version
from msklite.metadata.configs import BrokerConfig, TopicConfig, may_change_live
from msklite.metadata.image import Image
from msklite.metadata.kafka_version import KafkaVersion
from msklite.partition.sessions import Sessions
from msklite.wire.apis import APIS
from msklite.wire.messages.broker_heartbeat_request import BrokerHeartbeatRequest
from msklite.wire.messages.broker_registration_request import (
    BrokerRegistrationRequest,
    Feature,
    Listener,
)
from msklite.world import World

_LEAVE_S = 5
"""How long a controlled shutdown may take; after it the broker leaves as if it had crashed."""


class ControllerClient(Protocol):
    """The way to the active controller."""

    async def call(self, request: Any, version: int | None = None) -> Any:
        """Send a Kafka request; its reply comes once committed and applied in this zone."""
        ...


class Broker:
    """A broker node. `image` is replaced as a whole when metadata changes."""

    def __init__(
        self,
        world: World,
        node_id: int,
        cluster_id: str,
        directory: str,
        directory_id: bytes,
        config: BrokerConfig,
        endpoints: tuple[Endpoint, ...],
        rack: str | None,
        controller: ControllerClient,
        image: Image,
        supported_features: dict[str, tuple[int, int]],
        neighbours: Mapping[int, Broker],
        kraft_version: int = 1,
        shown: KafkaVersion | None = None,
    ) -> None:
        """`shown`: the version of Kafka that clients find; the newest if not given."""
        self.world = world
        self.node_id = node_id
        self.cluster_id = cluster_id
        self.directory = directory
        self.directory_id = directory_id
        self.config = config
        self.rack = rack
        self.controller = controller
        self.image = image
        self.supported_features = supported_features
        self.kraft_version = kraft_version
        self.shown = shown or kafka_version.of(kafka_version.NEWEST)
        self.epoch = -1
        self.previous_epoch = -1
        self.incarnation = world.random.bytes(16)
        self.log = logging.getLogger(f"msklite.broker.{node_id}")
        self.peers = Peers(self, neighbours)
        self.fetchers = Fetchers(self)
        self.isr_changes = IsrChanges(self)
        self.disk = Disk(self)
        self.replicas = Replicas(self)
        self.sessions = Sessions(
            world.random,
            config.int("max.incremental.fetch.session.cache.slots"),
        )
        self.producer_ids = ProducerIds(self)
        self.groups = GroupRuntime(self)
        self.txns = TxnRuntime(self)
        self.coordinators: dict[str, MachineRuntime[Any]] = {
            self.groups.topic: self.groups,
            self.txns.topic: self.txns,
        }
        """By the internal topic that they live on."""
        self.markers = Markers(self)
        self.verifications = Verifications(self)
        self.fetch_meters = {"FetchConsumer": Requests(), "FetchFollower": Requests()}
        self.dispatcher = Dispatcher(self, self.shown.apis(APIS))
        self.listeners = Listeners(self, endpoints)
        self._topic_configs: dict[str, TopicConfig] = {}
        self._log_configs: dict[str, LogConfig] = {}
        self.throttles = Throttles(self)
        self.throttles.configs_changed()
        self._keeper: asyncio.Task[None] | None = None
        self._registered = asyncio.Event()
        self._left = False
        self._beat = asyncio.Event()
        """Set when the next heartbeat can't wait for its turn."""
        self.stopping = False

    # -- what handlers ask --------------------------------------------------------------------

    @property
    def endpoint(self) -> Endpoint:
        """The one that nodes use."""
        return self.listeners.endpoints[0]

    def topic_config(self, topic: str) -> TopicConfig:
        """A topic's effective settings: its own over the broker's."""
        found = self._topic_configs.get(topic)
        if found is None:
            found = self.config.for_topic(self.image.configs.get((2, topic), {}))
            self._topic_configs[topic] = found
        return found

    def log_config(self, topic: str) -> LogConfig:
        """The same, as the logs want it; one object for all of a topic's logs."""
        found = self._log_configs.get(topic)
        if found is None:
            found = self._log_configs[topic] = log_config(
                self.topic_config(topic),
                self.config.int("producer.id.expiration.ms"),
                self.config.bool(VALIDATE_RECORDS),
                self.config.bool(VERIFY_TRANSACTIONS),
            )
        return found

    def leader_of(self, topic: str, partition: int) -> tuple[int, int]:
        """(leader, leader epoch) by the image, -1 where unknown."""
        known = self.image.topics.get(topic)
        state = known.partitions.get(partition) if known is not None else None
        return (-1, -1) if state is None else (state.leader, state.leader_epoch)

    def alive(self, node: int) -> bool:
        """Whether the image shows a broker alive; it may be on its way down."""
        known = self.image.brokers.get(node)
        return known is not None and not known.fenced

    def endpoints(
        self, nodes: Iterable[int], listener: str
    ) -> list[tuple[int, str, int, str | None]]:
        """(id, host, port, rack) of brokers, as clients of that listener should dial them."""
        out = []
        for n in sorted(nodes):
            known = self.image.brokers.get(n)
            if known is not None and listener in known.endpoints:
                host, port, _ = known.endpoints[listener]
                out.append((n, host, port, known.rack))
        return out

    # -- life ---------------------------------------------------------------------------------

    def reconfigure(self, static: Mapping[str, str]) -> None:
        """The settings it was started with have changed: as far as Kafka changes them live."""
        live = {n: v for n, v in static.items() if may_change_live(n)}
        fixed = {n: v for n, v in self.config.static.items() if not may_change_live(n)}
        if {**fixed, **live} == self.config.static:
            return
        self.config.set_static({**fixed, **live})
        self._topic_configs.clear()
        self._log_configs.clear()
        self.replicas.configs_changed()

    async def register(self) -> None:
        """Tell the controller who and where we are; gives `epoch`."""
        request = BrokerRegistrationRequest(
            broker_id=self.node_id,
            cluster_id=self.cluster_id,
            incarnation_id=self.incarnation,
            listeners=[
                Listener(
                    name=e.listener,
                    host=e.advertised_host,
                    port=e.port,
                    security_protocol=e.security_protocol,
                )
                for e in self.listeners.endpoints
            ],
            features=[
                Feature(name=n, min_supported_version=lo, max_supported_version=hi)
                for n, (lo, hi) in self.supported_features.items()
            ],
            rack=self.rack,
            log_dirs=[self.directory_id],
            previous_broker_epoch=self.previous_epoch,
        )
        reply = await self.controller.call(request)
        code = Code(reply.error_code)
        if code is Code.KAFKA_STORAGE_ERROR:
            raise KafkaError(code, "the active controller can't write")
        if code:
            raise UserError(f"broker {self.node_id} could not register: {code.text}")
        self.epoch = reply.broker_epoch
        try:
            directories.write_life(self.world.storage, self.directory, self.epoch)
        except OSError as e:
            self.log.warning("broker %d can't note its epoch: %s", self.node_id, e)
        self._notice_registration()
        await self._registered.wait()

    def _notice_registration(self) -> None:
        """Nothing may be decided by an image that doesn't know us yet: it is too old."""
        known = self.image.brokers.get(self.node_id)
        if known is not None and known.epoch == self.epoch:
            self._registered.set()

    async def open(self, *, clean: bool, listen: bool = True) -> None:
        """Open the logs that the image places here; clients may dial, and are served by `ready`."""
        await self.replicas.open(self.image, clean=clean)
        if listen:
            await self.listeners.open()

    async def ready(self) -> None:
        """Report to the controller until it has unfenced this broker, then serve clients.

        As in Kafka, nobody is served earlier: until then Metadata would name all brokers but this.
        """
        while (await self._heartbeat()).is_fenced:  # noqa: ASYNC110 - the controller is asked
            await asyncio.sleep(0.01)
        self.dispatcher.connections.let_in()
        self._keeper = asyncio.ensure_future(self._keep())

    async def _heartbeat(self, shut_down: bool = False) -> Any:
        reply = await self.controller.call(
            BrokerHeartbeatRequest(
                broker_id=self.node_id,
                broker_epoch=self.epoch,
                current_metadata_offset=self.image.offset,
                want_fence=self.disk.wants_fence(),
                want_shut_down=shut_down,
            )
        )
        if reply.error_code:
            raise KafkaError(Code(reply.error_code))
        return reply

    def beat(self) -> None:
        """The next heartbeat can't wait for its turn."""
        self._beat.set()

    async def _keep(self) -> None:
        """Heartbeats, as often as Kafka does them, and the end of idle connections."""
        beat = self.config.int("broker.heartbeat.interval.ms")
        while True:
            try:
                async with asyncio.timeout(beat / 1000):
                    await self._beat.wait()
            except TimeoutError:
                pass
            self._beat.clear()
            try:
                await self._heartbeat()
                self.dispatcher.connections.close_idle(
                    self.world.clock.mono_ms(), self.config.int("connections.max.idle.ms")
                )
                self.replicas.check_lag()
            except (KafkaError, OSError) as e:
                self.log.warning("broker %d: a periodic task failed: %s", self.node_id, e)

    def publish(self, image: Image) -> None:
        """Metadata has changed: adopt it, host and drop partitions accordingly."""
        old, self.image = self.image, image
        if image.brokers is not old.brokers:
            self._notice_registration()
            self.fetchers.wake()
            if any(b.in_controlled_shutdown and not b.fenced for b in image.brokers.values()):
                self.beat()  # who is leaving waits to hear that we know
            me = image.brokers.get(self.node_id)
            if me is not None and me.fenced:
                self.beat()  # we were missed, and are back
        if image.configs is not old.configs:
            self._topic_configs.clear()
            self._log_configs.clear()
            self.config.set_dynamic(image.configs, self.node_id)
            self.throttles.configs_changed()
            self.replicas.configs_changed()
        if image.topics is not old.topics and self.replicas.opened:
            gone = old.topics.keys() - image.topics.keys()
            self.replicas.apply(image)
            if gone:
                for name in gone:
                    self._topic_configs.pop(name, None)
                    self._log_configs.pop(name, None)
                self.groups.topics_deleted(sorted(gone))

    async def clock_moved(self) -> None:
        """The cluster's clock was steered: see at once to what is due by it."""
        for coordinator in self.coordinators.values():
            coordinator.clock_moved()
        await self.replicas.keeper.clock_moved()

    def _stop_coordinators(self) -> None:
        for coordinator in self.coordinators.values():
            coordinator.stop()
        self.markers.stop()
        self.verifications.stop()

    def _stop_replication(self) -> None:
        self.dispatcher.stopped = True
        self.fetchers.stop()
        self.isr_changes.stop()

    async def stop(self, *, controlled: bool = True) -> None:
        """Stop cleanly; nothing that was acknowledged is lost either way."""
        if controlled:
            await self.leave()
        self.stopping = True
        self.listeners.close()
        for conn in self.dispatcher.connections:
            conn.close()
        await asyncio.sleep(0)
        self._stop_replication()
        self._stop_coordinators()
        await self.replicas.close()

    async def leave(self) -> None:
        """Controlled shutdown: go on serving until all leaderships have moved. Harmless twice."""
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None
        if self.epoch >= 0 and not self._left:
            self._left = True
            try:
                async with asyncio.timeout(_LEAVE_S):
                    while not (await self._heartbeat(shut_down=True)).should_shut_down:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
            except (KafkaError, TimeoutError) as e:
                why = e if isinstance(e, KafkaError) else "no controller has let it go in time"
                self.log.warning("broker %d: controlled shutdown failed: %s", self.node_id, why)

    def crash(self) -> None:
        """Drop everything as a killed process would: no farewell, no checkpoints."""
        self.stopping = True
        if self._keeper is not None:
            self._keeper.cancel()
        self.listeners.close()
        for conn in self.dispatcher.connections:
            if conn.transport is not None:
                conn.transport.abort()
        self._stop_replication()
        self._stop_coordinators()
        self.replicas.abandon()
