"""One availability zone: a controller that votes and its brokers, in one process on one loop.

Rules:
- The nodes share one metadata log (the controller's) and one image; each broker still registers,
  gets an epoch, heartbeats, and shuts down through the controller, as separate processes would.
- Where each node has a process of its own, this is what runs in it: a controller without brokers,
  or one broker, which follows the metadata log as an observer.
- What is asked of the controller goes to the active one, in this zone or another; its reply comes
  when this zone's image has it. So a client that was told "created" can use it.
- Calls between nodes of one zone go through the same dispatch without a socket.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msklite.broker.broker import Broker
from msklite.clock import ClockState
from msklite.errors import Code, KafkaError, UserError
from msklite.log import directories
from msklite.log.storage import DiskStorage
from msklite.log.volume import Volume, VolumeStorage
from msklite.metadata import kafka_version
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.image import Image
from msklite.raft.voters import ReplicaKey
from msklite.world import World
from msklite.zone import retiring, steering
from msklite.zone.broker_facts import broker_facts
from msklite.zone.controller_client import ControllerClient
from msklite.zone.controller_node import ControllerNode
from msklite.zone.controller_registration import ControllerRegistration
from msklite.zone.format import NodeDir, open_node_dir
from msklite.zone.healing import Healing, set_copy_aside
from msklite.zone.listening import broker_endpoints, controller_endpoint
from msklite.zone.observer import Observer
from msklite.zone.quorum_store import DamagedMetadata
from msklite.zone.spec import ZoneSpec

if TYPE_CHECKING:
    from msklite.zone.exporter import Exporter

log = logging.getLogger("msklite.zone")
_AGAIN_S = 0.1


class Zone:
    """Starts, runs and stops the nodes of `spec`."""

    def __init__(self, spec: ZoneSpec, world: World, certificates: str | None = None) -> None:
        """`certificates`: their folder, where it isn't the cluster's own."""
        self.spec = spec
        self.certificates = certificates
        self.world = world
        world.links.own = f"az{spec.zone}"
        world.book = spec.book
        self.brokers: dict[int, Broker] = {}
        self._volumes: dict[int, Volume] = {}
        self._exporter: Exporter | None = None
        self._dirs: dict[int, NodeDir] = {}
        self.controller: ControllerNode | None = None
        self._observer: Observer | None = None
        self._client: ControllerClient | None = None
        self.failed = asyncio.Event()
        """Set when there is a `failure`."""
        self._registration: ControllerRegistration | None = None
        self._healing = Healing(world, spec)
        self._started_ms = world.clock.wall_ms()
        self._generations: dict[int, int] = {}
        """Of the spec that each broker was started with."""

    # -- what others use ----------------------------------------------------------------------

    @property
    def bootstrap(self) -> str:
        """host:port of every broker, comma-separated."""
        host, at = self.spec.client_host, self.spec.client_ports
        return ",".join(f"{host}:{at[b]}" for b in self.brokers)

    @property
    def image(self) -> Image:
        """The metadata as committed and applied in this zone."""
        return self._metadata.controller.image

    @property
    def _metadata(self) -> ControllerNode | Observer:
        """Where this process has its metadata from."""
        found = self.controller or self._observer
        assert found is not None
        return found

    @property
    def failure(self) -> str | None:
        """Why this zone, one of several, had better start anew."""
        found = self.controller or self._observer
        failed = found.quorum.failure if found is not None and self.spec.zones else None
        return None if failed is None else str(failed)

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
            "clock": self.clock_status(),
            "cut": sorted(self.world.links.out | self.world.links.into),
            "controller": self._quorum_status(),
            "generation": self.spec.generation,
            "registered": sorted(image.brokers),
            "brokers": [
                broker_facts(b, image, self.spec, self._volumes, self._generations)
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

    def clock_status(self) -> dict[str, Any]:
        """What time it is in this zone, and how it was steered."""
        clock = self.world.clock
        return clock.state.show(clock.wall_ms())

    def _quorum_status(self) -> dict[str, Any]:
        s = self._metadata.quorum.status()
        return {
            "id": self.spec.controller_id if self.spec.has_controller else None,
            "leader": s.leader_id,
            "epoch": s.epoch,
            "high_watermark": s.high_watermark,
            "unclean_elections": self._metadata.unclean_elections,
        }

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start everything; returns when clients can connect. UserError: what stands in the way."""
        self.world.clock.adopt(steering.load(self.world.storage, self.spec))
        try:
            self._open_dirs()
            if self.spec.has_controller:
                await self._start_controller()
            else:
                await self._start_observer()
            for node_id in self.spec.brokers:
                await self._start_broker(node_id)
            await self.set_exporters(self.spec.exporters)
        except BaseException:
            await self._release(controlled=False)
            raise
        log.info("%s is up%s", self.name, f": {self.bootstrap}" if self.brokers else "")

    @property
    def name(self) -> str:
        """What people call what runs here."""
        return f"zone az{self.spec.zone}" if self.spec.node is None else self.spec.label

    def _open_dirs(self) -> None:
        """All of them, before anything is written: a start that is refused changes nothing."""
        spec, world = self.spec, self.world
        if spec.has_controller:
            self._open_controller_dir(self._healing.resume())
        for node_id in spec.brokers:
            self._dirs[node_id] = open_node_dir(
                world, spec.broker_dir(node_id), node_id, spec.cluster_id, controller=False
            )

    def _open_controller_dir(self, directory_id: bytes | None) -> None:
        spec = self.spec
        self._dirs[spec.controller_id] = open_node_dir(
            self.world, spec.controller_dir(), spec.controller_id, spec.cluster_id,
            controller=True, endpoint=controller_endpoint(spec), voters=spec.voter_set(),
            directory_id=directory_id,
        )  # fmt: skip

    async def _start_controller(self) -> None:
        """The controller; one with damaged metadata as another replica of its id."""
        node_id = self.spec.controller_id
        controller = self._new_controller()
        try:
            self._healing.check()
            await controller.start()
        except DamagedMetadata as damage:
            await controller.stop()
            self._open_controller_dir(await self._healing.begin(damage, self._dirs[node_id]))
            controller = self._new_controller()
            await controller.start()
        assert self._registration is not None and self._client is not None
        self._registration.start()
        self._healing.watch(controller, self._client)

    def _new_controller(self) -> ControllerNode:
        spec = self.spec
        node = self._dirs[spec.controller_id]
        controller = self.controller = ControllerNode(
            self.world,
            spec.controller_dir(),
            spec.cluster_id,
            ReplicaKey(spec.controller_id, node.directory_id),
            controller_endpoint(spec),
            spec.listen_host,
            BrokerConfig(spec.node_config, node_id=spec.controller_id),
            self._publish,
            spec.controllers_at,
        )
        if self.spec.zones:
            controller.quorum.on_failure = self.failed.set
        self._client = ControllerClient(self.world, controller)
        self._registration = ControllerRegistration(controller, self._client)
        return controller

    async def _start_observer(self) -> None:
        """The only broker of this process has the metadata log for itself."""
        (node_id,) = self.spec.brokers
        try:
            await self._new_observer(node_id).start()
        except DamagedMetadata as damage:
            await self._metadata.stop()
            set_copy_aside(self.world, self._dirs[node_id], damage)
            await self._new_observer(node_id).start()

    def _new_observer(self, node_id: int) -> Observer:
        spec, node = self.spec, self._dirs[node_id]
        voters = spec.voter_set()
        assert voters is not None
        observer = self._observer = Observer(
            self.world, node.path, spec.cluster_id, ReplicaKey(node_id, node.directory_id), voters,
            BrokerConfig(spec.node_config, node_id=node_id), self._publish, spec.controllers_at,
        )  # fmt: skip
        observer.quorum.on_failure = self.failed.set
        self._client = ControllerClient(self.world, observer)
        return observer

    def _publish(self) -> None:
        """The image moved on: tell the brokers."""
        for broker in self.brokers.values():
            broker.publish(self.image)
        if self._registration is not None:
            self._registration.published()

    async def _start_broker(self, node_id: int) -> None:
        spec = self.spec
        metadata = self._metadata
        assert self._client is not None
        node = self._dirs[node_id]
        shown = kafka_version.of(spec.kafka_version)
        config = BrokerConfig(spec.node_config, node_id=node_id, defaults=shown.defaults)
        config.set_dynamic(self.image.configs, node_id)
        broker = Broker(
            self._world_of(node_id),
            node_id,
            spec.cluster_id,
            node.path,
            node.directory_id,
            config,
            broker_endpoints(spec, node_id, self.world, self.certificates),
            f"az{spec.zone}",
            self._client,
            self.image,
            metadata.controller.supported_features,
            self.brokers,
            metadata.quorum.kraft_version,
            shown,
        )
        clean_epoch = directories.take_clean_shutdown(self.world.storage, node.path)
        broker.previous_epoch = (
            directories.epoch_before_crash(self.world.storage, node.path)
            if clean_epoch is None
            else clean_epoch
        )
        try:
            await broker.listeners.open()
        except UserError:  # what is refused now must leave the directory as it was
            if clean_epoch is not None:
                directories.write_clean_shutdown(self.world.storage, node.path, clean_epoch)
            raise
        spec.ports[node_id] = broker.endpoint.port
        if spec.serves_tls:
            spec.tls_ports[node_id] = broker.listeners.endpoints[1].port
        self.brokers[node_id] = broker
        self._generations[node_id] = spec.generation
        if self.controller is not None:
            self.controller.quorum.observe(node_id, node.directory_id)
        await self._repeat(broker.register, f"registering broker {node_id}")
        await broker.open(clean=clean_epoch is not None, listen=False)
        await self._repeat(broker.ready, f"starting broker {node_id}")

    def _world_of(self, node_id: int) -> World:
        """The zone's, where the broker's volume has no limit."""
        limit, world = self.spec.volumes.get(node_id), self.world
        if limit is None:
            return world
        if not isinstance(world.storage, DiskStorage):
            raise UserError("A broker's volume has a limit on the disk only, not in memory.")
        volume = self._volumes[node_id] = Volume(self.spec.broker_dir(node_id), limit)
        own = World(world.clock, world.network, VolumeStorage(world.storage, volume), world.random)
        own.links, own.book, own.lookout = world.links, world.book, world.lookout
        return own

    async def _repeat(self, step: Callable[[], Awaitable[None]], what: str) -> None:
        """As soon as there is an active controller that can write, however long others take."""
        while True:
            try:
                await step()
                return
            except KafkaError as e:
                if not e.code.retriable or (
                    e.code is Code.KAFKA_STORAGE_ERROR and not self.spec.zones
                ):
                    raise UserError(f"{what} failed: {e}") from e
                log.warning("%s has to wait: %s", what, e)
                await asyncio.sleep(_AGAIN_S)

    # -- the clock ------------------------------------------------------------------------------

    async def steer(self, state: ClockState) -> None:
        """Follow the cluster's clock; returns when everybody here has looked what is due by it.

        Whoever tells has kept the state already (`steering`): a zone that starts reads it.
        """
        if self.world.clock.adopt(state):
            log.info("the clock: %s", self.clock_status())
            await asyncio.gather(*(b.clock_moved() for b in self.brokers.values()))

    # -- faults on purpose ----------------------------------------------------------------------

    def cut(self, zones: Iterable[str], *, out: bool = True, into: bool = True) -> None:
        """Speak no longer to these zones (`out`), and hear nothing of them (`into`)."""
        links = self.world.links
        if out:
            links.out.update(zones)
        if into:
            links.into.update(zones)
        log.warning("cut off: to %s, from %s", sorted(links.out), sorted(links.into))

    def heal(self) -> None:
        """All zones can be spoken to again; connections that were cut begin anew."""
        links = self.world.links
        cut = links.out | links.into
        links.heal()
        nodes = [b.dispatcher for b in self.brokers.values()]
        if self.controller is not None:
            nodes.append(self.controller.dispatcher)
        for dispatcher in nodes:
            dispatcher.heal()
        log.warning("healed: was cut off from %s", sorted(cut))

    # -- metrics ------------------------------------------------------------------------------

    async def set_exporters(self, ports: Mapping[str, Mapping[int, int]]) -> None:
        """Serve these metrics endpoints from now on, by kind and broker."""
        self.spec.exporters = {kind: dict(by) for kind, by in ports.items()}
        if self._exporter is None and ports:
            # Imported where it is needed, as few clusters are watched.
            from msklite.zone.exporter import Exporter

            self._exporter = Exporter(self)
        if self._exporter is not None:
            await self._exporter.serve(ports)

    # -- volumes --------------------------------------------------------------------------------

    def set_volumes(self, sizes: Mapping[int, int]) -> None:
        """The limits from now on; what waits for room finds it with its next try."""
        for node_id, size in sizes.items():
            self.spec.volumes[node_id] = size
            volume = self._volumes.get(node_id)
            if volume is not None and volume.limit != size:
                log.info("broker %d's volume grows: %d to %d bytes", node_id, volume.limit, size)
                volume.limit = size

    # -- single brokers -------------------------------------------------------------------------

    async def stop_broker(self, node_id: int) -> None:
        """One broker leaves; the zone goes on."""
        self._check_broker(node_id)
        broker = self.brokers.pop(node_id, None)
        if broker is None:
            raise UserError(f"Broker {node_id} does not run.")
        try:
            await broker.stop()
        finally:
            self._dirs.pop(node_id).release()

    async def start_broker(self, node_id: int) -> None:
        """A broker of this zone that was stopped comes back."""
        self._check_broker(node_id)
        if node_id in self.brokers:
            raise UserError(f"Broker {node_id} runs already.")
        self._dirs[node_id] = open_node_dir(
            self.world, self.spec.broker_dir(node_id), node_id, self.spec.cluster_id,
            controller=False,
        )  # fmt: skip
        try:
            await self._start_broker(node_id)
        except BaseException:
            await self._give_up(node_id)
            raise

    async def _give_up(self, node_id: int) -> None:
        """A broker could not be started: nothing of it stays, so that it can be tried again."""
        broker = self.brokers.pop(node_id, None)
        try:
            if broker is not None:
                await broker.stop(controlled=False)
        except (KafkaError, OSError) as e:
            log.error("broker %d did not stop cleanly: %s", node_id, e)
        finally:
            self._dirs.pop(node_id).release()

    async def reload(self, spec: ZoneSpec) -> None:
        """The cluster's file has changed. Brokers take what Kafka changes live, and the rest when
        they start again; a new broker waits to be started."""
        for broker in self.brokers.values():
            broker.reconfigure(spec.node_config)
        self._metadata.controller.config.set_static(spec.node_config)
        self.spec = spec
        self.world.book.update(spec.book)
        self.set_volumes({b: size for b, size in spec.volumes.items() if b in self._volumes})
        await self.set_exporters(spec.exporters)

    async def retire_broker(self, node_id: int) -> None:
        """A broker leaves for good: stopped, forgotten by the controller, its directory removed
        (by the supervisor, where it holds the metadata log that this process still follows).

        It can be asked for again after an end in between."""
        self._check_broker(node_id)
        retiring.check_empty(self.image, node_id)
        if node_id in self.brokers:
            await self.stop_broker(node_id)
        assert self._client is not None
        await retiring.unregister(self._client, node_id)
        if self.spec.node is None:
            self.world.storage.remove_tree(self.spec.broker_dir(node_id))

    def _check_broker(self, node_id: object) -> None:
        if node_id not in self.spec.brokers:
            known = ", ".join(map(str, self.spec.brokers))
            raise UserError(f"There is no broker {node_id!r}: this zone has {known}.")

    async def leave(self) -> None:
        """The brokers hand over what they lead; the zone goes on serving until `stop`."""
        for broker in self.brokers.values():
            await broker.leave()

    async def stop(self) -> None:
        """Stop cleanly: brokers leave through the controller, logs are closed, locks released."""
        await self._release(controlled=True)
        log.info("%s is stopped", self.name)

    async def _release(self, *, controlled: bool) -> None:
        if self._registration is not None:
            self._registration.stop()
        for broker in list(self.brokers.values()):
            try:
                await broker.stop(controlled=controlled)
            except (KafkaError, OSError) as e:
                log.error("broker %d did not stop cleanly: %s", broker.node_id, e)
        for metadata in (self.controller, self._observer):
            if metadata is not None:
                await metadata.stop()
        self._let_go()

    def crash(self) -> None:
        """Stop at once, as a killed process: nothing more is written, locks are freed."""
        for broker in self.brokers.values():
            broker.crash()
        if self._registration is not None:
            self._registration.stop()
        for metadata in (self.controller, self._observer):
            if metadata is not None:
                metadata.crash()
        self._let_go()

    def _let_go(self) -> None:
        """Hang up on the controller, end the worker, free the locks."""
        if self._exporter is not None:
            self._exporter.close()
        self._healing.stop()
        self.world.end_worker()
        if self._client is not None:
            self._client.close()
        for node in self._dirs.values():
            node.release()
        self._dirs.clear()
