"""Keeps this broker's followers up with their leaders: a task for each leader, one Fetch in flight.

Rules:
- What an answer means is decided by `partition/follower`; here it is asked, waited for and carried
  out. Nothing of an answer is used after the partition's leader or epoch has changed.
- A leader that can't be reached, or doesn't lead yet, is asked again after a short pause that grows
  up to replica.fetch.backoff.ms. New metadata ends the pause.
- A partition that fails alone (damaged batch, full disk) pauses alone. So does one that lacks
  something and is throttled (`throttles`), while it is over its limit.

Source: Kafka's ReplicaFetcherManager and AbstractFetcherThread.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msklite.broker.channel import Channel, ChannelClosed
from msklite.errors import Code, KafkaError
from msklite.partition import follower
from msklite.partition.fetch_plan import FetchPlan, Key
from msklite.partition.follower import Outcome
from msklite.partition.partition import Partition
from msklite.wire.apis import APIS, FETCH, LIST_OFFSETS
from msklite.wire.messages.fetch_request import FetchPartition, ReplicaState
from msklite.wire.messages.fetch_response import FetchResponse, PartitionData
from msklite.wire.messages.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_FIRST_PAUSE_MS = 20
_HELD_BACK_MS = 250
_EARLIEST, _LATEST = -2, -1


class Fetchers:
    """`broker.fetchers`: who is followed, by leader."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._by_leader: dict[int, Fetcher] = {}
        self._leaders: dict[Key, int] = {}

    def follow(self, partition: Partition) -> None:
        """Follow `partition.leader` from now on; -1 or ourselves: nobody."""
        key = (partition.topic_id, partition.index)
        leader = -1 if partition.is_leader else partition.leader
        before = self._leaders.get(key, -1)
        if before not in (-1, leader):
            self.forget(key)
        if leader < 0:
            return
        fetcher = self._by_leader.get(leader)
        if fetcher is None:
            fetcher = self._by_leader[leader] = Fetcher(self._broker, leader)
        self._leaders[key] = leader
        fetcher.add(partition)

    def forget(self, key: Key) -> None:
        """Follow nobody."""
        leader = self._leaders.pop(key, None)
        if leader is None:
            return
        fetcher = self._by_leader[leader]
        fetcher.remove(key)
        if not fetcher.plan.partitions:
            fetcher.stop()
            del self._by_leader[leader]

    def wake(self) -> None:
        """Metadata has changed: a leader that was away may be back."""
        for fetcher in self._by_leader.values():
            fetcher.wake()

    def stop(self) -> None:
        """The broker stops."""
        for fetcher in self._by_leader.values():
            fetcher.stop()
        self._by_leader.clear()
        self._leaders.clear()


class Fetcher:
    """Follows one leader."""

    def __init__(self, broker: Broker, leader: int) -> None:
        self.plan = FetchPlan()
        self._broker = broker
        self._leader = leader
        self._channel: Channel | None = None
        self._wake = asyncio.Event()
        self._pause_ms = 0
        self._paused: dict[Key, asyncio.TimerHandle] = {}
        self._behind: dict[Key, None] = {}
        """Those that lack something that is committed, as far as is known."""
        self._task = asyncio.ensure_future(self._run())

    def add(self, partition: Partition) -> None:
        """Follow a partition here, or ask for it anew."""
        key = (partition.topic_id, partition.index)
        timer = self._paused.pop(key, None)
        if timer is not None:
            timer.cancel()
        self._behind[key] = None
        self.plan.add(partition)
        self._wake.set()

    def remove(self, key: Key) -> None:
        """Follow a partition here no longer."""
        self._behind.pop(key, None)
        self.plan.remove(key)

    def wake(self) -> None:
        """End a pause."""
        self._wake.set()

    def stop(self) -> None:
        """Follow nothing any more."""
        self._task.cancel()
        for timer in self._paused.values():
            timer.cancel()
        if self._channel is not None:
            self._channel.close()

    # -- the loop -----------------------------------------------------------------------------

    async def _run(self) -> None:
        broker = self._broker
        while True:
            if broker.throttles.follower.limited:
                self._hold_back()
            if not self.plan.due and not self.plan.asked:
                self._wake.clear()
                await self._wake.wait()
                continue
            try:
                await self._round()
                self._pause_ms = 0
            except (ChannelClosed, KafkaError) as e:
                if self._pause_ms == 0:
                    broker.log.info("following broker %d: %s", self._leader, e)
                if self._channel is not None:
                    self._channel.close()
                    self._channel = None
                self.plan.reset()
                await self._rest()
            except Exception:
                # A fault of ours must not end replication for good.
                broker.log.exception("following broker %d failed", self._leader)
                self.plan.reset()
                await self._rest()

    async def _rest(self) -> None:
        longest = self._broker.config.int("replica.fetch.backoff.ms")
        self._pause_ms = min(max(self._pause_ms * 2, _FIRST_PAUSE_MS), max(longest, 1))
        self._wake.clear()
        try:
            async with asyncio.timeout(self._pause_ms / 1000):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _round(self) -> None:
        config = self._broker.config
        if self._channel is None or self._channel.closed:
            self._channel = await self._broker.peers.channel(self._leader)
        request = self.plan.request(config.int("replica.fetch.max.bytes"))
        request.replica_state = ReplicaState(
            replica_id=self._broker.node_id, replica_epoch=self._broker.epoch
        )
        request.max_wait_ms = config.int("replica.fetch.wait.max.ms")
        request.min_bytes = config.int("replica.fetch.min.bytes")
        request.max_bytes = config.int("replica.fetch.response.max.bytes")
        limit = config.int("replica.socket.timeout.ms")
        reply: FetchResponse = await self._channel.call(APIS[FETCH], 18, request, limit)
        code = self.plan.answered(reply)
        if code:
            if code not in (Code.FETCH_SESSION_ID_NOT_FOUND, Code.INVALID_FETCH_SESSION_EPOCH):
                raise KafkaError(code)
            return
        for topic in reply.responses:
            for answer in topic.partitions:
                key = (topic.topic_id, answer.partition_index)
                asked = self.plan.asked.get(key)
                if asked is not None:
                    await self._take(key, asked, answer)

    async def _take(self, key: Key, asked: FetchPartition, answer: PartitionData) -> None:
        partition = self.plan.partitions.get(key)
        if partition is None:
            return
        try:
            outcome = follower.take(partition, asked, answer, self._broker.world.clock.now_ms())
            self._broker.replicas.keeper.checkpoints.lower(partition)
        except OSError as e:
            self._broker.log.error(
                "%s-%d can't be written: %s", partition.topic, partition.index, e
            )
            self._broker.disk.refused()
            self._pause(key)
            return
        except Exception:
            # A fault of one partition must not hold up the others.
            self._broker.log.exception("%s-%d can't be followed", partition.topic, partition.index)
            self._pause(key)
            return
        if outcome is Outcome.OUT_OF_RANGE:
            await self._restart(partition)
        elif outcome in (Outcome.WAIT, Outcome.BROKEN):
            if outcome is Outcome.BROKEN:
                self._broker.log.warning(
                    "%s-%d: broker %d sent a damaged batch",
                    partition.topic, partition.index, self._leader,
                )  # fmt: skip
            self._pause(key)
            return
        self._broker.throttles.follower.record(
            partition.topic, partition.index, len(answer.records or b""), self._mono_ms()
        )
        if answer.high_watermark > partition.log.end_offset:
            self._behind[key] = None
        else:
            self._behind.pop(key, None)
        changed = (
            outcome is not Outcome.GOOD
            or partition.log.end_offset != asked.fetch_offset
            or partition.log.start_offset != asked.log_start_offset
            # A divergence may have cost nothing but an epoch that was begun and got no records.
            or partition.log.latest_epoch != asked.last_fetched_epoch
        )
        if changed and key in self.plan.partitions:
            self.plan.due[key] = None

    def _mono_ms(self) -> int:
        return self._broker.world.clock.mono_ms()

    def _hold_back(self) -> None:
        """Throttled replicas that are behind aren't asked for while they are over their limit."""
        throttle, mono_ms = self._broker.throttles.follower, self._mono_ms()
        for key in list(self._behind):
            p = self.plan.partitions.get(key)
            if p is not None and throttle.holds_back(p.topic, p.index, mono_ms):
                self._pause(key, _HELD_BACK_MS)

    def _pause(self, key: Key, pause_ms: int = 2 * _FIRST_PAUSE_MS) -> None:
        """Ask for this partition again, but not at once."""
        self.plan.pause(key)
        if key in self._paused:
            return
        loop = asyncio.get_running_loop()
        pause_ms = min(self._broker.config.int("replica.fetch.backoff.ms"), pause_ms)
        self._paused[key] = loop.call_later(pause_ms / 1000, self._resume, key)

    def _resume(self, key: Key) -> None:
        self._paused.pop(key, None)
        partition = self.plan.partitions.get(key)
        if partition is not None:
            self.add(partition)

    async def _restart(self, partition: Partition) -> None:
        """Our end isn't in the leader's log: ask where that begins and ends."""
        epoch = partition.leader_epoch
        start = await self._offset(partition, _EARLIEST)
        end = await self._offset(partition, _LATEST)
        if partition.is_leader or partition.leader_epoch != epoch:
            return
        self._broker.log.warning(
            "%s-%d: our log ends at %d, the leader's spans %d..%d: going on there",
            partition.topic, partition.index, partition.log.end_offset, start, end,
        )  # fmt: skip
        follower.restart_in(partition, start, end, self._broker.world.clock.now_ms())
        self._broker.replicas.keeper.checkpoints.lower(partition)

    async def _offset(self, partition: Partition, time: int) -> int:
        assert self._channel is not None
        wanted = ListOffsetsPartition(
            partition_index=partition.index,
            current_leader_epoch=partition.leader_epoch,
            timestamp=time,
        )
        request = ListOffsetsRequest(
            replica_id=self._broker.node_id,
            topics=[ListOffsetsTopic(name=partition.topic, partitions=[wanted])],
        )
        limit = self._broker.config.int("replica.socket.timeout.ms")
        reply = await self._channel.call(APIS[LIST_OFFSETS], 9, request, limit)
        answer = reply.topics[0].partitions[0]
        if answer.error_code:
            raise KafkaError(Code(answer.error_code))
        return int(answer.offset)
