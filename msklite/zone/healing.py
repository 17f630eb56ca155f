"""A controller whose metadata log can't be read comes back as another replica of its id (KIP-853).

    az3/controller-10003.damaged-TIME    its folder as it was found; nobody deletes it
    az3/controller-10003.healing         its next directory id, until that one is a voter
    az3/controller-10003/                made anew under that id, and filled by the other voters

Rules:
- What it had acknowledged counts in majorities, and it must not vote without it. So it comes back
  under a new directory id: for the quorum its old self is away for good, and the new one is an
  observer until its log is whole.
- Nothing is moved before another controller says that it leads the quorum: where nobody does, this
  folder may hold what the others lack.
- The mark is on the disk before the folder moves, so that the old id is never formatted again.
- While the mark is there the node, as soon as it follows a leader, asks it to remove the old id and
  then to add the new one, as Kafka does with controller.quorum.auto.join.enable. The mark goes when
  a committed set has it: one that an administrator removes later stays out.
- Two zones can't heal: the old id is needed to elect the leader that would remove it.
"""

from __future__ import annotations

import asyncio
import logging

from msklite.broker.channel import ChannelClosed, dial
from msklite.errors import Code, KafkaError, UserError
from msklite.log.directories import read_meta, uuid_bytes, uuid_text
from msklite.raft import snapshot as snapshots
from msklite.raft.node import Node
from msklite.raft.state import Role
from msklite.wire.apis import CONTROLLER_APIS
from msklite.wire.messages.add_raft_voter_request import AddRaftVoterRequest, Listener
from msklite.wire.messages.describe_quorum_request import (
    DescribeQuorumRequest,
    PartitionData,
    TopicData,
)
from msklite.wire.messages.remove_raft_voter_request import RemoveRaftVoterRequest
from msklite.world import World
from msklite.zone.controller_client import ControllerClient
from msklite.zone.controller_node import ControllerNode
from msklite.zone.format import METADATA_DIR, NodeDir, random_id
from msklite.zone.quorum_log import TOPIC
from msklite.zone.quorum_store import DamagedMetadata
from msklite.zone.spec import ZoneSpec, zone_of

log = logging.getLogger("msklite.zone")

MIN_ZONES = 3
PATIENCE_MS = 30_000
"""How long to wait for a leader, from which the log can be had."""
_AGAIN_S = 0.3
_ANSWER_MS = 2_000
_DESCRIBE = CONTROLLER_APIS[DescribeQuorumRequest.API_KEY]

Wish = RemoveRaftVoterRequest | AddRaftVoterRequest


class Healing:
    """The way back of one zone's controller."""

    def __init__(self, world: World, spec: ZoneSpec) -> None:
        self._world = world
        self._spec = spec
        self._directory = spec.controller_dir()
        self._node_id = spec.controller_id
        self._mark = f"{self._directory}.healing"
        self._task: asyncio.Task[None] | None = None
        self._why = ""

    # -- the folder ---------------------------------------------------------------------------

    def resume(self) -> bytes | None:
        """The id under which it is coming back, if it is; a move cut short is finished."""
        storage = self._world.storage
        if not storage.exists(self._mark):
            return None
        try:
            new_id = uuid_bytes(storage.read(self._mark).decode("ascii").strip())
        except ValueError:
            new_id = self._write_mark()  # whatever it said: yet another id is as good
        if storage.is_dir(self._directory):
            found = read_meta(storage, self._directory)
            if found is not None and found.directory_id != new_id:
                set_aside(self._world, self._directory, self._directory)
        return new_id

    def check(self) -> None:
        """DamagedMetadata when the file that names the first voters is gone.

        Without it a node would take itself for the only voter.
        """
        folder = f"{self._directory}/{METADATA_DIR}"
        if self._spec.zones and not snapshots.find(self._world.storage, folder):
            raise DamagedMetadata(f"the metadata log {folder} has no checkpoint")

    async def begin(self, damage: DamagedMetadata, node: NodeDir) -> bytes:
        """Wait for a leader, move the folder aside; the new id. UserError: why it can't be."""
        if len(self._spec.zones) < MIN_ZONES:
            raise damage
        log.warning("%s; controller %d waits for a leader to have it from", damage, self._node_id)
        await self._until_somebody_leads(damage)
        try:
            new_id = self._write_mark()
            aside = set_aside(self._world, self._directory, self._directory)
        except OSError as e:
            raise UserError(f"{damage}; {self._directory} can't be moved aside: {e}") from None
        node.release()
        log.error(
            "%s; the folder is kept as %s, and controller %d comes back under the directory id %s"
            " with what the other controllers have", damage, aside, self._node_id,
            uuid_text(new_id),
        )  # fmt: skip
        return new_id

    def _write_mark(self) -> bytes:
        new_id = random_id(self._world)
        self._world.storage.write(self._mark, uuid_text(new_id).encode("ascii"), sync=True)
        return new_id

    async def _until_somebody_leads(self, damage: DamagedMetadata) -> None:
        clock = self._world.clock
        deadline = clock.mono_ms() + PATIENCE_MS
        while not await self._somebody_leads():
            if clock.mono_ms() >= deadline:
                raise UserError(
                    f"{damage}; no other controller leads, from which it could be had anew: start"
                    " the other zones, or bring back the file"
                )
            await asyncio.sleep(_AGAIN_S)

    async def _somebody_leads(self) -> bool:
        voters = self._spec.voter_set()
        assert voters is not None
        others = [v for v in voters.voters.values() if v.id != self._node_id]
        request = DescribeQuorumRequest(topics=[TopicData(TOPIC, [PartitionData(0)])])
        for voter in others:
            at = voter.endpoints[0]
            try:
                channel = await dial(self._world, at.host, at.port, zone_of(voter.id), voter.id)
                try:
                    reply = await channel.call(_DESCRIBE, _DESCRIBE.highest, request, _ANSWER_MS)
                finally:
                    channel.close()
            except ChannelClosed:
                continue
            rows = [p for t in reply.topics for p in t.partitions]
            if any(p.error_code == Code.NONE and p.leader_id == voter.id for p in rows):
                return True
        return False

    # -- the vote -----------------------------------------------------------------------------

    def watch(self, controller: ControllerNode, client: ControllerClient) -> None:
        """While the mark is there, see to it that this controller becomes a voter."""
        if self._world.storage.exists(self._mark):
            self._task = asyncio.get_running_loop().create_task(self._join(controller, client))

    def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()

    async def _join(self, controller: ControllerNode, client: ControllerClient) -> None:
        quorum = controller.quorum
        while not quorum.closed:
            if is_committed_voter(quorum.node) and self._remove_mark():
                log.info("controller %d votes again: its metadata log is whole", self._node_id)
                return
            wish = next_wish(quorum.node, self._spec.cluster_id)
            if wish is not None:
                await self._ask(wish, client)
            await asyncio.sleep(_AGAIN_S)

    def _remove_mark(self) -> bool:
        try:
            self._world.storage.remove(self._mark)
            self._world.storage.sync_dir(self._mark.rpartition("/")[0])
        except FileNotFoundError:
            pass
        except OSError as e:
            log.warning("%s can't be removed yet: %s", self._mark, e)
            return False
        return True

    async def _ask(self, wish: Wish, client: ControllerClient) -> None:
        try:
            reply = await client.call(wish)
        except KafkaError as e:
            why = str(e)
        else:
            if not reply.error_code:
                return
            why = reply.error_message or Code(reply.error_code).name
        if why != self._why:
            self._why = why
            log.info("controller %d isn't a voter again yet: %s", self._node_id, why)


def is_committed_voter(node: Node) -> bool:
    """Whether the newest set of voters is committed, as far as this node knows, and has it."""
    known, committed = node.state.history, node.high_watermark
    return committed is not None and known.last_offset < committed and known.last.is_voter(node.key)


def next_wish(node: Node, cluster_id: str) -> Wish | None:
    """What an observer asks its leader for, to become the voter of its id; None: nothing now."""
    known = node.voters.voters.get(node.key.id)
    if node.state.role is not Role.FOLLOWER or node.high_watermark is None:
        return None
    if node.state.history.last_offset >= node.high_watermark or node.voters.is_voter(node.key):
        return None  # a change is on its way
    if known is not None:
        return RemoveRaftVoterRequest(cluster_id, known.id, known.key.directory_id)
    return AddRaftVoterRequest(
        cluster_id=cluster_id,
        timeout_ms=node.times.request_ms,
        voter_id=node.key.id,
        voter_directory_id=node.key.directory_id,
        listeners=[Listener(name=e.name, host=e.host, port=e.port) for e in node.me.endpoints],
    )


def set_aside(world: World, folder: str, name: str) -> str:
    """Rename `folder` to `name` and the time, on the disk when this returns; its new name."""
    storage, now_ms = world.storage, world.clock.wall_ms()
    while storage.exists(f"{name}.damaged-{now_ms}"):
        now_ms += 1
    aside = f"{name}.damaged-{now_ms}"
    storage.rename(folder, aside)
    for parent in dict.fromkeys(path.rpartition("/")[0] for path in (aside, folder)):
        storage.sync_dir(parent)
    return aside


def set_copy_aside(world: World, node: NodeDir, damage: DamagedMetadata) -> None:
    """A broker's own copy of the metadata log can be fetched anew: it has no vote."""
    aside = set_aside(world, f"{node.path}/{METADATA_DIR}", f"{node.path}.metadata")
    log.error("%s; it is kept as %s, and fetched anew from the controllers", damage, aside)
