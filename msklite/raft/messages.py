"""What raft nodes say to each other, as plain data: the core's own form of Kafka's messages.

Each class stands for one of Kafka's requests or its answer, reduced to the one partition that is
ever meant, `__cluster_metadata-0`. A request carries `correlation`, which its answer repeats: an
answer to a request that was given up (after a change of role, or a time-out) is ignored.
`to` is whom it goes to; `sender` whom it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from msklite.errors import Code
from msklite.raft.voters import Endpoint, ReplicaKey, Voter


@dataclass(frozen=True, slots=True)
class OffsetEpoch:
    """An end offset and the epoch of the last record below it. Ordered by epoch, then offset."""

    offset: int
    epoch: int

    def at_least(self, other: OffsetEpoch) -> bool:
        return (self.epoch, self.offset) >= (other.epoch, other.offset)


@dataclass(frozen=True, slots=True)
class Vote:
    """VoteRequest. With `pre_vote` (KIP-996) it asks whether an election could be won."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    epoch: int
    log_end: OffsetEpoch
    pre_vote: bool


@dataclass(frozen=True, slots=True)
class BeginEpoch:
    """BeginQuorumEpochRequest: a new leader makes itself known."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    epoch: int
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class EndEpoch:
    """EndQuorumEpochRequest: the leader resigns and names who should follow it, best first."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    epoch: int
    successors: tuple[ReplicaKey, ...]


@dataclass(frozen=True, slots=True)
class Fetch:
    """FetchRequest of a voter or an observer."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    epoch: int
    offset: int
    last_epoch: int
    high_watermark: int
    max_wait_ms: int


@dataclass(frozen=True, slots=True)
class FetchSnapshot:
    """FetchSnapshotRequest: the piece of a checkpoint's file that begins at `position`."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    epoch: int
    snapshot: OffsetEpoch
    position: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class AddVoter:
    """AddRaftVoterRequest: an observer that has caught up shall vote (KIP-853)."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    voter: Voter
    ack_when_committed: bool = True


@dataclass(frozen=True, slots=True)
class RemoveVoter:
    """RemoveRaftVoterRequest: a voter shall vote no longer."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    voter: ReplicaKey


@dataclass(frozen=True, slots=True)
class UpdateVoter:
    """UpdateRaftVoterRequest: a voter listens elsewhere now, or runs at other levels."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    epoch: int
    voter: Voter


@dataclass(frozen=True, slots=True)
class AskVersions:
    """ApiVersionsRequest to a voter-to-be, at the `endpoints` it was added with."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What all answers hold: an error, and the epoch and leader (-1: none) the sender knows."""

    sender: ReplicaKey
    to: ReplicaKey
    correlation: int
    error: Code
    epoch: int
    leader_id: int


@dataclass(frozen=True, slots=True)
class VoteReply(Reply):
    """Whether the vote, or the word given before one, was granted."""

    granted: bool = False


@dataclass(frozen=True, slots=True)
class BeginEpochReply(Reply):
    """The new leader has been heard of."""


@dataclass(frozen=True, slots=True)
class EndEpochReply(Reply):
    """The leader's resignation has been heard of."""


@dataclass(frozen=True, slots=True)
class FetchReply(Reply):
    """At most one of: `diverging` (truncate, and ask again), `snapshot` (fetch that), records.

    The core has no records at hand: a leader's core gives `read_from`, and the shell fills
    `records` with batches from that offset on.
    """

    high_watermark: int = -1
    log_start: int = 0
    diverging: OffsetEpoch | None = None
    snapshot: OffsetEpoch | None = None
    read_from: int | None = None
    records: bytes = b""
    endpoints: tuple[Endpoint, ...] = ()
    """Where the leader listens, for a replica that may not have its voters record."""


@dataclass(frozen=True, slots=True)
class FetchSnapshotReply(Reply):
    """A piece of a checkpoint's file of `size` bytes.

    A leader's core only says whether it may be given, and `max_bytes`; the shell reads `size` and
    `data`, or says SNAPSHOT_NOT_FOUND or POSITION_OUT_OF_RANGE.
    """

    snapshot: OffsetEpoch = OffsetEpoch(-1, -1)
    position: int = 0
    max_bytes: int = 0
    size: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class VoterReply(Reply):
    """What became of a change of the voters; `message` is for people."""

    message: str | None = None


@dataclass(frozen=True, slots=True)
class VersionsReply(Reply):
    """The levels of kraft.version that a node can run at. It tells of no epoch and no leader."""

    min_level: int = 0
    max_level: int = 0


VoterChange: TypeAlias = AddVoter | RemoveVoter | UpdateVoter
Request: TypeAlias = (
    Vote | BeginEpoch | EndEpoch | Fetch | FetchSnapshot | VoterChange | AskVersions
)
Message: TypeAlias = Request | Reply
