"""The partitions that a broker hosts, kept in step with the image and with its directory.

Rules:
- What the image places here has a log; what it doesn't is renamed `-delete` and removed later, or,
  when found at start, renamed `-stray` and left alone: data is never deleted because metadata lacks
  it.
- A folder belongs to a partition only if its partition.metadata has the image's topic id.
- A log that can't be made (a full disk) is tried again; until then requests for it are refused.
- A log that can't be opened without losing records stays as it is, out of service, while the others
  serve: see `damaged`. (Kafka cuts it at the damage.)
- After a crash everything from the checkpointed recovery points on is checked.

What is done to the logs from time to time is in `housekeeping`. Sources: Kafka's LogManager and
ReplicaManager.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from msklite.broker.checkpointing import Offsets
from msklite.broker.housekeeping import Housekeeping
from msklite.errors import Code, UserError
from msklite.log import checkpoints, directories
from msklite.log.log import CorruptLog, Log
from msklite.metadata.image import Image, PartitionImage, TopicImage
from msklite.partition.partition import Partition

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

Led = dict[str, list[int]]
"""Partitions of the coordinators' topics, by topic."""
_REPORTS = 1000


class Replicas:
    """All hosted partitions of one broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._partitions: dict[str, dict[int, Partition]] = {}
        self._topics: dict[str, TopicImage] = {}
        self._unmade: set[tuple[str, int]] = set()
        """Partitions whose log couldn't be made."""
        self.damaged: dict[tuple[str, int], str] = {}
        """Partitions whose log can't be opened, and why; the next start looks at them again."""
        self._reported: set[str] = set()
        self.keeper = Housekeeping(broker, self.all)
        self.opened = False

    def get(self, topic: str, index: int) -> Partition | None:
        """The hosted partition, or None."""
        found = self._partitions.get(topic)
        return None if found is None else found.get(index)

    def refusal(self, topic: str, index: int) -> Code:
        """What to answer for a partition of the image that isn't hosted."""
        if (topic, index) in self.damaged or (topic, index) in self._unmade:
            return Code.KAFKA_STORAGE_ERROR
        return Code.NOT_LEADER_OR_FOLLOWER

    def report(self, sentence: str) -> None:
        """Log a fault once, however often clients come across it."""
        if sentence not in self._reported and len(self._reported) < _REPORTS:
            self._reported.add(sentence)
            self._broker.log.error("%s", sentence)

    def all(self) -> list[Partition]:
        """Every hosted partition."""
        return [p for ps in self._partitions.values() for p in ps.values()]

    # -- opening ------------------------------------------------------------------------------

    async def open(self, image: Image, *, clean: bool) -> None:
        """Open what the image places here; a few at a time, so that the loop stays free."""
        b = self._broker
        saved = self.keeper.checkpoints.read()
        for count, name in enumerate(b.world.storage.list(b.directory)):
            parsed = directories.parse_name(name)
            if parsed is None:
                continue
            topic, index, kind = parsed
            path = f"{b.directory}/{name}"
            if kind == "delete":
                await b.world.storage.run(partial(b.world.storage.remove_tree, path))
            elif kind == "":
                self._open_found(image, path, topic, index, clean, saved)
            if count % 20 == 19:
                await asyncio.sleep(0)
        self.opened = True
        self.apply(image)
        self.keeper.start()

    def _open_found(
        self,
        image: Image,
        path: str,
        topic: str,
        index: int,
        clean: bool,
        saved: dict[str, Offsets],
    ) -> None:
        b = self._broker
        known = image.topics.get(topic)
        state = known.partitions.get(index) if known is not None else None
        try:
            topic_id = directories.read_topic_id(b.world.storage, path)
            if (
                known is None
                or state is None
                or b.node_id not in state.replicas
                or (topic_id is not None and topic_id != known.id)
            ):
                b.log.warning("%s is in no topic of this cluster", path)
                self._set_aside(path, topic, index)
                return
            log = self._open_log(known, index, clean=clean, saved=saved)
            self._check_end(log, saved[checkpoints.RECOVERY_POINT].get((topic, index), 0))
        except (CorruptLog, UserError, OSError) as e:
            self._out_of_service(topic, index, path, e)
            return
        watermark = saved[checkpoints.REPLICATION].get((topic, index), 0)
        self._host(self._partition(topic, known.id, index, log, watermark))

    def _open_log(
        self, topic: TopicImage, index: int, *, clean: bool, saved: Mapping[str, Offsets]
    ) -> Log:
        b = self._broker
        key = (topic.name, index)
        cuts: list[str] | None = [] if len(topic.partitions[index].replicas) > 1 else None
        log = Log.open(
            b.world.storage,
            f"{b.directory}/{directories.partition_name(topic.name, index)}",
            topic.name,
            index,
            b.log_config(topic.name),
            clean=clean,
            recovery_point=saved.get(checkpoints.RECOVERY_POINT, {}).get(key, 0),
            log_start_offset=saved.get(checkpoints.LOG_START, {}).get(key, 0),
            now_ms=b.world.clock.now_ms(),
            wall_ms=b.world.clock.wall_ms(),
            topic_id=topic.id,
            cuts=cuts,
        )
        log.cleaned_offset = saved.get(checkpoints.CLEANER, {}).get(key, -1)
        if b.world.clock.steered:
            log.restore_append_times(b.world.clock.now_ms(), clean=clean)
        for cut in cuts or ():
            b.log.warning("%s; the leader's copy is followed from there", cut)
        return log

    @staticmethod
    def _check_end(log: Log, written: int) -> None:
        if log.end_offset < written:
            log.let_go()
            raise CorruptLog(
                log.path,
                f"it ends at offset {log.end_offset}, and records up to {written - 1} had been "
                "written completely. Restore its segments, or remove "
                "recovery-point-offset-checkpoint to give up what is missing.",
            )

    def _partition(
        self, topic: str, topic_id: bytes, index: int, log: Log, high_watermark: int
    ) -> Partition:
        b = self._broker
        made = Partition(
            topic, topic_id, index, log, high_watermark,
            broker_id=b.node_id, may_join=self._may_join,
        )  # fmt: skip
        made.on_proposal = b.isr_changes.propose
        made.lag_ms = b.config.int("replica.lag.time.max.ms")
        return made

    def _may_join(self, broker_id: int, broker_epoch: int) -> bool:
        """KIP-841, KIP-903: alive, and still the life that fetched."""
        known = self._broker.image.brokers.get(broker_id)
        return known is not None and known.active and broker_epoch in (-1, known.epoch)

    def _out_of_service(self, topic: str, index: int, path: str, error: Exception) -> None:
        reason = str(error) if path in str(error) else f"{path}: {error}"
        self.damaged[topic, index] = reason
        self.keeper.checkpoints.keep((topic, index))
        self._broker.log.error(
            "%s-%d is out of service, and nothing of it was changed: %s", topic, index, reason
        )

    def _set_aside(self, path: str, topic: str, index: int) -> None:
        b = self._broker
        stray = f"{b.directory}/{directories.aside_name(topic, index, 'stray', b.world.random)}"
        b.log.warning("%s is kept as %s", path, stray)
        b.world.storage.rename(path, stray)

    def _host(self, partition: Partition) -> None:
        self._partitions.setdefault(partition.topic, {})[partition.index] = partition

    # -- following the image ------------------------------------------------------------------

    def apply(self, image: Image) -> None:
        """Create, lead, unlead and drop partitions as the image says."""
        gained, lost = Led(), Led()
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
        for name in [n for n in old if n not in image.topics]:
            self._drop_topic(name, lost)
        self._tell_coordinators(gained, lost)

    def _tell_coordinators(self, gained: Led, lost: Led) -> None:
        for topic, coordinator in self._broker.coordinators.items():
            if topic in gained or topic in lost:
                coordinator.leadership_changed(gained.get(topic, []), lost.get(topic, []))

    def _apply_one(
        self,
        topic: TopicImage,
        index: int,
        state: PartitionImage,
        gained: Led,
        lost: Led,
    ) -> None:
        b = self._broker
        if b.node_id not in state.replicas:
            if self.get(topic.name, index) is not None:
                self._drop(topic.name, index, lost)
            return
        if (topic.name, index) in self.damaged:
            return
        partition = self.get(topic.name, index) or self._create(topic, index)
        if partition is None:
            return
        coordinates = topic.name in b.coordinators
        self._set_min_isr(partition, len(state.replicas))
        if state.leader == b.node_id:
            b.fetchers.forget((topic.id, index))
            new = partition.lead(
                state.leader_epoch,
                state.partition_epoch,
                list(state.replicas),
                list(state.isr),
                b.world.clock.mono_ms(),
            )
            if new and coordinates:
                gained.setdefault(topic.name, []).append(index)
            return
        same_term = not partition.is_leader and partition.leader_epoch == state.leader_epoch
        lost_it = partition.follow(state.leader, state.leader_epoch, state.partition_epoch)
        if lost_it and coordinates:
            lost.setdefault(topic.name, []).append(index)
        if not same_term or state.leader < 0:
            b.fetchers.follow(partition)

    def _set_min_isr(self, partition: Partition, replicas: int) -> None:
        wanted = self._broker.topic_config(partition.topic).min_insync_replicas
        partition.min_isr = min(wanted, replicas)

    def _create(self, topic: TopicImage, index: int) -> Partition | None:
        b = self._broker
        path = f"{b.directory}/{directories.partition_name(topic.name, index)}"
        try:
            self.keeper.checkpoints.forget((topic.name, index))
            log = self._open_log(topic, index, clean=True, saved={})
        except OSError as e:
            b.log.error("%s can't be made, and will be tried again: %s", path, e)
            self._unmade.add((topic.name, index))
            b.disk.refused()
            return None
        except (CorruptLog, UserError) as e:
            self._unmade.discard((topic.name, index))
            self._out_of_service(topic.name, index, path, e)
            return None
        self._unmade.discard((topic.name, index))
        partition = self._partition(topic.name, topic.id, index, log, 0)
        self._host(partition)
        return partition

    def try_again(self) -> None:
        """Make the logs that couldn't be made, where they are still wanted."""
        gained = Led()
        for name, index in list(self._unmade):
            topic = self._topics.get(name)
            if topic is None or index not in topic.partitions:
                self._unmade.discard((name, index))
            else:
                self._apply_one(topic, index, topic.partitions[index], gained, Led())
        self._tell_coordinators(gained, Led())

    def _drop_topic(self, name: str, lost: Led) -> None:
        for topic, index in [key for key in self.damaged if key[0] == name]:
            del self.damaged[topic, index]
            path = f"{self._broker.directory}/{directories.partition_name(topic, index)}"
            try:
                self._set_aside(path, topic, index)
            except OSError as e:
                self._broker.log.error("%s can't be set aside: %s", path, e)
        for index in list(self._partitions.get(name, ())):
            self._drop(name, index, lost)

    def _drop(self, name: str, index: int, lost: Led) -> None:
        """Rename the folder out of the way now; its files go later."""
        b = self._broker
        partition = self._partitions[name].pop(index)
        b.fetchers.forget((partition.topic_id, index))
        if not self._partitions[name]:
            del self._partitions[name]
        if partition.follow(-1, partition.leader_epoch, partition.partition_epoch):
            if name in b.coordinators:
                lost.setdefault(name, []).append(index)
        log = partition.log
        path = f"{b.directory}/{directories.aside_name(name, index, 'delete', b.world.random)}"
        try:
            log.move(path)
        except OSError as e:
            b.log.error("%s can't be set aside, and stays as a stray: %s", log.path, e)
            log.let_go()
            return
        self.keeper.remove_later(log)

    def configs_changed(self) -> None:
        """Give every log its topic's settings of now."""
        for p in self.all():
            p.log.config = self._broker.log_config(p.topic)
            p.lag_ms = self._broker.config.int("replica.lag.time.max.ms")
            self._set_min_isr(p, len(p.replicas) or 1)

    def check_lag(self) -> None:
        """Drop from the in-sync sets who lags too far behind."""
        mono_ms = self._broker.world.clock.mono_ms()
        for p in self.all():
            if p.followers is not None:
                p.check_lag(mono_ms)

    def fail(self, partition: Partition, error: OSError) -> None:
        """Its files are in a state that only a start sorts out: out of service until then."""
        name, index = partition.topic, partition.index
        if self.get(name, index) is not partition:
            return
        del self._partitions[name][index]
        self._broker.fetchers.forget((partition.topic_id, index))
        if partition.follow(-1, partition.leader_epoch, partition.partition_epoch):
            if name in self._broker.coordinators:
                self._broker.coordinators[name].leadership_changed([], [index])
        partition.log.let_go()
        self._out_of_service(name, index, partition.log.path, error)

    # -- closing ------------------------------------------------------------------------------

    async def close(self) -> None:
        """Flush and close every log, write all checkpoints: the next start checks nothing."""
        if not self.opened:
            return
        b = self._broker
        sound = await self.keeper.close()
        if sound and not self.damaged:  # else the next start would trust what is damaged
            directories.write_clean_shutdown(b.world.storage, b.directory, b.epoch)

    def abandon(self) -> None:
        """As a killed process leaves it."""
        self.keeper.abandon()
        self.opened = False
