"""Carries proposed changes of in-sync sets to the controller, and its answers back.

One AlterPartition at a time holds all that is pending; what comes meanwhile goes with the next.
When the controller can't be reached it is asked again, until metadata says that this broker leads
no longer. Source: Kafka's AlterPartitionManager.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msklite.errors import Code, KafkaError
from msklite.partition.partition import Partition
from msklite.wire.messages.alter_partition_request import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_RETRY_S = 0.05
Key = tuple[bytes, int]


class IsrChanges:
    """`broker.isr_changes`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._pending: dict[Key, Partition] = {}
        self._task: asyncio.Task[None] | None = None

    def propose(self, partition: Partition) -> None:
        """`partition.pending_isr` wants to be sent."""
        self._pending[partition.topic_id, partition.index] = partition
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    def stop(self) -> None:
        """The broker stops."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending, {}
                if not await self._send(batch):
                    await asyncio.sleep(_RETRY_S)
        finally:
            self._task = None

    async def _send(self, batch: dict[Key, Partition]) -> bool:
        """One request; False: something has to be asked again."""
        batch = {k: p for k, p in batch.items() if p.is_leader and p.pending_isr is not None}
        if not batch:
            return True
        asked = {k: p.pending_isr for k, p in batch.items()}
        broker = self._broker
        try:
            reply = await broker.controller.call(self._request(batch))
        except KafkaError as e:
            broker.log.info("broker %d: in-sync sets not changed yet: %s", broker.node_id, e)
            self._again(batch)
            return False
        if reply.error_code:
            self._again(batch)
            return False
        good = True
        mono_ms = broker.world.clock.mono_ms()
        for topic in reply.topics:
            for p in topic.partitions:
                partition = batch.pop((topic.topic_id, p.partition_index), None)
                if partition is None:
                    continue
                if partition.pending_isr is not asked[topic.topic_id, p.partition_index]:
                    continue  # metadata has answered it before, and there is another wish by now
                before = partition.isr
                code = Code(p.error_code)
                again = partition.isr_answered(
                    code, p.leader_epoch, p.partition_epoch, p.isr, mono_ms
                )
                if again:
                    self._again({(topic.topic_id, p.partition_index): partition})
                    good = False
                elif partition.isr != before:
                    broker.log.info(
                        "%s-%d: in sync are now %s (were %s)",
                        partition.topic, partition.index, partition.isr, before,
                    )  # fmt: skip
        self._again(batch)
        return good and not batch

    def _again(self, batch: dict[Key, Partition]) -> None:
        for key, partition in batch.items():
            self._pending.setdefault(key, partition)

    def _request(self, batch: dict[Key, Partition]) -> AlterPartitionRequest:
        topics: dict[bytes, TopicData] = {}
        for (topic_id, index), partition in batch.items():
            assert partition.pending_isr is not None and partition.followers is not None
            topic = topics.setdefault(topic_id, TopicData(topic_id=topic_id))
            states = partition.followers.with_epochs(partition.pending_isr, self._broker.epoch)
            topic.partitions.append(
                PartitionData(
                    partition_index=index,
                    leader_epoch=partition.leader_epoch,
                    partition_epoch=partition.partition_epoch,
                    new_isr_with_epochs=[
                        BrokerState(broker_id=b, broker_epoch=epoch) for b, epoch in states
                    ],
                )
            )
        return AlterPartitionRequest(
            broker_id=self._broker.node_id,
            broker_epoch=self._broker.epoch,
            topics=list(topics.values()),
        )
