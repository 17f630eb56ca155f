"""DescribeQuorum, answered from the raft node's state (KIP-595, KIP-836, KIP-853)."""

from __future__ import annotations

from msklite.errors import Code
from msklite.wire.messages.describe_quorum_request import DescribeQuorumRequest
from msklite.wire.messages.describe_quorum_response import (
    DescribeQuorumResponse,
    Listener,
    Node,
    PartitionData,
    ReplicaState,
    TopicData,
)
from msklite.zone.quorum import Quorum
from msklite.zone.quorum_status import ReplicaStatus

TOPIC = "__cluster_metadata"


def answer(quorum: Quorum, request: DescribeQuorumRequest) -> DescribeQuorumResponse:
    """Only partition 0 of `__cluster_metadata` has a quorum."""
    topics = [
        TopicData(
            topic_name=t.topic_name,
            partitions=[_one(quorum, t.topic_name, p.partition_index) for p in t.partitions],
        )
        for t in request.topics
    ]
    nodes = [
        Node(
            node_id=voter.id,
            listeners=[Listener(name=e.name, host=e.host, port=e.port) for e in voter.endpoints],
        )
        for voter in quorum.node.voters.voters.values()
    ]
    return DescribeQuorumResponse(error_message=None, topics=topics, nodes=nodes)


def _one(quorum: Quorum, topic: str, index: int) -> PartitionData:
    if topic != TOPIC or index != 0:
        return PartitionData(
            partition_index=index,
            error_code=Code.UNKNOWN_TOPIC_OR_PARTITION,
            error_message=f"{topic}-{index} has no quorum",
        )
    status = quorum.status()
    if not quorum.is_leader:
        return PartitionData(
            partition_index=index,
            error_code=Code.NOT_LEADER_OR_FOLLOWER,
            error_message=f"node {status.leader_id} leads the quorum",
            leader_id=status.leader_id,
            leader_epoch=status.epoch,
        )
    return PartitionData(
        partition_index=index,
        error_message=None,
        leader_id=status.leader_id,
        leader_epoch=status.epoch,
        high_watermark=status.high_watermark,
        current_voters=[_state(r) for r in status.voters],
        observers=[_state(r) for r in status.observers],
    )


def _state(replica: ReplicaStatus) -> ReplicaState:
    return ReplicaState(
        replica_id=replica.id,
        replica_directory_id=replica.directory_id,
        log_end_offset=replica.log_end_offset,
        last_fetch_timestamp=replica.last_fetch_ms,
        last_caught_up_timestamp=replica.last_caught_up_ms,
    )
