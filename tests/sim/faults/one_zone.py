"""Faults that show in one zone: the metadata log, partitions' logs, the broker's shell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from msklite.broker.api import produce
from msklite.broker.connection import Connection
from msklite.broker.housekeeping import Housekeeping
from msklite.broker.machines import Host, MachineRuntime
from msklite.clock import Clock, ClockState
from msklite.errors import KafkaError
from msklite.log import checkpoints, loading
from msklite.log.files import LogFiles
from msklite.log.flushing import Flush
from msklite.log.log import Log
from msklite.log.producers import ProducerState
from msklite.metadata.controller import Controller
from msklite.partition.partition import Partition
from msklite.wire.batch import check_batch
from msklite.zone import format as node_format
from msklite.zone import steering
from msklite.zone.controller_node import ControllerNode
from msklite.zone.quorum import Quorum
from msklite.zone.quorum_store import QuorumStore
from tests.sim.faults.planting import Patch, fault

# -- the clock ------------------------------------------------------------------------------------


@fault("a zone that starts forgets how the clock was steered")
def clock_forgotten() -> list[Patch]:
    return [(steering, "load", lambda storage, spec: ClockState())]


@fault("a clock that is steered to another pace shows the new line at once")
def clock_goes_back() -> list[Patch]:
    def steered(self: Clock) -> int:
        return self.state.at(self.wall_ms())

    return [(Clock, "_steered", steered)]


@fault("producer ids that were idle age by the clock that a user turns", 1, 8, 78)
def producers_age_by_the_clock() -> list[Patch]:
    original = Log.__dict__["open"].__func__

    def open_(cls: type[Log], *args: Any, **options: Any) -> Log:
        options["wall_ms"] = options["now_ms"]
        log: Log = original(cls, *args, **options)
        return log

    return [(Log, "open", classmethod(open_))]


# -- the quorum's shell ---------------------------------------------------------------------------


@fault("a metadata operation is answered when it is appended, before it is committed")
def metadata_reply_before_commit() -> list[Patch]:
    original = Quorum.append

    async def append(self: Quorum, records: Any, atomic: bool = True) -> int:
        asyncio.ensure_future(original(self, records, atomic)).add_done_callback(
            lambda task: task.cancelled() or task.exception()
        )
        await asyncio.sleep(0)
        return self.end_offset - 1

    return [(Quorum, "append", append)]


@fault("the metadata log is committed without having been synced")
def metadata_commit_before_sync() -> list[Patch]:
    async def sync(self: QuorumStore, then: Callable[[], object] = lambda: None) -> None:
        await asyncio.sleep(0)
        then()

    return [(QuorumStore, "sync", sync)]


@fault("the names of a new node's folders aren't synced")
def folder_names_not_synced() -> list[Patch]:
    def make_dirs(storage: Any, path: str) -> None:
        storage.make_dirs(path)

    return [(node_format, "_make_dirs", make_dirs)]


@fault("a restarted controller hands out producer ids that were given before")
def producer_ids_reused() -> list[Patch]:
    original = Controller._allocate_producer_ids

    def allocate(self: Controller, image: Any, request: Any, ctx: Any) -> Any:
        result = original(self, image, request, ctx)
        result.reply.producer_id_start = 0
        return result

    return [(Controller, "_allocate_producer_ids", allocate)]


@fault(
    "a request that is cancelled lets the next one decide before its own records are applied",
    3,
    15,
)
def cancelled_request_lets_go() -> list[Patch]:
    original = QuorumStore.sync

    async def slowly(self: QuorumStore, then: Callable[[], object] = lambda: None) -> None:
        await asyncio.sleep(0.2)  # so that more requests are cancelled in their midst
        await original(self, then)

    return [(ControllerNode, "decide", ControllerNode._decide), (QuorumStore, "sync", slowly)]


# -- the log --------------------------------------------------------------------------------------


@fault("repeated batches are appended again")
def duplicates_accepted() -> list[Patch]:
    return [(ProducerState, "check", lambda self, header, *rest: None)]


@fault("a torn tail stays in the segment")
def torn_tail_kept() -> list[Patch]:
    original = loading.recover

    def recover(segment: Any, found: Any, **options: Any) -> int:
        file = segment.open()
        data = file.read(0, file.size())
        end = original(segment, found, **options)
        file.append(data[segment.size :])
        segment.size = len(data)
        return end

    return [(loading, "recover", recover)]


@fault("a flush says that it is done when it has synced nothing")
def flush_lies() -> list[Patch]:
    def run(self: Flush) -> None:
        self.done = True

    return [(Flush, "run", run)]


@fault("flush.messages is honoured after the acknowledgement")
def flushed_too_late() -> list[Patch]:
    async def durable(self: Housekeeping, partition: Partition, offset: int) -> None:
        asyncio.get_running_loop().call_later(0.05, self.flush, partition, offset)

    return [(Housekeeping, "durable", durable)]


@fault("a flush of a log doesn't sync the name of its folder")
def log_folder_not_synced() -> list[Patch]:
    original = LogFiles.begin_flush

    def begin_flush(self: LogFiles, now_ms: int, end: int | None = None) -> Flush:
        flush = original(self, now_ms, end)
        flush._folders = [f for f in flush._folders if f == self.path]
        return flush

    return [(LogFiles, "begin_flush", begin_flush)]


# -- the broker -----------------------------------------------------------------------------------


@fault("the high watermark runs ahead of the log")
def high_watermark_ahead() -> list[Patch]:
    original = Partition.advance

    def advance(self: Partition, mono_ms: int) -> None:
        original(self, mono_ms)
        if self.is_leader and self.log.end_offset % 7 == 6:
            self.high_watermark = self.log.end_offset + 1

    return [(Partition, "advance", advance)]


@fault("a checkpointed high watermark is taken for the log's end")
def log_cut_to_checkpoint() -> list[Patch]:
    original = Log.open.__func__  # type: ignore[attr-defined]

    def open_log(cls: Any, storage: Any, path: str, *args: Any, **options: Any) -> Log:
        log: Log = original(cls, storage, path, *args, **options)
        if "topic" in path:
            file = f"{path.rpartition('/')[0]}/{checkpoints.REPLICATION}"
            known = checkpoints.read_offsets(storage, file)
            if (log.topic, log.partition) in known:
                log.truncate_to(min(known[log.topic, log.partition], log.end_offset))
        return log

    return [(Log, "open", classmethod(open_log))]


@fault("a commit of offsets is answered before it is appended")
def offsets_reply_before_append() -> list[Patch]:
    original = MachineRuntime._carry_out

    def carry_out(
        self: Any, host: Any, result: Any, now_ms: int, soft: bool = True, within: Any = None
    ) -> bool:
        if not result.records or soft:
            return original(self, host, result, now_ms, soft, within)
        effects, result.effects = result.effects, []
        host.answer(effects, 1 << 60)
        loop = asyncio.get_running_loop()
        loop.call_later(0.03, original, self, host, result, now_ms, soft, within)
        return True

    return [(MachineRuntime, "_carry_out", carry_out)]


@fault("the group coordinator loads only a part of its log")
def offsets_half_loaded() -> list[Patch]:
    original = Host.load

    def load(self: Host[Any], now_ms: int) -> Iterator[None]:
        for count, _ in enumerate(original(self, now_ms)):
            if count == 8:
                return
            yield

    return [(Host, "load", load)]


@fault("a produce is answered before it is appended")
def produce_reply_before_append() -> list[Patch]:
    original = produce.handle

    def handle(broker: Any, ctx: Any, request: Any) -> Any:
        if any(not _appendable(broker, t, p) for t in request.topic_data for p in t.partition_data):
            return original(broker, ctx, request)
        _keep(request)
        asyncio.get_running_loop().call_later(0.01, _ignoring_flush, original, broker, ctx, request)
        response = produce.ProduceResponse()
        for t in request.topic_data:
            rows = []
            for p in t.partition_data:
                end = broker.replicas.get(t.name, p.index).log.end_offset
                rows.append(produce.PartitionProduceResponse(index=p.index, base_offset=end))
            response.responses.append(
                produce.TopicProduceResponse(
                    name=t.name, topic_id=t.topic_id, partition_responses=rows
                )
            )
        return response

    return [(produce, "handle", handle)]


@fault("two handlers interleave between the check of a batch's sequence and its append")
def checked_then_appended_later() -> list[Patch]:
    original, check = produce.handle, ProducerState.check
    checked: dict[int, None] = {}

    def unchecked(self: ProducerState, header: Any, *rest: Any) -> Any:
        return None if checked else check(self, header, *rest)

    def handle(broker: Any, ctx: Any, request: Any) -> Any:
        for t in request.topic_data:
            for p in t.partition_data:
                if not _appendable(broker, t, p):
                    return original(broker, ctx, request)
                log = broker.replicas.get(t.name, p.index).log
                header = check_batch(p.records, 0, len(p.records))
                try:
                    if check(log.producer_state, header, "", log) is not None:
                        return original(broker, ctx, request)
                except KafkaError:
                    return original(broker, ctx, request)
        _keep(request)

        async def later() -> Any:
            await asyncio.sleep(0.4)
            checked[0] = None
            try:
                answer = original(broker, ctx, request)
            finally:
                checked.clear()
            return await answer if asyncio.iscoroutine(answer) else answer

        return asyncio.shield(asyncio.ensure_future(later()))

    return [(produce, "handle", handle), (ProducerState, "check", unchecked)]


@fault("a connection doesn't wait for its request to be answered before it takes the next")
def replies_out_of_order() -> list[Patch]:
    def wait(self: Connection) -> None:
        return None

    return [(Connection, "wait", wait)]


def _appendable(broker: Any, topic: Any, part: Any) -> bool:
    if not topic.name:
        return False
    partition = broker.replicas.get(topic.name, part.index)
    return partition is not None and partition.is_leader


def _keep(request: Any) -> None:
    """The records are views of the receive buffer: copy them."""
    for t in request.topic_data:
        for p in t.partition_data:
            p.records = bytes(p.records)


def _ignoring_flush(original: Any, broker: Any, ctx: Any, request: Any) -> None:
    answer = original(broker, ctx, request)
    if asyncio.iscoroutine(answer):
        answer.close()
