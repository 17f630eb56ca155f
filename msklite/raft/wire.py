"""Raft's messages as Kafka's Vote, Begin- and EndQuorumEpoch, Fetch and FetchSnapshot, both ways.

Rules:
- Each of these requests names one partition, `__cluster_metadata-0`; what names another is
  INVALID_REQUEST or UNKNOWN_TOPIC_OR_PARTITION, as in Kafka, and never reaches the core.
- The wire has no correlation of its own here: who sends a request keeps it and gives it back with
  the answer; for a request that comes in the shell makes one up.
- Answers carry errors of the whole request and of the partition; the core sees one code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from msklite.errors import Code
from msklite.raft import voter_wire
from msklite.raft.messages import (
    AskVersions,
    BeginEpoch,
    BeginEpochReply,
    EndEpoch,
    EndEpochReply,
    Fetch,
    FetchReply,
    FetchSnapshot,
    FetchSnapshotReply,
    OffsetEpoch,
    Reply,
    Request,
    UpdateVoter,
    Vote,
    VoteReply,
)
from msklite.raft.voters import Endpoint, ReplicaKey
from msklite.wire.messages import begin_quorum_epoch_request as begin_request
from msklite.wire.messages import begin_quorum_epoch_response as begin_response
from msklite.wire.messages import end_quorum_epoch_request as end_request
from msklite.wire.messages import end_quorum_epoch_response as end_response
from msklite.wire.messages import fetch_request, fetch_response, vote_request, vote_response
from msklite.wire.messages import fetch_snapshot_request as snapshot_request
from msklite.wire.messages import fetch_snapshot_response as snapshot_response
from msklite.wire.messages.api_versions_request import ApiVersionsRequest
from msklite.wire.primitives import Message

TOPIC = "__cluster_metadata"
TOPIC_ID = bytes(15) + b"\x01"
VOTE, BEGIN, END, FETCH, FETCH_SNAPSHOT = 52, 53, 54, 1, 59
VERSIONS = {
    VOTE: 2, BEGIN: 1, END: 1, FETCH: 18, FETCH_SNAPSHOT: 1,
    voter_wire.UPDATE: 0, voter_wire.API_VERSIONS: 4,
}  # fmt: skip


class Outgoing(NamedTuple):
    """A request ready to be sent."""

    api_key: int
    version: int
    body: Message


# --- requests that we send


def outgoing(request: Request, cluster_id: str) -> Outgoing:
    """Kafka's form of a request of ours."""
    if isinstance(request, Vote):
        key, body = VOTE, _vote(request, cluster_id)
    elif isinstance(request, BeginEpoch):
        key, body = BEGIN, _begin(request, cluster_id)
    elif isinstance(request, EndEpoch):
        key, body = END, _end(request, cluster_id)
    elif isinstance(request, FetchSnapshot):
        key, body = FETCH_SNAPSHOT, _fetch_snapshot(request, cluster_id)
    elif isinstance(request, UpdateVoter):
        key, body = voter_wire.UPDATE, voter_wire.outgoing(request, cluster_id)
    elif isinstance(request, AskVersions):
        names = {"client_software_name": "msklite", "client_software_version": "1"}
        key, body = voter_wire.API_VERSIONS, ApiVersionsRequest(**names)
    else:
        assert isinstance(request, Fetch), request
        key, body = FETCH, _fetch(request, cluster_id)
    return Outgoing(key, VERSIONS[key], body)


def _vote(r: Vote, cluster_id: str) -> Message:
    partition = vote_request.PartitionData(
        partition_index=0,
        replica_epoch=r.epoch,
        replica_id=r.sender.id,
        replica_directory_id=r.sender.directory_id,
        voter_directory_id=r.to.directory_id,
        last_offset_epoch=r.log_end.epoch,
        last_offset=r.log_end.offset,
        pre_vote=r.pre_vote,
    )
    topic = vote_request.TopicData(topic_name=TOPIC, partitions=[partition])
    return vote_request.VoteRequest(cluster_id=cluster_id, voter_id=r.to.id, topics=[topic])


def _begin(r: BeginEpoch, cluster_id: str) -> Message:
    partition = begin_request.PartitionData(
        partition_index=0,
        voter_directory_id=r.to.directory_id,
        leader_id=r.sender.id,
        leader_epoch=r.epoch,
    )
    topic = begin_request.TopicData(topic_name=TOPIC, partitions=[partition])
    return begin_request.BeginQuorumEpochRequest(
        cluster_id=cluster_id,
        voter_id=r.to.id,
        topics=[topic],
        leader_endpoints=[
            begin_request.LeaderEndpoint(name=e.name, host=e.host, port=e.port) for e in r.endpoints
        ],
    )


def _end(r: EndEpoch, cluster_id: str) -> Message:
    partition = end_request.PartitionData(
        partition_index=0,
        leader_id=r.sender.id,
        leader_epoch=r.epoch,
        preferred_candidates=[
            end_request.ReplicaInfo(candidate_id=k.id, candidate_directory_id=k.directory_id)
            for k in r.successors
        ],
    )
    topic = end_request.TopicData(topic_name=TOPIC, partitions=[partition])
    return end_request.EndQuorumEpochRequest(cluster_id=cluster_id, topics=[topic])


def _fetch(r: Fetch, cluster_id: str) -> Message:
    partition = fetch_request.FetchPartition(
        partition=0,
        current_leader_epoch=r.epoch,
        fetch_offset=r.offset,
        last_fetched_epoch=r.last_epoch,
        log_start_offset=-1,
        replica_directory_id=r.sender.directory_id,
        high_watermark=r.high_watermark,
    )
    topic = fetch_request.FetchTopic(topic_id=TOPIC_ID, partitions=[partition])
    return fetch_request.FetchRequest(
        cluster_id=cluster_id,
        replica_state=fetch_request.ReplicaState(replica_id=r.sender.id, replica_epoch=-1),
        max_wait_ms=r.max_wait_ms,
        min_bytes=0,
        topics=[topic],
    )


def _fetch_snapshot(r: FetchSnapshot, cluster_id: str) -> Message:
    partition = snapshot_request.PartitionSnapshot(
        partition=0,
        current_leader_epoch=r.epoch,
        snapshot_id=snapshot_request.SnapshotId(
            end_offset=r.snapshot.offset, epoch=r.snapshot.epoch
        ),
        position=r.position,
        replica_directory_id=r.sender.directory_id,
    )
    topic = snapshot_request.TopicSnapshot(name=TOPIC, partitions=[partition])
    return snapshot_request.FetchSnapshotRequest(
        cluster_id=cluster_id, replica_id=r.sender.id, max_bytes=r.max_bytes, topics=[topic]
    )


# --- answers that we get


def incoming_reply(request: Request, body: Any) -> Reply:
    """Our form of the answer to `request`."""
    if isinstance(request, UpdateVoter | AskVersions):
        return voter_wire.incoming_reply(request, body)
    error = Code(body.error_code)
    head = (request.to, request.sender, request.correlation)
    if isinstance(request, Fetch):
        return _fetch_reply(head, error, body)
    if isinstance(request, FetchSnapshot):
        return _snapshot_reply(head, error, body)
    rows = [p for t in body.topics for p in t.partitions]
    if error or not rows:
        error = error or Code.UNKNOWN_SERVER_ERROR
        epoch, leader, granted = -1, -1, False
    else:
        row = rows[0]
        error, epoch, leader = Code(row.error_code), row.leader_epoch, row.leader_id
        granted = isinstance(request, Vote) and row.vote_granted
    whole = (*head, error, epoch, leader)
    if isinstance(request, Vote):
        return VoteReply(*whole, granted=granted)
    return BeginEpochReply(*whole) if isinstance(request, BeginEpoch) else EndEpochReply(*whole)


def _fetch_reply(head: tuple[ReplicaKey, ReplicaKey, int], error: Code, body: Any) -> Reply:
    rows = [p for t in body.responses for p in t.partitions]
    if error or not rows:
        return FetchReply(*head, error or Code.UNKNOWN_SERVER_ERROR, -1, -1)
    row = rows[0]
    leader = row.current_leader
    diverging, snapshot = None, None
    if row.diverging_epoch.epoch >= 0:
        diverging = OffsetEpoch(row.diverging_epoch.end_offset, row.diverging_epoch.epoch)
    elif row.snapshot_id.end_offset >= 0:
        snapshot = OffsetEpoch(row.snapshot_id.end_offset, row.snapshot_id.epoch)
    return FetchReply(
        *head,
        Code(row.error_code),
        leader.leader_epoch,
        leader.leader_id,
        high_watermark=row.high_watermark,
        log_start=row.log_start_offset,
        diverging=diverging,
        snapshot=snapshot,
        records=bytes(row.records or b""),
        endpoints=tuple(
            Endpoint("", e.host, e.port)
            for e in body.node_endpoints
            if e.node_id == leader.leader_id
        ),
    )


def _snapshot_reply(head: tuple[ReplicaKey, ReplicaKey, int], error: Code, body: Any) -> Reply:
    rows = [p for t in body.topics for p in t.partitions]
    if error or not rows:
        return FetchSnapshotReply(*head, error or Code.UNKNOWN_SERVER_ERROR, -1, -1)
    row = rows[0]
    return FetchSnapshotReply(
        *head,
        Code(row.error_code),
        row.current_leader.leader_epoch,
        row.current_leader.leader_id,
        snapshot=OffsetEpoch(row.snapshot_id.end_offset, row.snapshot_id.epoch),
        position=row.position,
        size=row.size,
        data=bytes(row.unaligned_records or b""),
    )


# --- requests that come in


def check(body: Any, api_key: int, cluster_id: str) -> Code:
    """What Kafka refuses before it looks inside; NONE: `incoming` may be called."""
    if body.cluster_id is not None and body.cluster_id != cluster_id:
        return Code.INCONSISTENT_CLUSTER_ID
    if len(body.topics) != 1 or len(body.topics[0].partitions) != 1:
        return Code.INVALID_REQUEST
    topic = body.topics[0]
    if api_key == FETCH:
        right = topic.topic_id == TOPIC_ID and topic.partitions[0].partition == 0
    elif api_key == FETCH_SNAPSHOT:
        right = topic.name == TOPIC and topic.partitions[0].partition == 0
    else:
        right = topic.topic_name == TOPIC and topic.partitions[0].partition_index == 0
    return Code.NONE if right else Code.INVALID_REQUEST


def incoming(body: Any, api_key: int, me: ReplicaKey, correlation: int) -> Request:
    """Our form of a request that `check` found good."""
    p = body.topics[0].partitions[0]
    if api_key == VOTE:
        voter = ReplicaKey(body.voter_id if body.voter_id >= 0 else me.id, p.voter_directory_id)
        sender = ReplicaKey(p.replica_id, p.replica_directory_id)
        end = OffsetEpoch(p.last_offset, p.last_offset_epoch)
        return Vote(sender, voter, correlation, p.replica_epoch, end, p.pre_vote)
    if api_key == BEGIN:
        voter = ReplicaKey(body.voter_id if body.voter_id >= 0 else me.id, p.voter_directory_id)
        endpoints = tuple(Endpoint(e.name, e.host, e.port) for e in body.leader_endpoints)
        return BeginEpoch(ReplicaKey(p.leader_id), voter, correlation, p.leader_epoch, endpoints)
    if api_key == END:
        keys = tuple(
            ReplicaKey(c.candidate_id, c.candidate_directory_id) for c in p.preferred_candidates
        ) or tuple(ReplicaKey(i) for i in p.preferred_successors)
        return EndEpoch(ReplicaKey(p.leader_id), me, correlation, p.leader_epoch, keys)
    if api_key == FETCH_SNAPSHOT:
        sender = ReplicaKey(body.replica_id, p.replica_directory_id)
        at = OffsetEpoch(p.snapshot_id.end_offset, p.snapshot_id.epoch)
        return FetchSnapshot(
            sender, me, correlation, p.current_leader_epoch, at, p.position, body.max_bytes
        )
    replica = body.replica_state.replica_id if body.replica_id < 0 else body.replica_id
    return Fetch(
        ReplicaKey(replica, p.replica_directory_id),
        me,
        correlation,
        p.current_leader_epoch,
        p.fetch_offset,
        max(p.last_fetched_epoch, 0) if p.fetch_offset == 0 else p.last_fetched_epoch,
        p.high_watermark,
        body.max_wait_ms,
    )


# --- answers that we give


def outgoing_reply(reply: Reply, api_key: int) -> Message:
    """Kafka's form of an answer of ours."""
    if isinstance(reply, FetchReply):
        return _fetch_answer(reply)
    if isinstance(reply, FetchSnapshotReply):
        return _snapshot_answer(reply)
    module: Any = {VOTE: vote_response, BEGIN: begin_response, END: end_response}[api_key]
    row = module.PartitionData(
        partition_index=0,
        error_code=reply.error,
        leader_id=reply.leader_id,
        leader_epoch=reply.epoch,
    )
    if isinstance(reply, VoteReply):
        row.vote_granted = reply.granted
    topics = [module.TopicData(topic_name=TOPIC, partitions=[row])]
    made: Message = {
        VOTE: vote_response.VoteResponse,
        BEGIN: begin_response.BeginQuorumEpochResponse,
        END: end_response.EndQuorumEpochResponse,
    }[api_key](topics=topics)
    return made


def _fetch_answer(reply: FetchReply) -> Message:
    row = fetch_response.PartitionData(
        partition_index=0,
        error_code=reply.error,
        high_watermark=reply.high_watermark,
        last_stable_offset=reply.high_watermark,
        log_start_offset=reply.log_start,
        records=reply.records,
    )
    row.aborted_transactions = None
    row.current_leader = fetch_response.LeaderIdAndEpoch(
        leader_id=reply.leader_id, leader_epoch=reply.epoch
    )
    if reply.diverging is not None:
        row.diverging_epoch = fetch_response.EpochEndOffset(
            epoch=reply.diverging.epoch, end_offset=reply.diverging.offset
        )
    if reply.snapshot is not None:
        row.snapshot_id = fetch_response.SnapshotId(
            end_offset=reply.snapshot.offset, epoch=reply.snapshot.epoch
        )
    topic = fetch_response.FetchableTopicResponse(topic_id=TOPIC_ID, partitions=[row])
    nodes = [
        fetch_response.NodeEndpoint(node_id=reply.leader_id, host=e.host, port=e.port, rack=None)
        for e in reply.endpoints[:1]
        if reply.leader_id >= 0
    ]
    return fetch_response.FetchResponse(responses=[topic], node_endpoints=nodes)


def _snapshot_answer(reply: FetchSnapshotReply) -> Message:
    row = snapshot_response.PartitionSnapshot(
        index=0,
        error_code=reply.error,
        snapshot_id=snapshot_response.SnapshotId(
            end_offset=reply.snapshot.offset, epoch=reply.snapshot.epoch
        ),
        size=reply.size,
        position=reply.position,
        unaligned_records=reply.data,
    )
    row.current_leader = snapshot_response.LeaderIdAndEpoch(
        leader_id=reply.leader_id, leader_epoch=reply.epoch
    )
    topic = snapshot_response.TopicSnapshot(name=TOPIC, partitions=[row])
    return snapshot_response.FetchSnapshotResponse(topics=[topic])


def refused(api_key: int, code: Code) -> Message:
    """An error for the whole request."""
    made: Any = {
        VOTE: vote_response.VoteResponse,
        BEGIN: begin_response.BeginQuorumEpochResponse,
        END: end_response.EndQuorumEpochResponse,
        FETCH: fetch_response.FetchResponse,
        FETCH_SNAPSHOT: snapshot_response.FetchSnapshotResponse,
    }[api_key]
    answer: Message = made(error_code=code)
    return answer
