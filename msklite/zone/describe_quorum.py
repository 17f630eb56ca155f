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
    """Only partition 0 of `__cluster_metadata` has a quorum; who asks for more gets nothing."""
    asked = [(t.topic_name, [p.partition_index for p in t.partitions]) for t in request.topics]
    if asked != [(TOPIC, [0])]:
        return _unknown(request)
    topics = [
        TopicData(
            topic_name=t.topic_name,
            partitions=[_one(quorum, p.partition_index) for p in t.partitions],
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
    return DescribeQuorumResponse(topics=topics, nodes=nodes)


def _unknown(request: DescribeQuorumRequest) -> DescribeQuorumResponse:
    return DescribeQuorumResponse(
        topics=[
            TopicData(
                topic_name=t.topic_name,
                partitions=[
                    PartitionData(
                        partition_index=p.partition_index,
                        error_code=Code.UNKNOWN_TOPIC_OR_PARTITION,
                        error_message=f"only {TOPIC}-0 has a quorum",
                    )
                    for p in t.partitions
                ],
            )
            for t in request.topics
        ]
    )


def _one(quorum: Quorum, index: int) -> PartitionData:
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
