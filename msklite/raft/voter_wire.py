"""Add-, Remove- and UpdateRaftVoter between Kafka's form and the core's, both ways (KIP-853).

What Kafka refuses before it looks at the quorum (another cluster's id, a voter without a directory)
is refused here, and never reaches the core.
"""

from __future__ import annotations

from typing import Any

from msklite.errors import Code
from msklite.raft.messages import (
    AddVoter,
    RemoveVoter,
    Request,
    UpdateVoter,
    VersionsReply,
    VoterChange,
    VoterReply,
)
from msklite.raft.voters import Endpoint, ReplicaKey, Voter
from msklite.wire.messages import update_raft_voter_request as update_request
from msklite.wire.messages import update_raft_voter_response as update_response
from msklite.wire.messages.add_raft_voter_response import AddRaftVoterResponse
from msklite.wire.messages.remove_raft_voter_response import RemoveRaftVoterResponse
from msklite.wire.primitives import ZERO_UUID, Message

ADD, REMOVE, UPDATE = 80, 81, 82
API_VERSIONS = 18
FEATURE = "kraft.version"


def check(body: Any, api_key: int, cluster_id: str) -> tuple[Code, str | None]:
    """What is refused without asking the core; NONE: `incoming` may be called."""
    if body.cluster_id is not None and body.cluster_id != cluster_id:
        return Code.INCONSISTENT_CLUSTER_ID, (
            f'The given id "{body.cluster_id}" doesn\'t match the cluster id "{cluster_id}"'
        )
    if body.voter_id < 0 or body.voter_directory_id == ZERO_UUID:
        name = {ADD: "Add", REMOVE: "Remove", UPDATE: "Update"}[api_key]
        return Code.INVALID_REQUEST, f"{name} voter request didn't include a valid voter"
    if api_key == UPDATE:
        levels = body.kraft_version_feature
        if not 0 <= levels.min_supported_version <= levels.max_supported_version:
            return Code.INVALID_REQUEST, None
    return Code.NONE, None


def incoming(
    body: Any, api_key: int, me: ReplicaKey, sender: ReplicaKey, correlation: int
) -> VoterChange:
    """Our form of a request that `check` found good."""
    key = ReplicaKey(body.voter_id, body.voter_directory_id)
    if api_key == REMOVE:
        return RemoveVoter(sender, me, correlation, key)
    endpoints = tuple(Endpoint(e.name, e.host, e.port) for e in body.listeners)
    if api_key == ADD:
        voter = Voter(key, endpoints)
        return AddVoter(sender, me, correlation, voter, body.ack_when_committed)
    levels = body.kraft_version_feature
    voter = Voter(key, endpoints, levels.min_supported_version, levels.max_supported_version)
    return UpdateVoter(sender, me, correlation, body.current_leader_epoch, voter)


def outgoing(request: UpdateVoter, cluster_id: str) -> Message:
    """Kafka's form of the one change that a node asks for itself."""
    voter = request.voter
    return update_request.UpdateRaftVoterRequest(
        cluster_id=cluster_id,
        current_leader_epoch=request.epoch,
        voter_id=voter.id,
        voter_directory_id=voter.key.directory_id,
        listeners=[
            update_request.Listener(name=e.name, host=e.host, port=e.port) for e in voter.endpoints
        ],
        kraft_version_feature=update_request.KRaftVersionFeature(
            min_supported_version=voter.min_kraft_version,
            max_supported_version=voter.max_kraft_version,
        ),
    )


def answer(
    api_key: int, code: Code, text: str | None, leader: tuple[int, int, tuple[Endpoint, ...]]
) -> Message:
    """Kafka's form of an answer; `leader` is its id, epoch and end points."""
    if api_key == ADD:
        return AddRaftVoterResponse(error_code=code, error_message=text)
    if api_key == REMOVE:
        return RemoveRaftVoterResponse(error_code=code, error_message=text)
    leader_id, epoch, endpoints = leader
    at = endpoints[0] if endpoints else Endpoint("", "", 0)
    known = update_response.CurrentLeader(
        leader_id=leader_id, leader_epoch=epoch, host=at.host, port=at.port
    )
    return update_response.UpdateRaftVoterResponse(error_code=code, current_leader=known)


def incoming_reply(request: Request, body: Any) -> VoterReply | VersionsReply:
    """Our form of the answer to an UpdateVoter or AskVersions of ours."""
    head = (request.to, request.sender, request.correlation, Code(body.error_code))
    if isinstance(request, UpdateVoter):
        at = body.current_leader
        return VoterReply(*head, at.leader_epoch, at.leader_id)
    levels = [f for f in body.supported_features if f.name == FEATURE]
    low = levels[0].min_version if levels else 0
    high = levels[0].max_version if levels else 0
    return VersionsReply(*head, -1, -1, min_level=low, max_level=high)
