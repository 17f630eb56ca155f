"""What must hold in the zones, looked at after every event that brought bytes or changed a disk.

- A quorum epoch has one leader, in one life of it, and a node votes once in an epoch; no node's
  epoch goes back, over restarts neither.
- What was committed to the metadata log stays: a restarted zone has it again. At one offset the
  image is the same wherever and whenever it was applied.
- A partition has one leader in a leader epoch, who has all that was acknowledged or read. Within
  its term the high watermark, the last stable offset and the log's end never go back; the high
  watermark lies between the log's start and its end. At rest, replicas agree below it.
- A zone follows what it was told of the cluster's clock, over restarts too; once steered, that
  doesn't go back.
- However compacted logs were cleaned, replicas end up with the same values, and a reader with the
  last one of each key.
- No producer id is given out twice. A zone starts again after anything but a broken disk. Nothing
  is logged as unexpected, and no task dies unheard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from msklite.metadata.records import encode_record
from msklite.raft.voters import ReplicaKey
from msklite.wire.batch import iter_headers
from msklite.wire.records import Control, control_kind, iter_records
from tests.sim import keyed, peek
from tests.sim.model import Key

if TYPE_CHECKING:
    from msklite.broker.broker import Broker
    from msklite.metadata.image import Image
    from msklite.partition.partition import Partition
    from msklite.zone.zone import Zone
    from tests.sim.cluster import Machine
    from tests.sim.process import Process
    from tests.sim.world import Sim

REFUSED = ("later segments follow it", "sound ones follow from byte")


class Checks:
    """See the module. `violations` are sentences."""

    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self.violations: list[str] = []
        self.machines: dict[int, Machine] = {}
        """By the number of the process that runs there."""
        self.refused = False
        """A partition is out of service until a person has looked at its disk: the run ends."""
        self._epochs: dict[ReplicaKey, int] = {}
        self._leaders: dict[int, Process | None] = {}
        self._votes: dict[tuple[ReplicaKey, int], Any] = {}
        self._images: dict[int, int] = {}
        self._image_offset = -1
        self._seen_images: dict[str, Any] = {}
        self._applied: dict[str, int] = {}
        self._partition_leaders: dict[tuple[bytes, int, int], int] = {}
        self._latest_terms: dict[tuple[bytes, int], int] = {}
        self._terms: dict[tuple[int, int, str, int], tuple[int, int, int]] = {}
        self._flushed: dict[str, dict[Key, int]] = {}
        self._producer_ids: dict[tuple[int, int], str] = {}
        self._stable: dict[tuple[int, int, str, int], tuple[int, int]] = {}
        self._deposed_us: dict[str, int] = {}
        self._times: dict[int, int] = {}
        self._compacted_rows: dict[tuple[bytes, int], tuple[int, Any, Any]] = {}

    def blame(self, text: str) -> None:
        """A promise was broken."""
        self.violations.append(text)
        self.sim.trace.add("CHECK", "%s", text)

    # -- what others report -------------------------------------------------------------------

    def failed(self, process: Process, text: str, error: BaseException | None) -> None:
        """Something was raised where nobody catches."""
        if process.state != 2:
            self.blame(f"{process}: {text}")

    def producer_id(self, producer_id: int, epoch: int, name: str) -> None:
        """A producer id was given to a client."""
        key = (producer_id, epoch)
        if self._producer_ids.setdefault(key, name) != name or producer_id < 0:
            self.blame(f"producer id {producer_id} was given to {name} and others")

    def start_failed(self, machine: Machine, error: Exception) -> None:
        """A zone refused to start. One that must heal waits for a leader, and not for ever."""
        if not machine.faulty and "no other controller leads" not in str(error):
            self.blame(f"{machine.site} couldn't start: {error}")

    def _damaged(self, machine: Machine, why: str) -> None:
        """A partition is out of service."""
        if machine.lost_power and any(text in why for text in REFUSED):
            # msklite never cuts sound records away, and a power loss between two segments, neither
            # flushed, can leave the later one whole: that is for a person to decide.
            self.refused = True
        elif not machine.faulty:
            self.blame(f"{machine.site}: {why}")

    def started(self, machine: Machine) -> None:
        """A zone says that it is up."""
        zone = machine.zone
        assert zone is not None
        if len(self.sim.machines) == 1 and zone.image.offset < self._image_offset:
            self.blame(
                f"{machine.site}: metadata was committed up to {self._image_offset}, "
                f"and is back at {zone.image.offset}"
            )

    def follows(self, machine: Machine, version: int) -> None:
        """A zone that has started knows how the clock was steered before."""
        assert machine.zone is not None
        known = machine.zone.world.clock.state.version
        if known < version:
            self.blame(f"{machine.site} follows version {known} of the clock, not {version}")

    def _clock(self, machine: Machine, zone: Zone) -> None:
        """Once steered, the cluster's time never goes back within a life."""
        clock = zone.world.clock
        if clock.steered:
            assert machine.process is not None
            now = clock.now_ms()
            if now < self._times.get(machine.process.number, 0):
                self.blame(f"{machine.site}: the cluster's clock went back to {now}")
            self._times[machine.process.number] = now

    def life_ended(self, machine: Machine) -> None:
        """What holds within one life only is forgotten."""
        assert machine.process is not None
        if machine.zone is not None:
            for broker, partition in peek.partitions(machine.zone):
                self._partition(machine, broker, partition)
                if self._deposed(partition.leader_epoch if partition.is_leader else -1, partition):
                    self._deposed_us[partition.topic] = self.sim.loop.now_us
        self.machines.pop(machine.process.number, None)
        self._seen_images.pop(machine.site, None)

    def power_fails(self, machine: Machine) -> None:
        """What wasn't flushed there may be lost; one replica has no other copy."""
        if machine.process is not None:
            self.after(machine.process)
        if len(self.sim.machines) > 1:
            return  # other replicas have it: the nemesis keeps to the fault model
        flushed = self._flushed.get(machine.site, {})
        for key in self.sim.model.partitions:
            self.sim.model.power_lost(key, flushed.get(key, 0))
        self.sim.model.groups_power_lost()

    # -- after an event -----------------------------------------------------------------------

    def after(self, process: Process) -> None:
        """Look at the zone of that process, if it is one."""
        machine = self.machines.get(process.number)
        if machine is None or machine.zone is None:
            return
        zone = machine.zone
        node = peek.raft(zone)
        if node is None:
            return
        if not peek.broken(zone):  # an epoch that couldn't be kept was told to nobody
            self._quorum(machine, node)
        self._clock(machine, zone)
        image = peek.image(zone)
        if image is not self._seen_images.get(machine.site):
            self._seen_images[machine.site] = image
            self._image(machine, image)
        for why in peek.damaged(zone):
            self._damaged(machine, why)
        for broker, partition in peek.partitions(zone):
            self._partition(machine, broker, partition)

    def _quorum(self, machine: Machine, node: Any) -> None:
        node_id, key = node.key.id, node.key  # with another directory it is another replica
        epoch = node.epoch
        known = self._epochs.get(key, -1)
        if epoch != known:
            if epoch < known:
                self.blame(f"controller {node_id}: epoch {known} went back to {epoch}")
            self._epochs[key] = epoch
        life = machine.process
        if node.is_leader and self._leaders.setdefault(epoch, life) is not life:
            self.blame(f"epoch {epoch} has two leaders: {self._leaders[epoch]} and {life}")
        voted = node.state.voted
        if voted is not None and self._votes.setdefault((key, epoch), voted) != voted:
            self.blame(f"controller {node_id} voted twice in epoch {epoch}")

    def _image(self, machine: Machine, image: Image | None) -> None:
        if image is None or image.offset < 0:
            return
        self._image_offset = max(self._image_offset, image.offset)
        digest = 0
        for raw in sorted(encode_record(record) for record in image.to_records()):
            digest = crc32(raw, digest)
        if self._images.setdefault(image.offset, digest) != digest:
            self.blame(f"{machine.site}: the image at offset {image.offset} isn't what it was")

    def _partition(self, machine: Machine, broker: Broker, p: Partition) -> None:
        assert machine.process is not None
        where = (machine.process.number, broker.node_id, p.topic, p.index)
        log = p.log
        end, watermark = log.end_offset, p.high_watermark
        now = (p.leader_epoch if p.is_leader else -1, watermark, end)
        flushed = self._flushed.setdefault(machine.site, {})
        if log.recovery_point > flushed.get((p.topic, p.index), 0):
            flushed[p.topic, p.index] = log.recovery_point
        before = self._terms.get(where)
        if before == now:
            return
        self._terms[where] = now
        if before is not None and before[0] != now[0] and self._deposed(before[0], p):
            self._deposed_us[p.topic] = self.sim.loop.now_us
        name = f"{p.topic}-{p.index} on broker {broker.node_id}"
        if not log.start_offset <= watermark <= end:
            self.blame(f"{name}: high watermark {watermark} isn't in {log.start_offset}..{end}")
        if now[0] < 0:
            return
        if before is None or before[0] != now[0]:
            self._begins_to_lead(p, name)
        term = (p.topic_id, p.index, p.leader_epoch)
        if self._partition_leaders.setdefault(term, broker.node_id) != broker.node_id:
            self.blame(f"{name}: epoch {p.leader_epoch} has another leader")
        if before is not None and before[0] == now[0]:
            if watermark < before[1]:
                self.blame(f"{name}: high watermark {before[1]} went back to {watermark}")
            if end < before[2]:
                self.blame(f"{name}: log end {before[2]} went back to {end}")
        stable = p.last_stable_offset
        term_before, stable_before = self._stable.get(where, (-1, 0))
        if term_before == p.leader_epoch and stable < stable_before:
            self.blame(f"{name}: last stable offset {stable_before} went back to {stable}")
        self._stable[where] = (p.leader_epoch, stable)

    def _deposed(self, term: int, p: Partition) -> bool:
        """Whether another has led since that term."""
        return 0 <= term < self._latest_terms.get((p.topic_id, p.index), -1)

    def deposed(self, topic: str, within_us: int) -> bool:
        """Whether somebody led a partition of that topic lately who had been deposed and didn't
        know: it was frozen or cut off."""
        if self.sim.loop.now_us - self._deposed_us.get(topic, -within_us) < within_us:
            return True
        return any(
            p.topic == topic and p.is_leader and self._deposed(p.leader_epoch, p)
            for machine in self.sim.machines
            if machine.zone is not None
            for _, p in peek.partitions(machine.zone)
        )

    def _begins_to_lead(self, p: Partition, name: str) -> None:
        """A new leader has all that was acknowledged or read.

        But one that was frozen may hear of its term when others have led since: they were asked.
        """
        place = (p.topic_id, p.index)
        self._latest_terms[place] = max(self._latest_terms.get(place, -1), p.leader_epoch)
        if p.leader_epoch < self._latest_terms[place]:
            return
        known = self.sim.model.partitions.get((p.topic, p.index))
        last = max(known.at, default=-1) if known is not None else -1
        if last >= p.log.end_offset:
            self.blame(
                f"{name} leads in epoch {p.leader_epoch} up to {p.log.end_offset} only, "
                f"and offset {last} was acknowledged or read"
            )

    def _compacted(self, broker: Broker, p: Partition) -> None:
        """Replicas clean each for themselves: a record that both have is the same, and so is what a
        reader ends up with where they are committed up to the same offset."""
        rows: dict[int, tuple[bytes | None, bytes | None]] = {}
        open_: dict[int, list[int]] = {}
        aborted: dict[int, None] = {}
        for segment in p.log.segments:
            data = segment.open().read(0, segment.size)
            at = 0
            for header in iter_headers(data):
                if header.next_offset > p.high_watermark:
                    break
                records = list(iter_records(data, at))
                at += header.length
                if header.is_control:
                    mine = open_.pop(header.producer_id, ())
                    if records and control_kind(records[0].key) is Control.ABORT:
                        aborted.update(dict.fromkeys(mine))
                    continue
                rows |= {r.offset: (r.key, r.value) for r in records}
                if header.is_transactional:
                    open_.setdefault(header.producer_id, []).extend(r.offset for r in records)
        decided = dict(row for offset, row in rows.items() if offset not in aborted)
        state = {k: v for k, v in decided.items() if v is not None}
        now = (p.high_watermark, rows, state)
        other = self._compacted_rows.setdefault((p.topic_id, p.index), now)
        name = f"{p.topic}-{p.index} on broker {broker.node_id}"
        if any(other[1][offset] != row for offset, row in rows.items() if offset in other[1]):
            self.blame(f"{name} has another record at an offset than another replica")
        if len(self.sim.machines) == 1 and self.sim.machines[0].lost_power:
            return  # it took the newer value from one replica after the other had cleaned for it
        differ = {k for k, v in {*state.items()} ^ {*other[2].items()} if not self._gone(p, k)}
        if other[0] == now[0] and differ:
            self.blame(f"{name} doesn't end up with the same values as another replica")

    def _gone(self, p: Partition, key: bytes | None) -> bool:
        """Whether a key was deleted last: a replica that was away longer than tombstones are kept
        never hears of it and keeps the value before, as Apache Kafka's followers do."""
        producer = self.sim.keyed.producer
        return (
            p.topic == keyed.KEY[0] and producer is not None and producer.last.get(key, b"") is None
        )

    def at_rest(self) -> None:
        """All is healed and nobody writes: replicas agree below the high watermark."""
        first: dict[tuple[bytes, int], tuple[str, bytes]] = {}
        for machine in self.sim.machines:
            if machine.zone is None:
                continue
            for broker, p in peek.partitions(machine.zone):
                if p.log.config.compacted:
                    self._compacted(broker, p)
                    continue
                raw = bytearray()
                offset = p.log.start_offset
                while offset < p.high_watermark:
                    piece = p.log.read(offset, 1 << 20, p.high_watermark, True).read()
                    headers = list(iter_headers(piece))
                    raw += piece[: sum(h.length for h in headers)]  # the last one may be cut
                    offset = headers[-1].next_offset if headers else p.high_watermark
                name = f"{p.topic}-{p.index} on broker {broker.node_id}"
                other, data = first.setdefault((p.topic_id, p.index), (name, bytes(raw)))
                n = min(len(data), len(raw))
                if data[:n] != raw[:n]:
                    self.blame(f"{name} isn't what {other} is, below the high watermark")
