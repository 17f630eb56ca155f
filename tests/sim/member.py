"""A member of a classic group: joins, shares out partitions, processes, commits, leaves.

A commit whose fate is unknown ends the membership: the late request could otherwise be carried out
after a newer commit of the same generation, which is no fault of the broker.
"""

from __future__ import annotations

from typing import Any

from msklite.errors import Code
from msklite.wire.messages.consumer_protocol_assignment import (
    ConsumerProtocolAssignment,
    TopicPartition,
)
from msklite.wire.messages.consumer_protocol_subscription import ConsumerProtocolSubscription
from msklite.wire.messages.find_coordinator_request import FindCoordinatorRequest
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from msklite.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from msklite.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from msklite.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from msklite.wire.messages.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment
from tests.sim.client import Client, Unavailable
from tests.sim.model import Key
from tests.sim.reader import Fetcher

SESSION_MS = 6000
_VERSION = b"\0\0"


class Rejoin(Exception):
    """The generation is over."""


class Member:
    """One member at a time; when its membership ends it joins again as another."""

    def __init__(self, client: Client, group: str, keys: list[Key]) -> None:
        self.client = client
        self.group = group
        self.keys = keys
        self.stopping = self.finished = False
        self._fetcher = Fetcher(client)
        self._coordinator: tuple[str, int] | None = None
        self._member = ""
        self._generation = -1
        self._rounds = client.random.randint(3, 30)

    async def run(self) -> None:
        """The member's life."""
        client = self.client
        while not self.stopping:
            try:
                mine = await self._join()
                client.sim.trace.add(client.process, "generation %d: %s", self._generation, mine)
                await self._work(mine)
                await self._leave()
            except Rejoin as e:
                client.sim.trace.add(client.process, "joins again: %s", e)
            except Unavailable as e:
                client.sim.trace.add(client.process, "member waits: %s", e)
                self._coordinator = None
                await client.nap()
        self.finished = True

    # -- asking the coordinator ---------------------------------------------------------------

    async def _ask(self, request: Any, lowest: int = 0, highest: int = 99) -> Any:
        client = self.client
        if self._coordinator is None:
            self._coordinator = await self._find()
        version = client.version(type(request), lowest, highest)
        return await client.ask(self._coordinator, request, version)

    async def _find(self) -> tuple[str, int]:
        client = self.client
        version = client.version(FindCoordinatorRequest)
        request = FindCoordinatorRequest(key=self.group, key_type=0, coordinator_keys=[self.group])
        reply = await client.ask(client.any_address(), request, version)
        found = reply.coordinators[0] if version >= 4 else reply
        if found.error_code:
            raise Unavailable(f"find coordinator: {Code(found.error_code).name}")
        return found.host, found.port

    def _check(self, what: str, code: int) -> None:
        """What an error of the coordinator means for us."""
        if code == Code.NONE:
            return
        name = Code(code).name
        # An empty group without offsets goes when the coordinator next looks, as in Kafka.
        gone = Code.GROUP_ID_NOT_FOUND
        if code in (Code.UNKNOWN_MEMBER_ID, Code.ILLEGAL_GENERATION, Code.FENCED_INSTANCE_ID, gone):
            self._member = ""
            raise Rejoin(f"{what}: {name}")
        if code == Code.REBALANCE_IN_PROGRESS:
            raise Rejoin(f"{what}: {name}")
        self._coordinator = None
        if not Code(code).retriable:
            self.client.sim.checks.blame(f"{self.group}: {what} was refused with {name}")
        raise Unavailable(f"{what}: {name}")

    # -- a generation -------------------------------------------------------------------------

    async def _join(self) -> list[Key]:
        topics = sorted({topic for topic, _ in self.keys})
        metadata = _VERSION + ConsumerProtocolSubscription(topics=topics).encode(0)
        patient = self.client.timeout
        while True:
            request = JoinGroupRequest(
                group_id=self.group, session_timeout_ms=SESSION_MS, rebalance_timeout_ms=4000,
                member_id=self._member, protocol_type="consumer",
                protocols=[JoinGroupRequestProtocol(name="range", metadata=metadata)],
            )  # fmt: skip
            self.client.timeout = 10.0  # a rebalance takes as long as its slowest member
            try:
                joined = await self._ask(request)
            finally:
                self.client.timeout = patient
            if joined.error_code != Code.MEMBER_ID_REQUIRED:
                break
            self._member = joined.member_id
        self._check("join", joined.error_code)
        self._member, self._generation = joined.member_id, joined.generation_id
        shares = self._shares([m.member_id for m in joined.members])
        sync = SyncGroupRequest(
            group_id=self.group, generation_id=self._generation, member_id=self._member,
            protocol_type="consumer", protocol_name="range", assignments=shares,
        )  # fmt: skip
        synced = await self._ask(sync)
        self._check("sync", synced.error_code)
        found, _ = ConsumerProtocolAssignment.read(synced.assignment, 2, 0)
        return [(tp.topic, i) for tp in found.assigned_partitions for i in tp.partitions]

    def _shares(self, members: list[str]) -> list[SyncGroupRequestAssignment]:
        """As leader: every partition to one member."""
        shares = []
        for slot, member in enumerate(members):
            mine = [
                TopicPartition(topic=topic, partitions=[index])
                for topic, index in self.keys[slot :: len(members)]
            ]
            raw = _VERSION + ConsumerProtocolAssignment(assigned_partitions=mine).encode(0)
            shares.append(SyncGroupRequestAssignment(member_id=member, assignment=raw))
        return shares

    async def _work(self, mine: list[Key]) -> None:
        """Process and commit for some rounds, or until the generation ends."""
        client, model = self.client, self.client.sim.model
        positions = {key: await self._committed(key) for key in mine}
        fresh = dict.fromkeys(mine, True)
        for _ in range(self._rounds):
            if self.stopping:
                return
            for key, position in positions.items():
                losses = model.partition(key).losses
                code, records = await self._fetcher.fetch(key, position)
                if code is Code.OFFSET_OUT_OF_RANGE and len(client.sim.machines) > 1:
                    client.forget_leader(*key)  # a leader that was cut off has a shorter log
                    raise Unavailable(f"{key}: offset {position} is out of range")
                if code is Code.OFFSET_OUT_OF_RANGE:
                    if not model.partition(key).losses:
                        client.sim.checks.blame(f"{self.group}: {key} has no offset {position}")
                    await self._reset(key)
                    positions[key] = 0
                    continue
                if model.partition(key).losses != losses:
                    continue
                for record in records:
                    model.read(key, record.offset, record.value or b"")
                    model.processed(self.group, key, record.offset, fresh[key])
                    fresh[key] = False
                    positions[key] = record.offset + 1
                if records and client.random.random() < 0.7:
                    await self._commit(key, positions[key])
            beat = HeartbeatRequest(
                group_id=self.group, generation_id=self._generation, member_id=self._member
            )
            self._check("heartbeat", (await self._ask(beat)).error_code)
            await client.nap(0, 0.3)

    async def _reset(self, key: Key) -> None:
        """A power loss took what this group had processed: begin again."""
        group = self.client.sim.model.group(self.group, key)
        group.acked = -1
        group.losses += 1

    async def _committed(self, key: Key) -> int:
        client = self.client
        topic, index = key
        model = client.sim.model.group(self.group, key)
        acked, losses = model.acked, model.losses
        request = OffsetFetchRequest(
            group_id=self.group,
            topics=[OffsetFetchRequestTopic(name=topic, partition_indexes=[index])],
            groups=[
                OffsetFetchRequestGroup(
                    group_id=self.group,
                    topics=[OffsetFetchRequestTopics(name=topic, partition_indexes=[index])],
                )
            ],
        )
        reply = await self._ask(request, 1, 9)
        version = client.version(OffsetFetchRequest)
        whole = reply.groups[0] if version >= 8 else reply
        self._check("offset fetch", whole.error_code)
        row = whole.topics[0].partitions[0]
        self._check("offset fetch", row.error_code)
        client.sim.model.fetched(self.group, key, row.committed_offset, acked, losses)
        return max(int(row.committed_offset), 0)

    async def _commit(self, key: Key, offset: int) -> None:
        client = self.client
        losses = client.sim.model.group(self.group, key).losses
        request = OffsetCommitRequest(
            group_id=self.group, generation_id_or_member_epoch=self._generation,
            member_id=self._member,
            topics=[
                OffsetCommitRequestTopic(
                    name=key[0], topic_id=client.topic_ids.get(key[0], bytes(16)),
                    partitions=[
                        OffsetCommitRequestPartition(
                            partition_index=key[1], committed_offset=offset
                        )
                    ],
                )
            ],
        )  # fmt: skip
        try:
            reply = await self._ask(request)
        except Unavailable:
            self._member = ""  # its fate is unknown: see the module
            raise
        self._check("commit", reply.topics[0].partitions[0].error_code)
        if client.sim.model.group(self.group, key).losses == losses:
            client.sim.trace.add(client.process, "%s-%d committed at %d", *key, offset)
            client.sim.model.committed(self.group, key, offset)

    async def _leave(self) -> None:
        if self.client.random.random() < 0.5:
            return  # without a word: its session will expire
        request = LeaveGroupRequest(
            group_id=self.group, member_id=self._member,
            members=[MemberIdentity(member_id=self._member)],
        )  # fmt: skip
        self._member = ""
        await self._ask(request)
