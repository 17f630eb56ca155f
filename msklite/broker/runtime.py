"""The group coordinator on this broker: which partition a group lives on, and its operations.

`__consumer_offsets` is made on first need with Kafka's settings. A group's partition is the
absolute Java hash of its id modulo their number. The methods answer with the message, or with a
future where that has to wait; KafkaError when this broker doesn't coordinate the group (now).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from msklite.broker.context import Context
from msklite.broker.host import Within
from msklite.broker.machines import MachineRuntime
from msklite.broker.verification import Manner
from msklite.errors import Code, KafkaError
from msklite.groups import failures
from msklite.groups.config import GroupConfig
from msklite.groups.machine import GroupMachine
from msklite.machine import Result, Token
from msklite.txns.machine import Producer
from msklite.wire.messages.delete_groups_response import (
    DeletableGroupResult,
    DeleteGroupsResponse,
)
from msklite.wire.messages.describe_groups_response import DescribedGroup, DescribeGroupsResponse
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.join_group_request import JoinGroupRequest
from msklite.wire.messages.leave_group_request import LeaveGroupRequest
from msklite.wire.messages.list_groups_request import ListGroupsRequest
from msklite.wire.messages.list_groups_response import ListGroupsResponse
from msklite.wire.messages.offset_commit_request import OffsetCommitRequest
from msklite.wire.messages.offset_delete_request import OffsetDeleteRequest
from msklite.wire.messages.offset_fetch_request import OffsetFetchRequestGroup
from msklite.wire.messages.sync_group_request import SyncGroupRequest
from msklite.wire.messages.txn_offset_commit_request import TxnOffsetCommitRequest
from msklite.wire.messages.txn_offset_commit_response import TxnOffsetCommitResponse
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

OFFSETS_TOPIC = "__consumer_offsets"
_EXPIRE_MS = 5
"""How long groups are looked at before others have their turn."""
_OVERHEAD = 32
"""Bytes of a record besides key and value, at most."""
Answer: TypeAlias = Message | Awaitable[Message]
Operation = Callable[[GroupMachine, Token, int, int], Result]


@lru_cache(maxsize=4096)
def java_hash(text: str) -> int:
    """String.hashCode: over UTF-16 units, as a signed 32-bit number."""
    raw = text.encode("utf-16-le", "surrogatepass")
    h = 0
    for i in range(0, len(raw), 2):
        h = (31 * h + (raw[i] | raw[i + 1] << 8)) & 0xFFFFFFFF
    return h - 2**32 if h >= 2**31 else h


def kafka_abs(n: int) -> int:
    """Kafka's Utils.abs: the smallest int has no positive twin and counts as 0."""
    return 0 if n == -(2**31) else abs(n)


class GroupRuntime(MachineRuntime[GroupMachine]):
    """`broker.groups`."""

    topic = OFFSETS_TOPIC

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        c = broker.config
        self._config = GroupConfig(
            min_session_ms=c.int("group.min.session.timeout.ms"),
            max_session_ms=c.int("group.max.session.timeout.ms"),
            initial_delay_ms=c.int("group.initial.rebalance.delay.ms"),
            max_size=c.int("group.max.size"),
            max_metadata=c.int("offset.metadata.max.bytes"),
            retention_ms=c.int("offsets.retention.minutes") * 60_000,
        )

    def new_machine(self) -> GroupMachine:
        return GroupMachine(self._config, self.broker.world.random)

    def failed(self, response: Message, code: Code) -> Message:
        return failures.failed(response, code)

    def client_code(self, code: Code) -> Code:
        return failures.client_code(code)

    def commit_timeout_ms(self) -> int:
        return self.broker.config.int("offsets.commit.timeout.ms")

    def compression(self) -> int:
        return self.broker.config.int("offsets.topic.compression.codec")

    def topic_settings(self) -> tuple[int, dict[str, str]]:
        c = self.broker.config
        return c.int("offsets.topic.num.partitions"), {
            "cleanup.policy": "compact",
            "compression.type": "producer",
            "segment.bytes": str(c.int("offsets.topic.segment.bytes")),
        }

    def replication_factor(self) -> int:
        wanted = self.broker.config.int("offsets.topic.replication.factor")
        return min(wanted, len(self.broker.image.brokers))

    def partition_for(self, group_id: str) -> int:
        """The partition of `__consumer_offsets` that a group lives on."""
        return kafka_abs(java_hash(group_id)) % self.partition_count()

    def topics_deleted(self, names: list[str]) -> None:
        """Forget the offsets committed for topics that are gone."""
        for index, host in list(self.hosts.items()):
            if not host.loading:
                self._run(index, lambda m, _t, _mono, now: m.topics_deleted(names, now))

    async def expire(self) -> None:
        """Offsets that have outlived offsets.retention.minutes go, and groups left empty."""
        for index, host in list(self.hosts.items()):
            begun = self._clock.mono_ms()
            for group in [] if host.loading else host.machine.group_ids():
                if self.hosts.get(index) is not host:
                    break
                self._run(index, lambda m, _t, _mono, now, group=group: m.expire([group], now))
                if self._clock.mono_ms() - begun >= _EXPIRE_MS:
                    await asyncio.sleep(0)
                    begun = self._clock.mono_ms()

    def _run(self, index: int, operation: Callable[..., Result]) -> None:
        """Carry out what nobody waits for, and what may be written in several batches."""
        host, now_ms = self.hosts[index], self._clock.now_ms()
        result = operation(host.machine, None, self._clock.session_ms(), now_ms)
        limit = self.broker.topic_config(self.topic).max_message_bytes
        for piece in _pieces(result.records, limit // 2):
            self._carry_out(host, Result(piece), now_ms, soft=False)

    def _ask(self, group_id: str, operation: Operation, *, soft: bool = False) -> Answer:
        return self.submit(self.partition_for(group_id), operation, soft=soft)

    # -- one group ----------------------------------------------------------------------------

    def join(self, ctx: Context, request: JoinGroupRequest) -> Answer:
        """JoinGroup; `request.rebalance_timeout_ms` is set in every version."""
        _need_group_id(request.group_id)
        if (
            not self._config.min_session_ms
            <= request.session_timeout_ms
            <= self._config.max_session_ms
        ):
            raise KafkaError(Code.INVALID_SESSION_TIMEOUT)
        client_id = ctx.client_id or ""
        host = f"/{ctx.client_host}"
        version = ctx.api_version

        def operation(m: GroupMachine, token: Token, mono_ms: int, now_ms: int) -> Result:
            return m.join(request, version, client_id, host, token, mono_ms, now_ms)

        return self._ask(request.group_id, operation, soft=True)

    def sync(self, ctx: Context, request: SyncGroupRequest) -> Answer:
        """SyncGroup."""
        _need_group_id(request.group_id)
        return self._ask(
            request.group_id, lambda m, t, mono, now: m.sync(request, t, mono, now), soft=True
        )

    def heartbeat(self, ctx: Context, request: HeartbeatRequest) -> Answer:
        """Heartbeat."""
        _need_group_id(request.group_id)
        return self._ask(
            request.group_id, lambda m, t, mono, now: m.heartbeat(request, t, mono, now), soft=True
        )

    def leave(self, ctx: Context, request: LeaveGroupRequest) -> Answer:
        """LeaveGroup; `request.members` is set in every version."""
        _need_group_id(request.group_id)
        return self._ask(
            request.group_id, lambda m, t, mono, now: m.leave(request, t, mono, now), soft=True
        )

    def commit(self, ctx: Context, request: OffsetCommitRequest) -> Answer:
        """OffsetCommit of partitions that exist; every topic has its name."""
        version = ctx.api_version
        return self._ask(
            request.group_id, lambda m, t, mono, now: m.commit(request, version, t, mono, now)
        )

    async def commit_within(
        self, ctx: Context, request: TxnOffsetCommitRequest
    ) -> TxnOffsetCommitResponse:
        """TxnOffsetCommit: its transaction is verified, or joined, and then written to."""
        _need_group_id(request.group_id)
        index = self.partition_for(request.group_id)
        self.host(index)
        place = (self.topic, index)
        within = Within(request.producer_id, request.producer_epoch, None)
        if request.transactional_id:
            producer = Producer(request.transactional_id, within.producer_id, within.epoch)
            begun = self.broker.verifications.begin(producer, {place: -1}, _manner(ctx))
            verified = await begun if isinstance(begun, Awaitable) else begun
            if place in verified.errors:
                raise KafkaError(self.client_code(verified.errors[place]))
            within = within._replace(guard=verified.guards.get(place))
        answer = self.submit(
            index, lambda m, t, mono, now: m.commit_within(request, t, mono, now), within=within
        )
        found = await answer if isinstance(answer, asyncio.Future) else answer
        assert isinstance(found, TxnOffsetCommitResponse)
        return found

    def fetch(self, request: OffsetFetchRequestGroup, require_stable: bool) -> Answer:
        """OffsetFetch of one group; every topic has its name."""
        return self._ask(
            request.group_id, lambda m, t, _mono, _now: m.fetch(request, require_stable, t)
        )

    def delete_offsets(self, ctx: Context, request: OffsetDeleteRequest) -> Answer:
        """OffsetDelete of partitions that exist."""
        _need_group_id(request.group_id)
        return self._ask(
            request.group_id, lambda m, t, mono, now: m.delete_offsets(request, t, mono, now)
        )

    # -- many groups --------------------------------------------------------------------------

    async def describe(self, group_ids: list[str], version: int) -> list[DescribedGroup]:
        """DescribeGroups: each group on its partition, in the order asked for."""
        found: dict[str, DescribedGroup] = {}
        for index, ids in self._by_partition(group_ids).items():
            try:
                answer = await self._wait(index, _describing(ids, version))
            except KafkaError as e:
                answer = failures.failed_describe(ids, e.code)
            assert isinstance(answer, DescribeGroupsResponse)
            found.update((g.group_id, g) for g in answer.groups)
        return [found[g] for g in group_ids]

    async def delete(self, group_ids: list[str]) -> list[DeletableGroupResult]:
        """DeleteGroups: each group on its partition, in the order asked for."""
        found: dict[str, DeletableGroupResult] = {}
        for index, ids in self._by_partition(group_ids).items():
            try:
                answer = await self._wait(index, _deleting(ids))
            except KafkaError as e:
                answer = failures.failed_delete(ids, e.code)
            assert isinstance(answer, DeleteGroupsResponse)
            found.update((r.group_id, r) for r in answer.results)
        return [found[g] for g in group_ids]

    async def list_groups(self, request: ListGroupsRequest) -> ListGroupsResponse:
        """ListGroups: all that this broker coordinates."""
        whole = ListGroupsResponse()
        for index in sorted(self.hosts):
            try:
                part = await self._wait(index, lambda m, t, _mono, _now: m.list_groups(request, t))
            except KafkaError as e:
                if e.code is Code.NOT_COORDINATOR:
                    continue
                raise
            assert isinstance(part, ListGroupsResponse)
            if part.error_code == Code.NONE:
                whole.groups += part.groups
            elif part.error_code != Code.NOT_COORDINATOR:
                return part
        return whole

    async def _wait(self, index: int, operation: Operation) -> Message:
        answer = self.submit(index, operation)
        return await answer if isinstance(answer, asyncio.Future) else answer

    def _by_partition(self, group_ids: list[str]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for group_id in dict.fromkeys(group_ids):
            found.setdefault(self.partition_for(group_id), []).append(group_id)
        return found


def _pieces(
    records: list[tuple[bytes, bytes | None]], limit: int
) -> Iterator[list[tuple[bytes, bytes | None]]]:
    """The records in batches of about `limit` bytes."""
    piece: list[tuple[bytes, bytes | None]] = []
    size = 0
    for key, value in records:
        length = len(key) + len(value or b"") + _OVERHEAD
        if piece and size + length > limit:
            yield piece
            piece, size = [], 0
        piece.append((key, value))
        size += length
    if piece:
        yield piece


def _manner(ctx: Context) -> Manner:
    """What the client's version of TxnOffsetCommit wants of a verification."""
    if ctx.api_version >= 5:
        return Manner.ADDING
    return Manner.ABORTABLE if ctx.api_version >= 4 else Manner.OLD


def _need_group_id(group_id: str) -> None:
    if not group_id:
        raise KafkaError(Code.INVALID_GROUP_ID)


def _describing(ids: list[str], version: int) -> Operation:
    return lambda m, t, _mono, _now: m.describe(ids, version, t)


def _deleting(ids: list[str]) -> Operation:
    return lambda m, t, mono, now: m.delete_groups(ids, t, mono, now)
