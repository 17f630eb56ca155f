"""Answers that a node gets to its own Vote, Begin- and EndQuorumEpoch, Fetch and FetchSnapshot.

First what all answers share: a later epoch makes us step back, a leader we didn't know makes us
follow it, an earlier epoch is old news. Then the request's own meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.errors import Code
from msklite.raft.changes import on_versions
from msklite.raft.control import apply_batches
from msklite.raft.download import Download
from msklite.raft.messages import (
    EndEpochReply,
    FetchReply,
    FetchSnapshotReply,
    Reply,
    VersionsReply,
    VoteReply,
)
from msklite.raft.state import Role
from msklite.wire.batch import BatchError, check_batches

if TYPE_CHECKING:
    from msklite.raft.node import Node

_STEP_BACK = (Code.FENCED_LEADER_EPOCH, Code.NOT_LEADER_OR_FOLLOWER)


def on_reply(node: Node, reply: Reply, mono_ms: int, now_ms: int) -> None:
    """Handle one answer; answers to requests that were given up are ignored."""
    if not node.peers.answered(reply.sender.id, reply.correlation):
        return
    if isinstance(reply, VersionsReply):
        on_versions(node, reply, mono_ms, now_ms)
        return
    if isinstance(reply, VoteReply) and reply.error == Code.UNSUPPORTED_VERSION:
        # A voter older than KIP-996 doesn't know pre-votes: stand for election right away.
        if node.state.role is Role.PROSPECTIVE and node.state.tally is not None:
            node.state.tally.granted.update(node.voters.ids)
            node.maybe_lead(mono_ms, now_ms)
        return
    if _common(node, reply, mono_ms):
        return
    if reply.error != Code.NONE:
        node.drop_download()  # what it no longer has, or never had, it won't give later
        node.peers.back_off(reply.sender.id, mono_ms)
    elif isinstance(reply, VoteReply):
        _on_vote(node, reply, mono_ms, now_ms)
    elif isinstance(reply, FetchReply):
        _on_fetch(node, reply, mono_ms)
    elif isinstance(reply, FetchSnapshotReply):
        _on_piece(node, reply, mono_ms)
    elif isinstance(reply, EndEpochReply):
        node.state.unacknowledged.discard(reply.sender.id)


def _common(node: Node, reply: Reply, mono_ms: int) -> bool:
    """What all answers share; True when that was all there is to it."""
    leader, epoch = reply.leader_id, reply.epoch
    if epoch < node.epoch or reply.error == Code.UNKNOWN_LEADER_EPOCH:
        node.peers.back_off(reply.sender.id, mono_ms)
        return True
    at = reply.endpoints if isinstance(reply, FetchReply) else ()
    followable = (leader in node.voters.voters or bool(at)) and 0 <= leader != node.key.id
    if epoch > node.epoch:
        if followable:
            node.become_follower(epoch, leader, mono_ms, at)
        else:
            node.become_unattached(epoch, -1, mono_ms)
        return True
    lost = node.state.role is Role.UNATTACHED and leader == node.leader_id
    if followable and (node.leader_id < 0 or lost):
        node.become_follower(epoch, leader, mono_ms, at)
        return True
    if reply.error in _STEP_BACK:
        node.peers.back_off(reply.sender.id, mono_ms)
        return True
    return False


def _on_vote(node: Node, reply: VoteReply, mono_ms: int, now_ms: int) -> None:
    tally = node.state.tally
    if tally is None:
        return
    tally.record(reply.sender.id, reply.granted)
    if reply.granted:
        node.maybe_lead(mono_ms, now_ms)
    elif tally.lost and node.state.role is Role.PROSPECTIVE:
        node.give_up(mono_ms)


def _on_fetch(node: Node, reply: FetchReply, mono_ms: int) -> None:
    state = node.state
    if state.role is not Role.FOLLOWER or reply.sender.id != state.leader_id:
        return
    if reply.diverging is not None:
        point = node.tail.end_of_epoch(reply.diverging.epoch)
        cut = point.offset
        if point.epoch == reply.diverging.epoch:
            cut = min(cut, reply.diverging.offset)
        assert state.high_watermark is None or cut >= state.high_watermark, (
            f"leader {reply.sender} asks to truncate to {cut}, below the high watermark "
            f"{state.high_watermark}"
        )
        node.truncate(cut)
    elif reply.snapshot is not None:
        assert state.high_watermark is None or reply.snapshot.offset >= state.high_watermark, (
            f"leader {reply.sender} offers the snapshot {reply.snapshot}, which ends below the "
            f"high watermark {state.high_watermark}"
        )
        node.download = Download(reply.snapshot)
    else:
        if reply.records:
            node.append_fetched(reply.records)
        known = min(reply.high_watermark, node.tail.end_offset)
        if known >= 0 and (state.high_watermark is None or known > state.high_watermark):
            state.high_watermark = known
            node.commit_rose(mono_ms)
    state.fetch_succeeded(mono_ms)


def _on_piece(node: Node, reply: FetchSnapshotReply, mono_ms: int) -> None:
    state, download = node.state, node.download
    if state.role is not Role.FOLLOWER or reply.sender.id != state.leader_id or download is None:
        return
    if not download.take(reply):
        node.drop_download()
        node.peers.back_off(reply.sender.id, mono_ms)
        return
    if download.whole:
        node.hand_over(download)
    state.fetch_succeeded(mono_ms)


def take_records(node: Node, data: bytes) -> bool:
    """Check fetched batches and follow them in our picture of the log; False for damaged ones."""
    try:
        headers = check_batches(data)
    except BatchError:
        return False  # as Kafka: nothing is taken, the next Fetch asks again
    end = node.tail.end_offset
    for header in headers:
        if header.base_offset < end or header.leader_epoch > node.epoch:
            return False
        end = header.next_offset
    for header in headers:
        node.tail.append(header.leader_epoch, node.tail.end_offset, header.next_offset)
    apply_batches(node.state.history, data)
    return bool(headers)
