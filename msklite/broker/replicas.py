"""The partitions that a broker hosts, kept in step with the image and with its directory.

Rules:
- What the image places here has a log; what it doesn't is renamed `-delete` and removed, or, when
  found at start, renamed `-stray` and left alone: data is never deleted because metadata lacks it.
- A folder belongs to a partition only if its partition.metadata has the image's topic id.
- Checkpoints (recovery point, high watermark, log start) are written when they changed, and at
  close; after a crash everything from the recovery point on is checked.

Sources: Kafka's LogManager and ReplicaManager.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msklite.errors import UserError
from msklite.log import checkpoints, directories
from msklite.log.log import CorruptLog, Log
from msklite.metadata.image import Image, PartitionImage, TopicImage
from msklite.partition.partition import Partition

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

OFFSETS_TOPIC = "__consumer_offsets"
RECOVERY, WATERMARKS, STARTS = (
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
    "log-start-offset-checkpoint",
)


class Replicas:
    """All hosted partitions of one broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._partitions: dict[str, dict[int, Partition]] = {}
        self._topics: dict[str, TopicImage] = {}
        self._written: dict[str, dict[tuple[str, int], int]] = {}
        self._jobs: set[asyncio.Task[None]] = set()
        self._flush_timed = False
        self.opened = False

    def get(self, topic: str, index: int) -> Partition | None:
        """The hosted partition, or None."""
        found = self._partitions.get(topic)
        return None if found is None else found.get(index)

    def all(self) -> list[Partition]:
        """Every hosted partition."""
        return [p for ps in self._partitions.values() for p in ps.values()]

    # -- opening ------------------------------------------------------------------------------

    async def open(self, image: Image, *, clean: bool) -> None:
        """Open what the image places here; a few at a time, so that the loop stays free."""
        b = self._broker
        saved = {
            n: checkpoints.read_offsets(b.world.storage, f"{b.directory}/{n}")
            for n in (RECOVERY, WATERMARKS, STARTS)
        }
        self._written = saved
        count = 0
        for name in b.world.storage.list(b.directory):
            parsed = directories.parse_name(name)
            if parsed is None:
                continue
            topic, index, kind = parsed
            path = f"{b.directory}/{name}"
            if kind == "delete":
                b.world.storage.remove_tree(path)
                continue
            if kind != "":
                continue
            self._open_found(image, path, topic, index, clean, saved)
            count += 1
            if count % 20 == 0:
                await asyncio.sleep(0)
        self.opened = True
        self.apply(image)

    def _open_found(
        self,
        image: Image,
        path: str,
        topic: str,
        index: int,
        clean: bool,
        saved: dict[str, dict[tuple[str, int], int]],
    ) -> None:
        b = self._broker
        known = image.topics.get(topic)
        state = known.partitions.get(index) if known is not None else None
        topic_id = directories.read_topic_id(b.world.storage, path)
        if (
            known is None
            or state is None
            or b.node_id not in state.replicas
            or (topic_id is not None and topic_id != known.id)
        ):
            stray = f"{b.directory}/{directories.aside_name(topic, index, 'stray', b.world.random)}"
            b.log.warning("%s is in no topic of this cluster: kept as %s", path, stray)
            b.world.storage.rename(path, stray)
            return
        key = (topic, index)
        try:
            log = Log.open(
                b.world.storage,
                path,
                topic,
                index,
                b.log_config(topic),
                clean=clean,
                recovery_point=saved[RECOVERY].get(key, 0),
                log_start_offset=saved[STARTS].get(key, 0),
                now_ms=b.world.clock.now_ms(),
                topic_id=known.id,
            )
        except CorruptLog as e:
            raise UserError(str(e)) from e
        self._host(Partition(topic, known.id, index, log, saved[WATERMARKS].get(key, 0)))

    def _host(self, partition: Partition) -> None:
        self._partitions.setdefault(partition.topic, {})[partition.index] = partition

    # -- following the image ------------------------------------------------------------------

    def apply(self, image: Image) -> None:
        """Create, lead, unlead and drop partitions as the image says."""
        gained: list[int] = []
        lost: list[int] = []
        old, self._topics = self._topics, image.topics
        for name, topic in image.topics.items():
            before = old.get(name)
            if before is topic:
                continue
            if before is not None and before.id != topic.id:
                self._drop_topic(name, lost)
            for index, state in topic.partitions.items():
                if before is None or before.partitions.get(index) is not state:
                    self._apply_one(topic, index, state, gained, lost)
        for name in old.keys() - image.topics.keys():
            self._drop_topic(name, lost)
        if gained or lost:
            self._broker.groups.leadership_changed(gained, lost)

    def _apply_one(
        self,
        topic: TopicImage,
        index: int,
        state: PartitionImage,
        gained: list[int],
        lost: list[int],
    ) -> None:
        b = self._broker
        if b.node_id not in state.replicas:
            if self.get(topic.name, index) is not None:
                self._drop(topic.name, index, lost)
            return
        partition = self.get(topic.name, index)
        if partition is None:
            partition = self._create(topic, index)
        coordinates = topic.name == OFFSETS_TOPIC
        if state.leader == b.node_id:
            new = partition.lead(
                state.leader_epoch, state.partition_epoch, list(state.replicas), list(state.isr)
            )
            if new and coordinates:
                gained.append(index)
        elif (
            partition.unlead(state.leader, state.leader_epoch, state.partition_epoch)
            and coordinates
        ):
            lost.append(index)

    def _create(self, topic: TopicImage, index: int) -> Partition:
        b = self._broker
        log = Log.open(
            b.world.storage,
            f"{b.directory}/{topic.name}-{index}",
            topic.name,
            index,
            b.log_config(topic.name),
            clean=True,
            recovery_point=0,
            log_start_offset=0,
            now_ms=b.world.clock.now_ms(),
            topic_id=topic.id,
        )
        partition = Partition(topic.name, topic.id, index, log, 0)
        self._host(partition)
        return partition

    def _drop_topic(self, name: str, lost: list[int]) -> None:
        for index in list(self._partitions.get(name, ())):
            self._drop(name, index, lost)

    def _drop(self, name: str, index: int, lost: list[int]) -> None:
        """Rename the folder out of the way now, remove it off the loop."""
        b = self._broker
        partition = self._partitions[name].pop(index)
        if not self._partitions[name]:
            del self._partitions[name]
        if partition.unlead(-1, partition.leader_epoch, partition.partition_epoch):
            if name == OFFSETS_TOPIC:
                lost.append(index)
        aside = f"{b.directory}/{directories.aside_name(name, index, 'delete', b.world.random)}"
        partition.log.move(aside)
        self._background(partition.log.delete, f"removing {aside}")

    def _background(self, job: object, what: str) -> None:
        async def run() -> None:
            try:
                await self._broker.world.storage.run(job)  # type: ignore[arg-type]
            except OSError as e:
                self._broker.log.warning("%s failed: %s", what, e)

        task = asyncio.ensure_future(run())
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    def configs_changed(self) -> None:
        """Give every log its topic's settings of now."""
        self._flush_timed = False
        for p in self.all():
            p.log.config = self._broker.log_config(p.topic)
            self._flush_timed |= p.log.config.flush_ms < 2**62

    # -- checkpoints and flushing -------------------------------------------------------------

    def start_offsets_changed(self) -> None:
        """Log starts moved by DeleteRecords must survive a crash."""
        self._write(STARTS, {(p.topic, p.index): p.log.start_offset for p in self.all()})

    def checkpoint(self) -> None:
        """Write the checkpoints that changed."""
        ps = self.all()
        self._write(WATERMARKS, {(p.topic, p.index): p.high_watermark for p in ps})
        self._write(RECOVERY, {(p.topic, p.index): p.log.recovery_point for p in ps})
        self._write(
            STARTS, {(p.topic, p.index): p.log.start_offset for p in ps if p.log.start_offset}
        )

    def _write(self, name: str, entries: dict[tuple[str, int], int]) -> None:
        if entries == self._written.get(name):
            return
        b = self._broker
        checkpoints.write_offsets(b.world.storage, f"{b.directory}/{name}", entries, sync=False)
        self._written[name] = entries

    async def flush_due(self) -> None:
        """Flush rolled segments, and what flush.ms asks for, off the loop."""
        now = self._broker.world.clock.now_ms()
        for p in self.all():
            if p.log.flush_wanted(now):
                await self._broker.world.storage.run(p.log.flush)

    async def close(self) -> None:
        """Flush and close every log, write all checkpoints: the next start checks nothing."""
        if not self.opened:
            return
        if self._jobs:
            await asyncio.wait(list(self._jobs))
        b = self._broker
        logs = [p.log for p in self.all()]

        def job() -> None:
            for log in logs:
                log.close()

        await b.world.storage.run(job)
        self.checkpoint()
        directories.write_clean_shutdown(b.world.storage, b.directory, b.epoch)

    def abandon(self) -> None:
        """As a killed process leaves it."""
        for job in self._jobs:
            job.cancel()
        self.opened = False
