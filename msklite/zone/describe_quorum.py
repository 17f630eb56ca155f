"""DescribeQuorum, answered from the raft node's state (KIP-595, KIP-836, KIP-853).

A broker that shares its process with a voter reads that voter's copy of the log and fetches
nothing from the leader. So that it shows as the observer that it is, the leader goes by what its
heartbeats told; one that was silent for as long as KRaft keeps an observer is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from msklite.errors import Code
from msklite.metadata.brokers import Following
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
OBSERVER_SESSION_MS = 300_000
"""LeaderState.OBSERVER_SESSION_TIMEOUT_MS."""


def answer(
    quorum: Quorum, request: DescribeQuorumRequest, following: Sequence[Following]
) -> DescribeQuorumResponse:
    """Only partition 0 of `__cluster_metadata` has a quorum; who asks for more gets nothing."""
    asked = [(t.topic_name, [p.partition_index for p in t.partitions]) for t in request.topics]
    if asked != [(TOPIC, [0])]:
        return _unknown(request)
    topics = [
        TopicData(
            topic_name=t.topic_name,
            partitions=[_one(quorum, p.partition_index, following) for p in t.partitions],
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


def _one(quorum: Quorum, index: int, following: Sequence[Following]) -> PartitionData:
    status = quorum.status()
    if not quorum.is_leader:
        return PartitionData(
            partition_index=index,
            error_code=Code.NOT_LEADER_OR_FOLLOWER,
            error_message=f"node {status.leader_id} leads the quorum",
            leader_id=status.leader_id,
            leader_epoch=status.epoch,
        )
    # Observers that fetch, and have not been silent for so long that KRaft forgets them.
    oldest = quorum.world.clock.now_ms() - OBSERVER_SESSION_MS
    observers = [r for r in status.observers if r.last_fetch_ms > oldest]
    fetching = {replica.id for replica in [*status.voters, *observers]}
    told = [_told(quorum, f) for f in following if f.id not in fetching and _lately(quorum, f)]
    return PartitionData(
        partition_index=index,
        leader_id=status.leader_id,
        leader_epoch=status.epoch,
        high_watermark=status.high_watermark,
        current_voters=[_state(r) for r in status.voters],
        observers=[_state(r) for r in sorted([*observers, *told], key=lambda r: r.id)],
    )


def _lately(quorum: Quorum, broker: Following) -> bool:
    return quorum.world.clock.mono_ms() - broker.heard_ms < OBSERVER_SESSION_MS


def _told(quorum: Quorum, broker: Following) -> ReplicaStatus:
    """The offset it has applied is the last one that it has."""
    clock = quorum.world.clock
    at = clock.now_ms() - (clock.mono_ms() - broker.heard_ms)
    return ReplicaStatus(broker.id, broker.directory_id, broker.offset + 1, at, at)


def _state(replica: ReplicaStatus) -> ReplicaState:
    return ReplicaState(
        replica_id=replica.id,
        replica_directory_id=replica.directory_id,
        log_end_offset=replica.log_end_offset,
        last_fetch_timestamp=replica.last_fetch_ms,
        last_caught_up_timestamp=replica.last_caught_up_ms,
    )
