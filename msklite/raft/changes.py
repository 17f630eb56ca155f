"""Changes of the voter set, one at a time: Add-, Remove- and UpdateRaftVoter, at the leader.

    asked        AddVoter only: what levels of kraft.version the new voter can run at
    appended     the new set is in the leader's log, and in force at once
    committed    a majority of the new set has it: whoever asked is answered

Rules (AddVoterHandler, RemoveVoterHandler, UpdateVoterHandler):
- A change begins only when none is under way, the leader's own epoch has committed something, and
  the newest voters record is committed: two sets that follow each other share a majority.
- A new voter follows already and was caught up within the last hour; so the high watermark needn't
  wait for it.
- A leader that isn't in the set it committed resigns; until then it leads, and isn't counted.
  While its removal isn't committed a node may even be elected: it may have the longest log.
- The only voter can't be removed. Kafka's leader would fail on the empty set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msklite.errors import Code
from msklite.raft.messages import (
    AddVoter,
    AskVersions,
    RemoveVoter,
    UpdateVoter,
    VersionsReply,
    VoterChange,
    VoterReply,
)
from msklite.raft.voters import VoterSet

if TYPE_CHECKING:
    from msklite.raft.node import Node

CAUGHT_UP_MS = 3_600_000
_BUSY = "Request timed out waiting for leader to handle previous voter change request"
_NO_WATERMARK = (
    "Request timed out waiting for leader to establish HWM and fence previous voter changes"
)
_NOT_COMMITTED = "Request timed out waiting for voters to commit the latest voter change"


@dataclass(slots=True)
class Pending:
    """The change under way. `offset`: where its voters record stands, -1 before it is appended."""

    request: AddVoter | RemoveVoter
    deadline: int
    offset: int = -1


def on_change(node: Node, request: VoterChange, mono_ms: int, now_ms: int) -> None:
    """Begin a change, or refuse it."""
    error, text = _refusal(node, request, mono_ms)
    if error:
        _answer(node, request, error, text)
    elif isinstance(request, AddVoter):
        _add(node, request, mono_ms)
    elif isinstance(request, RemoveVoter):
        last = node.append_voters(node.voters.without(request.voter), now_ms)
        deadline = mono_ms + node.times.request_ms
        node.change = Pending(request, deadline, last)
    else:
        node.append_voters(node.voters.with_voter(request.voter), now_ms)
        _answer(node, request, Code.NONE)


def _refusal(node: Node, request: VoterChange, mono_ms: int) -> tuple[Code, str | None]:
    """Why not now, or not at all."""
    progress, history = node.state.progress, node.state.history
    if isinstance(request, UpdateVoter) and request.epoch != node.epoch:
        older = request.epoch < node.epoch
        return (Code.FENCED_LEADER_EPOCH if older else Code.UNKNOWN_LEADER_EPOCH), None
    if progress is None:
        return Code.NOT_LEADER_OR_FOLLOWER, None
    if node.closing:
        return Code.BROKER_NOT_AVAILABLE, None
    listener = node.me.endpoints[0].name if node.me.endpoints else ""
    if not isinstance(request, RemoveVoter) and not any(
        e.name == listener for e in request.voter.endpoints
    ):
        return Code.INVALID_REQUEST, (
            f"Add voter request didn't include the endpoint for the default listener {listener}"
        )
    expire(node, mono_ms)
    if node.change is not None:
        return Code.REQUEST_TIMED_OUT, _BUSY
    if progress.high_watermark is None:
        return Code.REQUEST_TIMED_OUT, _NO_WATERMARK
    if history.kraft_version < 1:
        return Code.UNSUPPORTED_VERSION, (
            "Cluster doesn't support changing its voters because the kraft.version feature is 0"
        )
    if history.last_offset >= progress.high_watermark:
        return Code.REQUEST_TIMED_OUT, _NOT_COMMITTED
    return _misfit(node.voters, request, history.kraft_version)


def _misfit(voters: VoterSet, request: VoterChange, level: int) -> tuple[Code, str | None]:
    """Whether the change makes sense for the set that is in force."""
    if isinstance(request, AddVoter):
        if request.voter.id in voters.voters:
            return Code.DUPLICATE_VOTER, (
                f"The voter id for {request.voter.key} is already part of the set of voters "
                f"{list(voters.ids)}."
            )
    elif isinstance(request, RemoveVoter):
        if not voters.is_voter(request.voter):
            return Code.VOTER_NOT_FOUND, (
                f"Cannot remove voter {request.voter} from the set of voters {list(voters.ids)}"
            )
        if len(voters.voters) == 1:
            return Code.INVALID_REQUEST, f"{request.voter} is the only voter and can't be removed"
    else:
        voter = request.voter
        if not voter.min_kraft_version <= level <= voter.max_kraft_version:
            return Code.INVALID_REQUEST, None
        if not voters.is_voter(voter.key):
            return Code.VOTER_NOT_FOUND, None
    return Code.NONE, None


def _add(node: Node, request: AddVoter, mono_ms: int) -> None:
    voter = request.voter
    if not node.peers.ready(voter.id, mono_ms):
        text = f"New voter {voter.key} is not ready to receive requests"
        _answer(node, request, Code.REQUEST_TIMED_OUT, text)
        return
    number = node.peers.sent(voter.id, mono_ms)
    node.send(AskVersions(node.key, voter.key, number, voter.endpoints))
    node.change = Pending(request, mono_ms + node.times.request_ms)


def on_versions(node: Node, reply: VersionsReply, mono_ms: int, now_ms: int) -> None:
    """The new voter told what it can do: append the set with it, or give up."""
    pending = node.change
    if pending is None or pending.offset >= 0 or not isinstance(pending.request, AddVoter):
        return
    request, progress = pending.request, node.state.progress
    voter = request.voter
    if progress is None or voter.id != reply.sender.id:
        return
    if reply.error:
        text = f"Aborted add voter operation for since API_VERSIONS returned an error {reply.error}"
        _end(node, Code.REQUEST_TIMED_OUT, text)
        return
    level = node.state.history.kraft_version
    if not reply.min_level <= level <= reply.max_level:
        _end(
            node, Code.INVALID_REQUEST,
            f"Aborted add voter operation for {voter.key} since the kraft.version range (min: "
            f"{reply.min_level}, max: {reply.max_level}) doesn't support the finalized version "
            f"{level}",
        )  # fmt: skip
        return
    if not progress.caught_up(voter.key, mono_ms - CAUGHT_UP_MS):
        text = f"Aborted add voter operation for {voter.key} since it is lagging behind"
        _end(node, Code.REQUEST_TIMED_OUT, text)
        return
    added = voter.at_levels(reply.min_level, reply.max_level)
    pending.offset = node.append_voters(node.voters.with_voter(added), now_ms)
    if not request.ack_when_committed:
        _answer(node, request, Code.NONE)


def unreachable(node: Node, peer_id: int) -> None:
    """A node that was to be added doesn't answer."""
    pending = node.change
    if pending is not None and pending.offset < 0 and pending.request.voter.id == peer_id:
        _end(
            node, Code.REQUEST_TIMED_OUT,
            "Aborted add voter operation for since API_VERSIONS returned an error "
            "BROKER_NOT_AVAILABLE",
        )  # fmt: skip


def committed(node: Node) -> None:
    """The high watermark rose."""
    pending, watermark = node.change, node.high_watermark
    if watermark is None:
        return
    if pending is not None and 0 <= pending.offset < watermark:
        _end(node, Code.NONE)
    if node.state.history.last_offset < watermark and not node.voters.is_voter(node.key):
        node.leaves = node.is_leader


def expire(node: Node, mono_ms: int) -> None:
    """Whoever waits too long is told so; the record, if there is one, goes its way."""
    if node.change is not None and mono_ms >= node.change.deadline:
        _end(node, Code.REQUEST_TIMED_OUT)


def refuse(node: Node, code: Code) -> None:
    """This node leads no longer."""
    if node.change is not None:
        _end(node, code)


def _end(node: Node, error: Code, text: str | None = None) -> None:
    pending, node.change = node.change, None
    assert pending is not None
    request = pending.request
    told = isinstance(request, AddVoter) and not request.ack_when_committed and pending.offset >= 0
    if not told:
        _answer(node, request, error, text)


def _answer(node: Node, request: VoterChange, error: Code, text: str | None = None) -> None:
    node.send(
        VoterReply(
            node.key, request.sender, request.correlation, error, node.epoch, node.leader_id,
            message=text,
        )
    )  # fmt: skip
