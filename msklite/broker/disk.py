"""What a broker does when its disk refuses writes: it lets others lead, until the disk takes them.

Rules:
- A refused write of records, or of a new log, asks for a trial. Where the trial is refused too, and
  a broker of another zone is alive, this one asks the controller to fence it (BrokerHeartbeat's
  want_fence): it leaves all in-sync sets and leads nothing, so that producers go on elsewhere.
- Before each later heartbeat it tries again; once a trial is written, it asks to be let in again,
  follows its leaders and joins their in-sync sets as after a restart.
- The brokers of one zone share a disk, so a neighbour is no help. The controller fences no broker
  that can't be spared (`metadata/brokers`): if all disks are full, what is there can still be read.

Kafka halts a broker whose only log directory fails, and a person has to start it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

TRIAL = "disk-trial.tmp"
TRIAL_BYTES = 1 << 20
"""What a disk must take before a broker that it refused trusts it again."""


class Disk:
    """`broker.disk`: whether this broker's directory takes what is written."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._suspect = False
        self._full = False

    def refused(self) -> None:
        """A write has failed: look whether the disk takes anything, at the heartbeat of now."""
        if not self._suspect:
            self._suspect = True
            self._broker.beat()

    def wants_fence(self) -> bool:
        """Asked before each heartbeat: whether others had better lead for us."""
        if not self._suspect:
            return False
        broker = self._broker
        if self._takes():
            self._suspect = False
            if self._full:
                self._full = False
                broker.log.warning("broker %d: its disk takes writes again", broker.node_id)
            return False
        if not any(
            not b.fenced and b.id != broker.node_id and b.rack != broker.rack
            for b in broker.image.brokers.values()
        ):
            return False
        if not self._full:
            self._full = True
            broker.log.error(
                "broker %d: the disk of %s refuses writes; it asks others to lead",
                broker.node_id, broker.directory,
            )  # fmt: skip
        return True

    def _takes(self) -> bool:
        storage, path = self._broker.world.storage, f"{self._broker.directory}/{TRIAL}"
        try:
            storage.write(path, bytes(TRIAL_BYTES), sync=False)
            storage.remove(path)
        except OSError:
            return False
        return True
