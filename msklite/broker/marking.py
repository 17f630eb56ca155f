"""Writing the markers that end transactions: here, and at the partitions' other leaders.

A coordinator decides (Prepare...), and `Markers` sees to it that every partition of the transaction
gets its marker, however long that takes: leaders are looked up anew with each attempt. Then the
coordinator is told, and writes that the transaction is complete. Whoever dies in between, the next
coordinator begins again from the decision, and a marker that is there already does no harm.

Rules:
- A partition whose topic has been deleted needs no marker.
- One that knows a newer epoch has seen the end of this transaction already.
- A newer coordinator's word counts: this one stops.
- A group's partition is marked only where its coordinator is loaded, which then takes the offsets.

Sources: Kafka's TransactionMarkerChannelManager, TransactionMarkerRequestCompletionHandler and
KafkaApis.handleWriteTxnMarkersRequest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from struct import Struct
from typing import TYPE_CHECKING

from msklite.broker import commit_wait
from msklite.broker.channel import Channel
from msklite.broker.commit_wait import Wait
from msklite.broker.couriers import Couriers
from msklite.errors import Code, KafkaError
from msklite.txns.machine import WriteMarkers
from msklite.txns.transaction import Partition
from msklite.wire.apis import APIS
from msklite.wire.messages.write_txn_markers_request import (
    WritableTxnMarker,
    WritableTxnMarkerTopic,
    WriteTxnMarkersRequest,
)
from msklite.wire.messages.write_txn_markers_response import (
    WritableTxnMarkerPartitionResult,
    WriteTxnMarkersResponse,
)
from msklite.wire.records import Control, build_batch, control_record

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

WRITE_TXN_MARKERS = 27
RETRY_S = 0.1
_VALUE = Struct(">hi")
_AGAIN = frozenset(
    {
        Code.UNKNOWN_TOPIC_OR_PARTITION,
        Code.NOT_LEADER_OR_FOLLOWER,
        Code.NOT_ENOUGH_REPLICAS,
        Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        Code.REQUEST_TIMED_OUT,
        Code.KAFKA_STORAGE_ERROR,
    }
)


def marker_batch(marker: WritableTxnMarker, now_ms: int) -> bytearray:
    """The control batch that ends a transaction."""
    kind = Control.COMMIT if marker.transaction_result else Control.ABORT
    record = control_record(kind, _VALUE.pack(0, marker.coordinator_epoch), now_ms)
    return bytearray(
        build_batch(
            [record],
            producer_id=marker.producer_id,
            producer_epoch=marker.producer_epoch,
            control=True,
            transactional=True,
        )
    )


def mark(
    broker: Broker, topic: str, index: int, marker: WritableTxnMarker, waits: list[Wait]
) -> WritableTxnMarkerPartitionResult:
    """Append a marker to a partition of this broker; `waits` gets what isn't committed yet."""
    row = WritableTxnMarkerPartitionResult(partition_index=index)
    partition = broker.replicas.get(topic, index)
    if partition is None:
        row.error_code = Code.UNKNOWN_TOPIC_OR_PARTITION
        return row
    if not partition.is_leader:
        row.error_code = Code.NOT_LEADER_OR_FOLLOWER
        return row
    if not partition.enough_in_sync():
        row.error_code = Code.NOT_ENOUGH_REPLICAS
        return row
    now_ms, mono_ms = broker.world.clock.now_ms(), broker.world.clock.mono_ms()
    try:
        group = broker.groups.host(index) if topic == broker.groups.topic else None
        batch = marker_batch(marker, now_ms)
        info = partition.append_marker(batch, marker.transaction_version, now_ms, mono_ms)
    except KafkaError as e:
        # The coordinator knows no codes of groups: it shall come again.
        loading = e.code in (Code.NOT_COORDINATOR, Code.COORDINATOR_LOAD_IN_PROGRESS)
        row.error_code = Code.NOT_LEADER_OR_FOLLOWER if loading else e.code
        return row
    except OSError as e:
        broker.log.error("%s-%d can't be written: %s", topic, index, e)
        row.error_code = Code.KAFKA_STORAGE_ERROR
        return row
    if group is not None:
        group.machine.replay_marker(
            marker.producer_id, marker.producer_epoch, bool(marker.transaction_result)
        )
    if partition.high_watermark <= info.last_offset:
        waits.append(Wait(row, partition, info.last_offset + 1, partition.leader_epoch))
    return row


class _Job:
    """One transaction whose markers are being written."""

    __slots__ = ("coordinator_epoch", "done", "effect", "left", "wanted")

    def __init__(
        self,
        effect: WriteMarkers,
        coordinator_epoch: int,
        wanted: Callable[[], bool],
        done: Callable[[], bool],
    ) -> None:
        self.effect = effect
        self.coordinator_epoch = coordinator_epoch
        self.left = set(effect.partitions)
        self.wanted = wanted
        self.done = done

    def marker(self, partitions: Iterable[Partition] = ()) -> WritableTxnMarker:
        """What is asked of a leader."""
        topics: dict[str, list[int]] = {}
        for topic, index in partitions:
            topics.setdefault(topic, []).append(index)
        return WritableTxnMarker(
            producer_id=self.effect.producer_id,
            producer_epoch=self.effect.epoch,
            transaction_result=self.effect.commit,
            topics=[
                WritableTxnMarkerTopic(name=name, partition_indexes=indexes)
                for name, indexes in topics.items()
            ],
            coordinator_epoch=self.coordinator_epoch,
            transaction_version=self.effect.transaction_version,
        )


_Item = tuple[_Job, list[Partition]]


class Markers:
    """`broker.markers`: the markers that this broker's coordinators want written."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._couriers: Couriers[_Item] = Couriers(broker.peers, self._carry, self._lost)
        self._local: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._stopped = False
        self.homeless = 0
        """Transactions with markers for which there is no leader to send them to."""
        self.unwritten = 0
        """Those whose markers are there, and whose completion couldn't be written yet."""

    def write(
        self,
        effect: WriteMarkers,
        coordinator_epoch: int,
        wanted: Callable[[], bool],
        done: Callable[[], bool],
    ) -> None:
        """Write all markers while they are `wanted`, then call `done` until it is True."""
        job = _Job(effect, coordinator_epoch, wanted, done)
        self._spread(job, sorted(job.left))

    def _spread(self, job: _Job, partitions: list[Partition]) -> None:
        """Ask the leaders of now."""
        if self._stopped or not job.wanted():
            return
        here: list[Partition] = []
        remote: dict[int, list[Partition]] = {}
        later: list[Partition] = []
        for topic, index in partitions:
            known = self._broker.image.topics.get(topic)
            if known is None or index not in known.partitions:
                job.left.discard((topic, index))
                continue
            leader = known.partitions[index].leader
            if leader == self._broker.node_id:
                here.append((topic, index))
            elif leader >= 0 and self._broker.alive(leader):
                remote.setdefault(leader, []).append((topic, index))
            else:
                later.append((topic, index))
        for node, share in remote.items():
            self._couriers.send(node, (job, share))
        if later:
            self.homeless += 1
            self._later(lambda: self._look_again(job, later))
        if here:
            self._write_here(job, here)
        else:
            self._finish(job)

    def _look_again(self, job: _Job, partitions: list[Partition]) -> None:
        self.homeless -= 1
        self._spread(job, partitions)

    def _write_here(self, job: _Job, partitions: list[Partition]) -> None:
        waits: list[Wait] = []
        marker = job.marker()
        rows = [(p, mark(self._broker, *p, marker, waits)) for p in partitions]
        if not waits:
            self._answered(job, [(p, Code(row.error_code)) for p, row in rows])
            return

        async def wait() -> None:
            await commit_wait.until(self._broker.config.int("request.timeout.ms"), waits)
            self._answered(job, [(p, Code(row.error_code)) for p, row in rows])

        task = asyncio.ensure_future(wait())
        self._local.add(task)
        task.add_done_callback(self._local.discard)

    async def _carry(self, channel: Channel, items: list[_Item]) -> None:
        request = WriteTxnMarkersRequest(markers=[job.marker(share) for job, share in items])
        timeout_ms = self._broker.config.int("request.timeout.ms")
        reply: WriteTxnMarkersResponse = await channel.call(
            APIS[WRITE_TXN_MARKERS], APIS[WRITE_TXN_MARKERS].highest, request, timeout_ms + 1000
        )
        told = {
            (row.producer_id, topic.name, p.partition_index): Code(p.error_code)
            for row in reply.markers
            for topic in row.topics
            for p in topic.partitions
        }
        for job, share in items:
            unknown = Code.NOT_LEADER_OR_FOLLOWER
            rows = [(p, told.get((job.effect.producer_id, *p), unknown)) for p in share]
            self._answered(job, rows)

    def _lost(self, items: list[_Item]) -> None:
        for job, share in items:
            self._again(job, share)

    def _answered(self, job: _Job, rows: list[tuple[Partition, Code]]) -> None:
        again = []
        for p, code in rows:
            if code in _AGAIN:
                again.append(p)
                continue
            job.left.discard(p)
            if code is Code.TRANSACTION_COORDINATOR_FENCED:
                job.wanted = _never
            if code is not Code.NONE:
                self._broker.log.warning(
                    "%s-%d takes no marker of %s: %s",
                    *p, job.effect.transactional_id, code.text,
                )  # fmt: skip
        if again:
            self._again(job, again)
        self._finish(job)

    def _again(self, job: _Job, partitions: list[Partition]) -> None:
        self._later(lambda: self._spread(job, partitions))

    def _later(self, what: Callable[[], None]) -> None:
        def ring() -> None:
            self._timers.discard(timer)
            what()

        if not self._stopped:
            timer = asyncio.get_running_loop().call_later(RETRY_S, ring)
            self._timers.add(timer)

    def _finish(self, job: _Job) -> None:
        if not job.left and not self._stopped and job.wanted() and not job.done():
            self.unwritten += 1
            self._later(lambda: self._finish_again(job))

    def _finish_again(self, job: _Job) -> None:
        self.unwritten -= 1
        self._finish(job)

    def stop(self) -> None:
        """The broker stops: the next coordinator goes on."""
        self._stopped = True
        self._couriers.stop()
        for task in self._local:
            task.cancel()
        for timer in self._timers:
            timer.cancel()


def _never() -> bool:
    return False
