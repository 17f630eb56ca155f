"""What a node says of itself, by its role: votes it asks for, a leader's news, a follower's Fetch.

`drive` is called after everything that may have changed something; it sends what the role asks for
to whoever can take it now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.raft.messages import BeginEpoch, EndEpoch, Fetch, FetchSnapshot, UpdateVoter, Vote
from msklite.raft.state import Role
from msklite.raft.voters import ReplicaKey

if TYPE_CHECKING:
    from msklite.raft.node import Node

PIECE_BYTES = 8 * 1024 * 1024
"""How much of a checkpoint one answer brings at most: Kafka's limit for a metadata Fetch."""


def drive(node: Node, mono_ms: int) -> None:
    """Send what the role asks for to whoever can take it now."""
    state = node.state
    if state.is_leader and node.leaves:
        node.step_down(mono_ms)
    if state.is_leader:
        node.release(mono_ms)
        _announce(node, mono_ms)
    elif state.tally is not None:
        if not state.tally.lost:
            pre_vote = state.role is Role.PROSPECTIVE
            for voter in state.tally.missing():
                _ask_vote(node, voter, pre_vote, mono_ms)
    elif state.role is Role.RESIGNED:
        for voter in [v.key for v in state.voters.others(node.key)]:
            if voter.id in state.unacknowledged and node.peers.ready(voter.id, mono_ms):
                number = node.peers.sent(voter.id, mono_ms)
                node.send(EndEpoch(node.key, voter, number, node.epoch, state.successors))
    elif not node.closing and node.durable == node.tail.end_offset:
        _fetch(node, mono_ms)


def _announce(node: Node, mono_ms: int) -> None:
    """BeginQuorumEpoch to voters that don't fetch from us yet, every half fetch time-out."""
    progress = node.state.progress
    assert progress is not None
    if mono_ms < progress.begin_at:
        return
    progress.begin_at = mono_ms + node.times.fetch_ms // 2
    for voter in node.voters.others(node.key):
        replica = progress.replicas.get(voter.key)
        recent = replica is not None and replica.last_fetch_ms >= 0 and (
            mono_ms - replica.last_fetch_ms < node.times.fetch_ms // 2
        )  # fmt: skip
        if not recent and node.peers.ready(voter.id, mono_ms):
            number = node.peers.sent(voter.id, mono_ms)
            node.send(BeginEpoch(node.key, voter.key, number, node.epoch, node.me.endpoints))


def _ask_vote(node: Node, voter: ReplicaKey, pre_vote: bool, mono_ms: int) -> None:
    # A vote is given for the log we tell of, also after a crash: so it must be on the disk.
    if node.durable == node.tail.end_offset and node.peers.ready(voter.id, mono_ms):
        number = node.peers.sent(voter.id, mono_ms)
        node.send(Vote(node.key, voter, number, node.epoch, node.tail.end, pre_vote))


def _fetch(node: Node, mono_ms: int) -> None:
    """Fetch from the leader; from any voter while there is none, or while it is silent."""
    state, peers = node.state, node.peers
    if state.role is Role.FOLLOWER:
        leader = state.leader.key
        if peers.timed_out(leader.id, mono_ms):
            peers.back_off(leader.id, mono_ms)
        if not peers.backing_off(leader.id, mono_ms):
            if not peers.any_in_flight(mono_ms):
                _send_fetch(node, leader, mono_ms)
            return
    if peers.any_in_flight(mono_ms):
        return
    ready = [v.key for v in state.voters.others(node.key) if peers.ready(v.id, mono_ms)]
    if ready:
        _send_fetch(node, ready[node.random.below(len(ready))], mono_ms)


def _update_due(node: Node, to: ReplicaKey, mono_ms: int) -> bool:
    """Whether the leader should hear that we listen elsewhere than our voters record says."""
    state = node.state
    known = state.voters.voters.get(node.key.id)
    if (
        state.role is not Role.FOLLOWER
        or to.id != state.leader_id
        or not state.is_voter
        or state.history.kraft_version < 1
        or known == node.me
        or mono_ms < node.update_at
    ):
        return False
    node.update_at = mono_ms + 3 * node.times.fetch_ms
    return True


def _send_fetch(node: Node, to: ReplicaKey, mono_ms: int) -> None:
    download = node.download
    if download is not None and download.whole:
        return  # it is being installed
    number = node.peers.sent(to.id, mono_ms)
    if _update_due(node, to, mono_ms):
        node.send(UpdateVoter(node.key, to, number, node.epoch, node.me))
        return
    if download is not None:
        node.send(
            FetchSnapshot(node.key, to, number, node.epoch, download.at, len(download.data),
                          PIECE_BYTES)
        )  # fmt: skip
        return
    high_watermark = -1 if node.high_watermark is None else node.high_watermark
    node.send(
        Fetch(node.key, to, number, node.epoch, node.tail.end_offset, node.tail.last_epoch,
              high_watermark, node.times.fetch_max_wait_ms)
    )  # fmt: skip
