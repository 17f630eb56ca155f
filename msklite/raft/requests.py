"""Requests that a node gets: Vote, BeginQuorumEpoch, EndQuorumEpoch, Fetch and FetchSnapshot.

Each is checked for its epoch first, may change our role, and gets one answer with our epoch and
leader; a Fetch that finds nothing new waits (`Parked`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msklite.errors import Code
from msklite.raft.changes import on_change
from msklite.raft.messages import (
    AddVoter,
    AskVersions,
    BeginEpoch,
    BeginEpochReply,
    EndEpoch,
    EndEpochReply,
    Fetch,
    FetchReply,
    FetchSnapshot,
    FetchSnapshotReply,
    RemoveVoter,
    Request,
    UpdateVoter,
    Vote,
    VoteReply,
)
from msklite.raft.state import Role
from msklite.raft.voters import Endpoint, ReplicaKey

if TYPE_CHECKING:
    from msklite.raft.node import Node


def on_request(node: Node, request: Request, mono_ms: int, now_ms: int) -> None:
    """Handle one request and send its answer, now or later."""
    if isinstance(request, AddVoter | RemoveVoter | UpdateVoter):
        on_change(node, request, mono_ms, now_ms)
        return
    assert not isinstance(request, AskVersions), "the shell answers ApiVersions"
    if isinstance(request, Fetch):
        _on_fetch(node, request, mono_ms)
        return
    if isinstance(request, FetchSnapshot):
        _on_fetch_snapshot(node, request, mono_ms)
        return
    granted = False
    if isinstance(request, Vote):
        error, granted = _on_vote(node, request, mono_ms)
    elif isinstance(request, BeginEpoch):
        error = _on_begin(node, request, mono_ms)
    else:
        error = _on_end(node, request, mono_ms)
    head = (node.key, request.sender, request.correlation, error, node.epoch, node.leader_id)
    if isinstance(request, Vote):
        node.send(VoteReply(*head, granted=granted))
    elif isinstance(request, BeginEpoch):
        node.send(BeginEpochReply(*head))
    else:
        node.send(EndEpochReply(*head))


def _for_us(node: Node, to: ReplicaKey) -> bool:
    return to.matches(node.key)


def _on_vote(node: Node, vote: Vote, mono_ms: int) -> tuple[Code, bool]:
    end = vote.log_end
    # A candidate's epoch is new, so its log can't hold it yet; before a pre-vote it may.
    illegal = end.epoch > vote.epoch if vote.pre_vote else end.epoch >= vote.epoch
    if illegal or end.offset < 0 or end.epoch < 0 or vote.sender.id < 0:
        return Code.INVALID_REQUEST, False
    if vote.epoch < node.epoch:
        return Code.FENCED_LEADER_EPOCH, False
    if vote.epoch > node.epoch:
        node.become_unattached(vote.epoch, -1, mono_ms)
    if not _for_us(node, vote.to):
        return Code.INVALID_VOTER_KEY, False
    state = node.state
    granted = state.may_grant(vote.sender, end.at_least(node.tail.end), vote.pre_vote)
    if granted and not vote.pre_vote and state.voted is None:
        state.vote_for(vote.sender, mono_ms)
    return Code.NONE, granted


def _hear_of_leader(
    node: Node, leader: ReplicaKey, epoch: int, mono_ms: int, at: tuple[Endpoint, ...] = ()
) -> None:
    known = node.leader_id
    if epoch > node.epoch or known < 0:
        node.become_follower(epoch, leader.id, mono_ms, at)
    else:
        assert known == leader.id, f"two leaders of epoch {epoch}: {leader}, {node.state}"
        if node.state.role in (Role.PROSPECTIVE, Role.UNATTACHED):
            node.become_follower(epoch, leader.id, mono_ms, at)


def _on_begin(node: Node, begin: BeginEpoch, mono_ms: int) -> Code:
    if begin.epoch < node.epoch:
        return Code.FENCED_LEADER_EPOCH
    if begin.sender.id < 0 or begin.sender.id == node.key.id:
        return Code.INVALID_REQUEST
    _hear_of_leader(node, begin.sender, begin.epoch, mono_ms, begin.endpoints)
    return Code.NONE if _for_us(node, begin.to) else Code.INVALID_VOTER_KEY


def _on_end(node: Node, end: EndEpoch, mono_ms: int) -> Code:
    if end.epoch < node.epoch:
        return Code.FENCED_LEADER_EPOCH
    if end.sender.id < 0 or end.sender.id == node.key.id:
        return Code.INVALID_REQUEST
    _hear_of_leader(node, end.sender, end.epoch, mono_ms)
    state = node.state
    if state.role is Role.FOLLOWER and state.may_stand:
        state.deadline = mono_ms + _backoff(node, end.successors)
        state.has_fetched = False
    return Code.NONE


def _backoff(node: Node, successors: tuple[ReplicaKey, ...]) -> int:
    """The first successor stands at once, each next one waits twice as long."""
    place = next((i for i, key in enumerate(successors) if key.matches(node.key)), -1)
    longest = node.times.backoff_max_ms
    if place == 0:
        return 0
    if place < 0:
        return longest
    return min(longest, (longest >> (len(successors) - 1)) << (place - 1))


@dataclass(frozen=True, slots=True)
class Parked:
    """A Fetch that waits for news until `deadline` (mono_ms)."""

    request: Fetch
    deadline: int

    def answer(self, node: Node, mono_ms: int) -> FetchReply:
        return _answer_fetch(node, self.request, mono_ms)


def _on_fetch(node: Node, fetch: Fetch, mono_ms: int) -> None:
    reply = _answer_fetch(node, fetch, mono_ms)
    quiet = (
        reply.error == Code.NONE
        and reply.read_from is None
        and reply.diverging is None
        and reply.snapshot is None
        and reply.high_watermark <= fetch.high_watermark
    )
    if quiet and fetch.max_wait_ms > 0:
        node.parked.append(Parked(fetch, mono_ms + fetch.max_wait_ms))
    else:
        node.send(reply)


def _leaders_epoch(node: Node, epoch: int) -> Code:
    """Whether we lead the epoch that a replica speaks of."""
    if epoch < node.epoch:
        return Code.FENCED_LEADER_EPOCH
    if epoch > node.epoch:
        return Code.UNKNOWN_LEADER_EPOCH
    return Code.NONE if node.state.progress is not None else Code.NOT_LEADER_OR_FOLLOWER


def _answer_fetch(node: Node, fetch: Fetch, mono_ms: int) -> FetchReply:
    progress = node.state.progress
    error = _leaders_epoch(node, fetch.epoch)
    if fetch.offset < 0 or fetch.last_epoch < 0 or fetch.last_epoch > fetch.epoch:
        error = Code.INVALID_REQUEST
    head = (node.key, fetch.sender, fetch.correlation, error, node.epoch, node.leader_id)
    if error != Code.NONE or progress is None:
        return FetchReply(*head, endpoints=node.state.leader.endpoints)
    diverging, snapshot = node.tail.check(fetch.offset, fetch.last_epoch)
    read_from = None
    if diverging is None and snapshot is None:
        end = node.tail.end_offset
        if fetch.sender.id >= 0 and progress.fetched(
            fetch.sender, fetch.offset, end, mono_ms, node.voters
        ):
            node.commit_rose(mono_ms)
        read_from = fetch.offset if fetch.offset < end else None
    return FetchReply(
        *head,
        high_watermark=-1 if progress.high_watermark is None else progress.high_watermark,
        log_start=node.tail.start_offset,
        diverging=diverging,
        snapshot=snapshot,
        read_from=read_from,
    )


def _on_fetch_snapshot(node: Node, fetch: FetchSnapshot, mono_ms: int) -> None:
    progress = node.state.progress
    error = _leaders_epoch(node, fetch.epoch)
    if error == Code.NONE and fetch.position < 0:
        error = Code.POSITION_OUT_OF_RANGE
    if error == Code.NONE and progress is not None:
        progress.heard(fetch.sender, mono_ms, node.voters)
    node.send(
        FetchSnapshotReply(
            node.key, fetch.sender, fetch.correlation, error, node.epoch, node.leader_id,
            snapshot=fetch.snapshot, position=fetch.position,
            max_bytes=fetch.max_bytes,
        )
    )  # fmt: skip
