"""One hosted partition: its log, who leads it, how far it is committed, and who waits for it.

Rules:
- Only the leader of the current epoch appends; a request that names another epoch is refused with
  FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH (KIP-320).
- The high watermark never goes back within a leader's term. With one replica it is the log's end.
- Watchers are called after the high watermark or the leadership moved; they decide nothing here.

Sources: Kafka's Partition and UnifiedLog.
"""

from __future__ import annotations

from collections.abc import Callable

from msklite.errors import Code
from msklite.log.log import AppendInfo, Log
from msklite.wire.batch import BatchHeader, check_batch
from msklite.wire.primitives import Buffer


class Partition:
    """State of one replica on this broker. `log` holds its records."""

    __slots__ = (
        "high_watermark",
        "index",
        "is_leader",
        "isr",
        "leader",
        "leader_epoch",
        "log",
        "partition_epoch",
        "replicas",
        "topic",
        "topic_id",
        "watchers",
    )

    def __init__(
        self, topic: str, topic_id: bytes, index: int, log: Log, high_watermark: int
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.index = index
        self.log = log
        self.leader = -1
        self.leader_epoch = -1
        self.partition_epoch = -1
        self.is_leader = False
        self.replicas: list[int] = []
        self.isr: list[int] = []
        self.high_watermark = min(max(high_watermark, log.start_offset), log.end_offset)
        self.watchers: set[Callable[[], None]] = set()

    # -- leadership ---------------------------------------------------------------------------

    def lead(
        self, leader_epoch: int, partition_epoch: int, replicas: list[int], isr: list[int]
    ) -> bool:
        """Become (or stay) leader; True when this starts a new term."""
        new = not self.is_leader or leader_epoch != self.leader_epoch
        self.is_leader = True
        self.leader = -1
        self.leader_epoch = leader_epoch
        self.partition_epoch = partition_epoch
        self.replicas, self.isr = replicas, isr
        if new:
            self.log.start_epoch(leader_epoch)
        self.advance()
        return new

    def unlead(self, leader: int, leader_epoch: int, partition_epoch: int) -> bool:
        """Somebody else (or nobody, -1) leads; True when we led until now. Watchers are called."""
        was = self.is_leader
        self.is_leader = False
        self.leader = leader
        self.leader_epoch = leader_epoch
        self.partition_epoch = partition_epoch
        self.notify()
        return was

    def check_leader(self, current_leader_epoch: int) -> Code:
        """NONE when this node leads in the epoch that the client knows (-1: any)."""
        if current_leader_epoch >= 0:
            if current_leader_epoch < self.leader_epoch:
                return Code.FENCED_LEADER_EPOCH
            if current_leader_epoch > self.leader_epoch:
                return Code.UNKNOWN_LEADER_EPOCH
        return Code.NONE if self.is_leader else Code.NOT_LEADER_OR_FOLLOWER

    # -- appending ----------------------------------------------------------------------------

    def append(self, data: Buffer, headers: list[BatchHeader], now_ms: int) -> AppendInfo:
        """Append checked batches as leader, and commit what the in-sync set already has."""
        info = self.log.append(data, headers, self.leader_epoch, now_ms)
        self.advance()
        return info

    def append_local(self, batch: bytearray, now_ms: int) -> AppendInfo:
        """Append a batch that this broker made itself (coordinators' records)."""
        header = check_batch(batch, 0, len(batch))
        return self.append(batch, [header], now_ms)

    # -- commit -------------------------------------------------------------------------------

    def advance(self) -> None:
        """Raise the high watermark to what all in-sync replicas have: alone, to the log's end."""
        if not self.is_leader:
            return
        end = self.log.end_offset
        if end > self.high_watermark:
            self.high_watermark = end
            if self.watchers:
                self.notify()

    def notify(self) -> None:
        """Call all watchers; they take themselves off when they have seen enough."""
        for watcher in tuple(self.watchers):
            watcher()

    @property
    def last_stable_offset(self) -> int:
        """Without transactions: the high watermark."""
        return self.high_watermark
