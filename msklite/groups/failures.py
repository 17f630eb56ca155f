"""What becomes of an answer when its operation can't be carried out after all.

The runtime turns a reply that waits for a commit into one of these when leadership is lost or the
record can't be written, and builds them from a request when there is no machine to ask.
Source: Kafka's CoordinatorOperationExceptionHelper and the requests' error responses.
"""

from __future__ import annotations

from msklite.errors import Code
from msklite.wire.messages.delete_groups_response import (
    DeletableGroupResult,
    DeleteGroupsResponse,
)
from msklite.wire.messages.describe_groups_response import DescribedGroup, DescribeGroupsResponse
from msklite.wire.messages.heartbeat_response import HeartbeatResponse
from msklite.wire.messages.join_group_response import JoinGroupResponse
from msklite.wire.messages.leave_group_response import LeaveGroupResponse
from msklite.wire.messages.list_groups_response import ListGroupsResponse
from msklite.wire.messages.offset_commit_request import OffsetCommitRequest
from msklite.wire.messages.offset_commit_response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from msklite.wire.messages.offset_delete_response import OffsetDeleteResponse
from msklite.wire.messages.offset_fetch_response import OffsetFetchResponseGroup
from msklite.wire.messages.sync_group_response import SyncGroupResponse
from msklite.wire.messages.txn_offset_commit_request import TxnOffsetCommitRequest
from msklite.wire.messages.txn_offset_commit_response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from msklite.wire.primitives import Message

_REMAPPED = {
    # Of a verification that failed: this one makes older clients come again.
    Code.NETWORK_EXCEPTION: Code.COORDINATOR_LOAD_IN_PROGRESS,
    Code.UNKNOWN_TOPIC_OR_PARTITION: Code.COORDINATOR_NOT_AVAILABLE,
    Code.NOT_ENOUGH_REPLICAS: Code.COORDINATOR_NOT_AVAILABLE,
    Code.REQUEST_TIMED_OUT: Code.COORDINATOR_NOT_AVAILABLE,
    Code.NOT_LEADER_OR_FOLLOWER: Code.NOT_COORDINATOR,
    Code.KAFKA_STORAGE_ERROR: Code.NOT_COORDINATOR,
    Code.MESSAGE_TOO_LARGE: Code.UNKNOWN_SERVER_ERROR,
    Code.RECORD_LIST_TOO_LARGE: Code.UNKNOWN_SERVER_ERROR,
}


def client_code(code: Code) -> Code:
    """What a group's client may see when an append fails with `code`."""
    return _REMAPPED.get(code, code)


def failed(response: Message, code: Code) -> Message:
    """The error twin of an answer."""
    if isinstance(response, JoinGroupResponse):
        return JoinGroupResponse(error_code=code, member_id=response.member_id)
    if isinstance(response, OffsetCommitResponse | TxnOffsetCommitResponse):
        for t in response.topics:
            for p in t.partitions:
                p.error_code = code
        return response
    if isinstance(response, OffsetFetchResponseGroup):
        return OffsetFetchResponseGroup(group_id=response.group_id, error_code=code)
    if isinstance(response, DeleteGroupsResponse):
        return failed_delete([r.group_id for r in response.results], code)
    if isinstance(response, DescribeGroupsResponse):
        return failed_describe([g.group_id for g in response.groups], code)
    assert isinstance(
        response,
        HeartbeatResponse
        | LeaveGroupResponse
        | ListGroupsResponse
        | OffsetDeleteResponse
        | SyncGroupResponse,
    )
    return type(response)(error_code=code)


def failed_commit(request: OffsetCommitRequest, code: Code) -> OffsetCommitResponse:
    """OffsetCommit has no code for the whole request: every partition says it."""
    return OffsetCommitResponse(
        topics=[
            OffsetCommitResponseTopic(
                name=t.name,
                topic_id=t.topic_id,
                partitions=[
                    OffsetCommitResponsePartition(
                        partition_index=p.partition_index, error_code=code
                    )
                    for p in t.partitions
                ],
            )
            for t in request.topics
        ]
    )


def failed_txn_commit(request: TxnOffsetCommitRequest, code: Code) -> TxnOffsetCommitResponse:
    """Nor has TxnOffsetCommit."""
    return TxnOffsetCommitResponse(
        topics=[
            TxnOffsetCommitResponseTopic(
                name=t.name,
                partitions=[
                    TxnOffsetCommitResponsePartition(
                        partition_index=p.partition_index, error_code=code
                    )
                    for p in t.partitions
                ],
            )
            for t in request.topics
        ]
    )


def failed_delete(groups: list[str], code: Code) -> DeleteGroupsResponse:
    """Every group says it."""
    return DeleteGroupsResponse(
        results=[DeletableGroupResult(group_id=g, error_code=code) for g in groups]
    )


def failed_describe(groups: list[str], code: Code) -> DescribeGroupsResponse:
    """Every group says it."""
    return DescribeGroupsResponse(
        groups=[DescribedGroup(group_id=g, error_code=code) for g in groups]
    )
