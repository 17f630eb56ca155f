"""One partition's change: who is in sync, who may lead, who leads, and how a reassignment ends.

    change = rules.change(image, topic, number, may_lead)    # see election.Rules
    change.isr = [...]                                       # what shall become of it
    record = change.build(image.metadata_version)            # None when nothing changes

`may_lead(partition, replica)` says who is alive; `home(replica)` is where a new replica is put.

Rules, as in Kafka's PartitionChangeBuilder (KIP-966 where `with_elr`):
- A leader is an in-sync replica that `may_lead`, the present one if it can. Where none is in
  sync, one of the eligible leader replicas; where there is none of these either, the last known
  leader; and where the topic allows unclean elections any replica. The last two are unclean: the
  new leader alone is in sync then, and recovers (leader_recovery_state 1).
- Without eligible leader replicas the last in-sync replica stays in the set when it goes.
- With them, who leaves the in-sync set while it is below min.insync.replicas becomes eligible: the
  high watermark hasn't moved since, so it has all that is committed. One that came back from an
  unclean shutdown does not (`unclean`).
- A reassignment ends as soon as all that were to be added are in sync.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from msklite.metadata.image import NO_LEADER, PartitionImage
from msklite.metadata.records import MetadataRecord, versioned
from msklite.wire.messages.partition_change_record import PartitionChangeRecord

MayLead = Callable[[PartitionImage, int], bool]
ANY, PREFERRED, UNCLEAN = "any", "preferred", "unclean"
"""Which election: keep a good leader, prefer the first replica, or take whom there is."""
RECOVERED, RECOVERING = 0, 1


class PartitionChange:
    """What shall become of a partition; starts as what it is. Set attributes, then `build`."""

    __slots__ = (
        "_home", "_may_lead", "_min_isr", "_number", "_old", "_topic_id", "_with_elr", "adding",
        "election", "elr", "isr", "recovery", "removing", "replicas", "unclean",
    )  # fmt: skip

    def __init__(
        self,
        topic_id: bytes,
        number: int,
        old: PartitionImage,
        *,
        may_lead: MayLead,
        home: Callable[[int], bytes],
        min_isr: int,
        with_elr: bool,
    ) -> None:
        self._topic_id = topic_id
        self._number = number
        self._old = old
        self._may_lead = may_lead
        self._home = home
        self._min_isr = min_isr
        self._with_elr = with_elr
        self.election = ANY
        self.replicas = list(old.replicas)
        self.isr = list(old.isr)
        self.removing = list(old.removing)
        self.adding = list(old.adding)
        self.elr = list(old.elr)
        self.recovery = old.leader_recovery_state
        self.unclean: Collection[int] = ()

    def build(self, metadata_version: int) -> MetadataRecord | None:
        """The record, or None."""
        old = self._old
        record = PartitionChangeRecord(partition_id=self._number, topic_id=self._topic_id)
        empty = PartitionChangeRecord(partition_id=self._number, topic_id=self._topic_id)
        self._complete_reassignment()
        self._find_eligible()
        unclean = self._elect(record)
        if record.isr is None and (self.isr or self._with_elr) and self.isr != list(old.isr):
            record.isr = self.isr
        if record.leader == empty.leader and not set(old.replicas) <= set(self.replicas):
            record.leader = old.leader  # a new epoch fences the replica that was removed
        self._note_eligible(record, unclean)
        self._note_assignment(record)
        if self.recovery != old.leader_recovery_state and record.leader_recovery_state < 0:
            record.leader_recovery_state = self.recovery
        return None if record == empty else versioned(record, metadata_version)

    # -- reassignment ---------------------------------------------------------------------------

    def _complete_reassignment(self) -> None:
        if not (self.adding or self.removing):
            return
        replicas = [r for r in self.replicas if r not in self.removing]
        isr = [r for r in self.isr if r not in self.removing]
        if not replicas or not isr or not set(self.adding) <= set(isr):
            return
        self.replicas, self.isr = replicas, isr
        self.adding, self.removing = [], []

    def _note_assignment(self, record: PartitionChangeRecord) -> None:
        old = self._old
        if self.removing != list(old.removing):
            record.removing_replicas = self.removing
        if self.adding != list(old.adding):
            record.adding_replicas = self.adding
        if self.replicas != list(old.replicas):
            record.replicas = self.replicas
            record.directories = [
                old.directory(r) if r in old.replicas else self._home(r) for r in self.replicas
            ]

    # -- eligible leaders -----------------------------------------------------------------------

    def _find_eligible(self) -> None:
        if not self._with_elr:
            return
        if len(self.isr) >= min(self._min_isr, len(self.replicas)):
            self.elr = []
            return
        candidates = dict.fromkeys([*self.elr, *self._old.isr])
        self.elr = [
            r
            for r in candidates
            if r not in self.isr and r not in self.unclean and r in self.replicas
        ]

    def _note_eligible(self, record: PartitionChangeRecord, unclean: bool) -> None:
        old = self._old
        led = record.leader >= 0 or (old.leader >= 0 and record.leader != NO_LEADER)
        if self._with_elr and record.isr == [] and old.last_known_elr != (old.leader,):
            if old.leader >= 0:  # the first time that nobody leads
                record.last_known_elr = [old.leader]
        elif (led or not self._with_elr) and old.last_known_elr:
            record.last_known_elr = []
        elr = [] if unclean or not self._with_elr else self.elr
        if record.isr is not None:
            elr = [r for r in elr if r not in record.isr]
        if elr != list(old.elr):
            record.eligible_leader_replicas = elr

    # -- election -------------------------------------------------------------------------------

    def _elect(self, record: PartitionChangeRecord) -> bool:
        """Whether the election was unclean."""
        leader, unclean = self._choose()
        if leader == self._old.leader and not unclean:
            return False
        if leader != self._old.leader:
            record.leader = leader
        if unclean:
            record.isr = [leader]
            if self._old.leader_recovery_state != RECOVERING:
                record.leader_recovery_state = RECOVERING
        elif leader >= 0 and leader not in self.isr:
            self.isr = [leader]  # an eligible one: what it has is all that was committed
            self.elr = [r for r in self.elr if r != leader]
        return unclean

    def _choose(self) -> tuple[int, bool]:
        old = self._old
        order: Sequence[int] = (old.leader, *self.replicas)
        if self.election == PREFERRED:
            order = (self.replicas[0], *order)
        good = self.isr or self.elr
        for replica in order:
            if replica in good and self._may_lead(old, replica):
                return replica, False
        if self._with_elr and not self.isr and not self.elr and len(old.last_known_elr) == 1:
            known = old.last_known_elr[0]
            if known in self.replicas and self._may_lead(old, known):
                return known, True
        if self.election == UNCLEAN:
            for replica in self.replicas:
                if self._may_lead(old, replica):
                    return replica, True
        return NO_LEADER, False
