"""One hosted partition: its log, who leads it, how far it is committed, and who waits for it.

Rules:
- Only the leader of the current epoch appends; a request that names another epoch is refused with
  FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH (KIP-320).
- The high watermark never goes back within a leader's term. With one replica it is the log's end;
  else `followers.py` says how far it may rise.
- The last stable offset is the high watermark, or where the first transaction begins that isn't
  decided, if that is lower.
- A change of the in-sync set is proposed to the controller, one at a time. Until it is answered a
  growing set counts for the high watermark and a shrinking one doesn't.
- Fetch sessions of followers in which it rests (`sessions.py`) are stirred by whatever an answer
  to a follower depends on.
- Watchers are called after the high watermark or the leadership moved, `end_watchers` after an
  append; they decide nothing here.

Sources: Kafka's Partition and UnifiedLog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from msklite.errors import Code
from msklite.log.log import AppendInfo, Log
from msklite.log.verification import Guard
from msklite.partition.followers import Follower, Followers, MayJoin
from msklite.wire.batch import BatchHeader, check_batch
from msklite.wire.primitives import Buffer

Watcher = Callable[[], None]
_KEEP_PENDING = frozenset(
    {
        Code.UNKNOWN_TOPIC_OR_PARTITION, Code.UNKNOWN_TOPIC_ID, Code.FENCED_LEADER_EPOCH,
        Code.INVALID_UPDATE_VERSION, Code.INVALID_REQUEST, Code.NEW_LEADER_ELECTED,
    }
)  # fmt: skip
"""Answers to an AlterPartition after which only newer metadata can tell how things are."""


def _nobody(broker_id: int, broker_epoch: int) -> bool:
    return False


class Resting(Protocol):
    """A follower's session that looks at the partition no more, until it is stirred."""

    def stir(self) -> None:
        """It has changed."""
        ...


class Partition:
    """State of one replica on this broker. `log` holds its records."""

    __slots__ = (
        "_may_join",
        "broker_id",
        "bytes_in",
        "bytes_out",
        "end_watchers",
        "followers",
        "high_watermark",
        "index",
        "is_leader",
        "isr",
        "lag_ms",
        "leader",
        "leader_epoch",
        "led_since",
        "log",
        "min_isr",
        "on_proposal",
        "partition_epoch",
        "pending_isr",
        "records_in",
        "replicas",
        "replicated_in",
        "replicated_out",
        "resting",
        "topic",
        "topic_id",
        "watchers",
    )

    def __init__(
        self,
        topic: str,
        topic_id: bytes,
        index: int,
        log: Log,
        high_watermark: int,
        *,
        broker_id: int = -1,
        may_join: MayJoin = _nobody,
    ) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.index = index
        self.log = log
        self.broker_id = broker_id
        # What has flowed through this replica, for `broker/meters`.
        self.bytes_in = self.bytes_out = self.records_in = 0
        self.replicated_in = self.replicated_out = 0
        self._may_join = may_join
        self.leader = -1
        self.leader_epoch = -1
        self.partition_epoch = -1
        self.is_leader = False
        self.led_since = -1
        """The first epoch of those that this replica has led without a break: since then nothing
        was cut off its log."""
        self.replicas: list[int] = []
        self.isr: list[int] = []
        self.min_isr = 1
        """min.insync.replicas, but never more than there are replicas."""
        self.lag_ms = 30_000
        """replica.lag.time.max.ms"""
        self.followers: Followers | None = None
        self.pending_isr: list[int] | None = None
        self.on_proposal: Callable[[Partition], None] | None = None
        """Called when `pending_isr` wants to be sent to the controller."""
        self.high_watermark = min(max(high_watermark, log.start_offset), log.end_offset)
        self.watchers: dict[Watcher, None] = {}
        """In the order of their coming: a set's would differ from run to run."""
        self.end_watchers: dict[Watcher, None] = {}
        self.resting: dict[Resting, None] = {}

    # -- leadership ---------------------------------------------------------------------------

    def lead(
        self,
        leader_epoch: int,
        partition_epoch: int,
        replicas: list[int],
        isr: list[int],
        mono_ms: int = 0,
    ) -> bool:
        """Become (or stay) leader; True when this starts a new term."""
        new = not self.is_leader or leader_epoch != self.leader_epoch
        if not new and partition_epoch <= self.partition_epoch:
            return False  # the controller's answer to our own proposal was here first
        if not self.is_leader:
            self.led_since = leader_epoch
        self.is_leader = True
        self.leader = self.broker_id
        self.leader_epoch = leader_epoch
        self.partition_epoch = partition_epoch
        self.replicas, self.isr = replicas, isr
        self.pending_isr = None
        if new:
            self.log.start_epoch(leader_epoch)
            self.followers = None
        if len(replicas) == 1:
            self.followers = None
        elif self.followers is None:
            self.followers = Followers(
                self.broker_id,
                replicas,
                isr,
                self.log.end_offset,
                self.lag_ms,
                self._may_join,
                mono_ms,
            )
        else:
            self.followers.commit_isr(isr)
            self.followers.assign(replicas, mono_ms)
        self.advance(mono_ms)
        self.stir()
        return new

    def follow(self, leader: int, leader_epoch: int, partition_epoch: int) -> bool:
        """Somebody else (or nobody, -1) leads; True when we led until now. Watchers are called."""
        was = self.is_leader
        self.is_leader = False
        self.leader = leader
        self.leader_epoch = leader_epoch
        self.partition_epoch = partition_epoch
        self.followers = None
        self.pending_isr = None
        self.isr = []
        self.stir()
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

    def append(
        self,
        data: Buffer,
        headers: list[BatchHeader],
        now_ms: int,
        mono_ms: int = 0,
        guard: Guard | None = None,
    ) -> AppendInfo:
        """Append checked batches as leader, and commit what the in-sync set already has."""
        info = self.log.append(data, headers, self.leader_epoch, now_ms, guard)
        self.bytes_in += len(data)
        self.records_in += info.last_offset - info.first_offset + 1
        self.advance(mono_ms)
        if self.resting:
            self.stir()
        if self.end_watchers:
            _call(self.end_watchers)
        return info

    def append_local(
        self, batch: bytearray, now_ms: int, mono_ms: int = 0, guard: Guard | None = None
    ) -> AppendInfo:
        """Append a batch that this broker made itself (coordinators' records)."""
        header = check_batch(batch, 0, len(batch))
        return self.append(batch, [header], now_ms, mono_ms, guard)

    def append_marker(
        self, batch: bytearray, transaction_version: int, now_ms: int, mono_ms: int = 0
    ) -> AppendInfo:
        """Append the marker of a transaction; KafkaError where it is out of date."""
        info = self.log.append_marker(batch, transaction_version, self.leader_epoch, now_ms)
        self.advance(mono_ms)
        if self.resting:
            self.stir()
        if self.end_watchers:
            _call(self.end_watchers)
        return info

    def enough_in_sync(self) -> bool:
        """Whether acks=all can be had now."""
        return len(self.isr) >= self.min_isr

    def committed(self, offset: int, leader_epoch: int) -> Code | None:
        """What an acks=all request up to `offset` is answered with; None: not yet.

        It was appended in `leader_epoch`; a new epoch of the same leader, as at the end of a
        reassignment, takes nothing away.
        """
        if not self.is_leader or leader_epoch < self.led_since:
            return Code.NOT_LEADER_OR_FOLLOWER
        if self.high_watermark < offset:
            return None
        maximal = self.isr if self.followers is None else self.followers.maximal
        return Code.NONE if len(maximal) >= self.min_isr else Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND

    # -- commit -------------------------------------------------------------------------------

    def advance(self, mono_ms: int) -> None:
        """Raise the high watermark to what all in-sync replicas have: alone, to the log's end."""
        if not self.is_leader:
            return
        end = self.log.end_offset
        if self.followers is not None:
            end = self.followers.high_watermark(end, self.min_isr, mono_ms)
        if end > self.high_watermark:
            self.high_watermark = end
            self.log.committed(end)
            if self.resting:
                self.stir()
            if self.watchers:
                self.notify()

    def notify(self) -> None:
        """Call all watchers; they take themselves off when they have seen enough."""
        _call(self.watchers)
        _call(self.end_watchers)

    def stir(self) -> None:
        """Followers' sessions look at it again: its end, its start, how far it is committed, or who
        leads has changed."""
        for one in tuple(self.resting):
            one.stir()

    @property
    def behind_its_epoch(self) -> bool:
        """The leader doesn't know yet that all before its epoch is committed."""
        return self.followers is not None and self.high_watermark < self.followers.epoch_start

    @property
    def last_stable_offset(self) -> int:
        """Below it every transaction is decided, and that is committed."""
        mark, log = self.high_watermark, self.log
        first = log.first_undecided()
        if not 0 <= first < mark:
            return mark
        log.committed(mark)  # what the log has loaded since then doesn't know how far that is
        first = log.first_undecided()
        return first if 0 <= first < mark else mark

    def low_watermark(self, alive: Callable[[int], bool]) -> int:
        """Below it no living replica keeps anything, as far as the leader knows."""
        start = self.log.start_offset
        return start if self.followers is None else self.followers.low_watermark(start, alive)

    # -- followers ----------------------------------------------------------------------------

    def follower_fetched(
        self, replica_id: int, broker_epoch: int, offset: int, start_offset: int, mono_ms: int
    ) -> bool:
        """A follower asks from `offset` on; False when it is no replica, or an old life of one."""
        followers = self.followers
        follower = None if followers is None else followers.remote.get(replica_id)
        if followers is None or follower is None:
            return False
        moved = start_offset > follower.start_offset
        end = self.log.end_offset
        if not follower.fetched(offset, start_offset, broker_epoch, end, mono_ms):
            return False
        if moved and self.watchers:
            _call(self.watchers)  # DeleteRecords waits for the low watermark
        if self.pending_isr is None and followers.may_join(follower, self.high_watermark):
            self._propose([*self.isr, replica_id], growing=True)
        self.advance(mono_ms)
        return True

    def settled(self, replica_id: int) -> Follower | None:
        """The follower, when it is in sync and has all: its next question would tell nothing."""
        followers = self.followers
        found = None if followers is None else followers.remote.get(replica_id)
        if (
            followers is None
            or found is None
            or found.end_offset != self.log.end_offset
            or replica_id not in followers.isr
        ):
            return None
        return found

    def check_lag(self, mono_ms: int) -> None:
        """Propose to drop those that lag too far behind."""
        if self.followers is None or self.pending_isr is not None:
            return
        late = self.followers.lagging(self.log.end_offset, mono_ms)
        if late:
            self._propose([r for r in self.isr if r not in late], growing=False)
        else:
            self.advance(mono_ms)  # a caught-up outsider may have stopped being one

    def _propose(self, isr: list[int], *, growing: bool) -> None:
        assert self.followers is not None
        self.pending_isr = isr
        if growing:
            self.followers.maximal = tuple(isr)
        if self.on_proposal is not None:
            self.on_proposal(self)

    def isr_answered(
        self, code: Code, leader_epoch: int, partition_epoch: int, isr: Iterable[int], mono_ms: int
    ) -> bool:
        """The controller's answer to `pending_isr`; True: ask it again."""
        if self.pending_isr is None or self.followers is None:
            return False
        if code == Code.NONE:
            if leader_epoch == self.leader_epoch and partition_epoch >= self.partition_epoch:
                self.isr = list(isr)
                self.partition_epoch = partition_epoch
                self.followers.commit_isr(self.isr)
                self.pending_isr = None
                self.advance(mono_ms)
                self.stir()
            return False
        if code == Code.INELIGIBLE_REPLICA:
            self.followers.commit_isr(self.isr)
            self.pending_isr = None
            return False
        return code not in _KEEP_PENDING


def _call(watchers: dict[Watcher, None]) -> None:
    for watcher in tuple(watchers):
        watcher()
