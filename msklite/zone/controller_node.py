"""A zone's controller: a node of its own, with a voice in the quorum and a listener.

Rules:
- Only the active controller decides: the leader of the quorum, once everything that was committed
  before its term is applied and its first records are in. Others say NOT_CONTROLLER.
- Operations run one after the other: decide on the image, append, wait for the commit, apply to the
  image, publish, reply.
- Each reply's header tells, in a tagged field that others skip, how far the metadata log has got.
  Brokers of other zones wait for that before they answer their client, so that a client that was
  told "created" can use it there at once.

Sources: Kafka's QuorumController and ControllerServer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from struct import Struct
from typing import Any

from msklite.broker.channel import ChannelClosed, dial
from msklite.broker.connection import Connection
from msklite.broker.dispatch import Dispatcher
from msklite.errors import Code, KafkaError, UserError
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.controller import Controller, ControllerContext
from msklite.metadata.results import ControllerResult
from msklite.metadata.unclean import unclean_elections
from msklite.raft.state import Timeouts
from msklite.raft.voters import Endpoint, ReplicaKey
from msklite.wire.apis import CONTROLLER_APIS, Api
from msklite.wire.messages.add_raft_voter_request import AddRaftVoterRequest
from msklite.wire.messages.describe_quorum_request import DescribeQuorumRequest
from msklite.wire.messages.describe_quorum_response import DescribeQuorumResponse
from msklite.wire.messages.remove_raft_voter_request import RemoveRaftVoterRequest
from msklite.world import Listener, World
from msklite.zone import describe_quorum
from msklite.zone.quorum import Quorum
from msklite.zone.quorum_checkpoints import CheckpointPolicy
from msklite.zone.quorum_log import LogLimits
from msklite.zone.raft_net import RaftNet

log = logging.getLogger("msklite.controller")

_AGAIN_S = 0.5
"""Between attempts to write what the disk refuses."""

OFFSET_TAG = 0x2D
"""The tagged field of reply headers that holds the metadata log's end."""
_OFFSET = Struct(">BBBq")
_OWN = frozenset({"Fetch", "Vote", "BeginQuorumEpoch", "EndQuorumEpoch", "DescribeQuorum",
                  "FetchSnapshot", "AddRaftVoter", "RemoveRaftVoter", "UpdateRaftVoter", "Envelope",
                  "ApiVersions", "DescribeCluster"})  # fmt: skip


def _module_of(api: Api) -> str:
    return f"msklite.zone.api.{api.module if api.name in _OWN else 'decided'}"


class ControllerNode:
    """See the module's rules."""

    def __init__(
        self,
        world: World,
        directory: str,
        cluster_id: str,
        key: ReplicaKey,
        endpoint: Endpoint,
        host: str,
        config: BrokerConfig,
        publish: Callable[[], None],
        known: Mapping[int, Endpoint],
    ) -> None:
        self.world = world
        self.cluster_id = cluster_id
        self.node_id = key.id
        self.config = config
        self.endpoint = endpoint
        self.log = log
        self.controller = Controller(
            cluster_id=cluster_id, node_id=key.id, config=config, random=world.random
        )
        self.net = RaftNet(world, cluster_id)
        self.quorum = Quorum(
            world,
            directory,
            key,
            self.controller,
            publish,
            endpoint=endpoint,
            send=self.net.send,
            times=timeouts(config),
            limits=limits(config),
            policy=policy(config),
            known=known,
        )
        self.net.quorum = self.quorum
        self.dispatcher = Dispatcher(self, CONTROLLER_APIS, _module_of, self.reply_tags)
        self.on_leader: Callable[[], object] = lambda: None
        """Called when this node hears of another leader, or of none."""
        self._host = host
        self._listener: Listener | None = None
        self.unclean_elections = 0
        """How many this controller has decided since it started."""
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self._ticker: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether this controller decides."""
        return self.quorum.active

    def reply_tags(self) -> bytes:
        """See the module's rules."""
        return _OFFSET.pack(1, OFFSET_TAG, 8, self.quorum.applied_offset)

    # -- deciding -----------------------------------------------------------------------------

    async def decide(self, request: Any, version: int) -> Any:
        """One operation, from decision to published image. NOT_CONTROLLER: ask another."""
        if isinstance(request, DescribeQuorumRequest):
            return self.describe_quorum(request)
        if isinstance(request, AddRaftVoterRequest | RemoveRaftVoterRequest):
            return await self.net.change(request.API_KEY, request)
        # Whoever asks may go away; the next operation must still wait until this one is applied,
        # or it would decide on an image that its records no longer fit.
        task = asyncio.ensure_future(self._decide(request, version))
        task.add_done_callback(_heard)
        return await asyncio.shield(task)

    def describe_quorum(self, request: DescribeQuorumRequest) -> DescribeQuorumResponse:
        """From the raft node's state; only the leader knows how far others are."""
        return describe_quorum.answer(self.quorum, request, self.controller.following())

    async def _decide(self, request: Any, version: int) -> Any:
        async with self._lock:
            if not self.active:
                raise KafkaError(Code.NOT_CONTROLLER, "this controller isn't the active one")
            clock = self.world.clock
            ctx = ControllerContext(
                now_ms=clock.now_ms(),
                mono_ms=clock.mono_ms(),
                version=version,
                principal="User:ANONYMOUS",
                next_offset=self.quorum.end_offset,
            )
            result = self.controller.handle(request, ctx)
            if result.records:
                await self._append(result)
            self._news.set()
            return result.reply

    async def _append(self, result: ControllerResult) -> None:
        unclean = unclean_elections(self.controller.image, result.records)
        await self.quorum.append(result.records, atomic=result.atomic)
        self.unclean_elections += len(unclean)
        for sentence in unclean:
            log.warning("%s", sentence)

    async def _tick(self) -> None:
        """What the controller does of itself: fence silent brokers, even out leaderships."""
        while True:
            self._news.clear()
            wait_s = None
            if self.active:
                due = self.controller.next_tick_ms()
                wait_s = max(0, due - self.world.clock.mono_ms()) / 1000
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
                continue  # something has changed: the next time may be another
            except TimeoutError:
                pass
            async with self._lock:
                if not self.active:
                    continue
                result = self.controller.tick(self.world.clock.mono_ms())
                if not result.records:
                    continue
                try:
                    await self._append(result)
                    continue
                except KafkaError as e:
                    log.warning("the controller could not fence or balance: %s", e)
            # It is still due: a full disk must not make this spin.
            await asyncio.sleep(_AGAIN_S)

    # -- who is gone --------------------------------------------------------------------------

    def _role_changed(self) -> None:
        self._news.set()
        self.on_leader()
        self._look_around()

    def _look_around(self) -> None:
        """A connection broke, or a term begins: see whose process has ended.

        Not Kafka's: there a dead broker is missed for a whole session time-out.
        """
        if self.active and self._looking is None:
            self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        try:
            for broker in list(self.controller.image.brokers.values()):
                if broker.fenced or not broker.endpoints:
                    continue
                host, port, _ = next(iter(broker.endpoints.values()))
                try:
                    (await dial(self.world, host, port, node=broker.id)).close()
                except ChannelClosed as e:
                    if e.refused:
                        log.info("broker %d is gone: %s", broker.id, e)
                        self.controller.presume_dead(broker.id, self.world.clock.mono_ms())
                        self._news.set()
        finally:
            self._looking = None

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen and take part; the only voter is active when this returns."""
        limit = self.config.int("socket.request.max.bytes")
        at = self.endpoint
        try:
            self._listener = await self.world.network.listen(
                self._host, at.port, lambda: Connection(self.dispatcher, at.name, limit)
            )
        except OSError as e:
            raise UserError(
                f"controller {self.node_id} can't listen on {self._host}:{at.port} ({e.strerror}); "
                "stop what uses that port"
            ) from e
        self.dispatcher.connections.let_in()
        self.quorum.on_role = self._role_changed
        self.dispatcher.on_disconnect = self._look_around
        await self.quorum.start()
        self._ticker = asyncio.ensure_future(self._tick())

    async def stop(self) -> None:
        """Resign, if leading, and close the log."""
        await self.quorum.close()
        await self.net.drain()
        self._end()
        self.net.close()

    def crash(self) -> None:
        """As a killed process."""
        self._end()
        self.net.close()
        self.quorum.abandon()

    def _end(self) -> None:
        self.dispatcher.stopped = True
        for task in (self._ticker, self._looking):
            if task is not None:
                task.cancel()
        if self._listener is not None:
            self._listener.close()
        for conn in self.dispatcher.connections:
            conn.abort()


def _heard(task: asyncio.Task[Any]) -> None:
    """An operation that failed after whoever asked had gone is nobody's error."""
    if not task.cancelled():
        task.exception()


def limits(config: BrokerConfig) -> LogLimits:
    """How the metadata log is cut into segments, and what is kept of it."""
    return LogLimits(
        segment_bytes=config.int("metadata.log.segment.bytes"),
        segment_ms=config.int("metadata.log.segment.ms"),
        retention_bytes=config.int("metadata.max.retention.bytes"),
        retention_ms=config.int("metadata.max.retention.ms"),
    )


def policy(config: BrokerConfig) -> CheckpointPolicy:
    """When a checkpoint of the metadata is written."""
    return CheckpointPolicy(
        bytes=config.int("metadata.log.max.record.bytes.between.snapshots"),
        interval_ms=config.int("metadata.log.max.snapshot.interval.ms"),
    )


def timeouts(config: BrokerConfig) -> Timeouts:
    """The quorum's times."""
    return Timeouts(
        election_ms=config.int("controller.quorum.election.timeout.ms"),
        fetch_ms=config.int("controller.quorum.fetch.timeout.ms"),
        backoff_max_ms=config.int("controller.quorum.election.backoff.max.ms"),
        request_ms=config.int("controller.quorum.request.timeout.ms"),
        retry_backoff_ms=config.int("controller.quorum.retry.backoff.ms"),
    )
