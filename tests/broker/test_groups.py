"""The group APIs over a real socket, in every version that is advertised."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from struct import pack, unpack
from typing import Any

import pytest

from msklite.errors import Code
from msklite.testing import LocalCluster
from msklite.wire.apis import APIS
from msklite.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from msklite.wire.messages.delete_groups_request import DeleteGroupsRequest
from msklite.wire.messages.describe_groups_request import DescribeGroupsRequest
from msklite.wire.messages.find_coordinator_request import FindCoordinatorRequest
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from msklite.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from msklite.wire.messages.list_groups_request import ListGroupsRequest
from msklite.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from msklite.wire.messages.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from msklite.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from msklite.wire.messages.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment
from msklite.wire.primitives import Message


class Client:
    """One connection that sends requests of any version and waits for each answer."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=20)
        self._file = self._socket.makefile("rb")

    def call(self, request: Message, version: int | None = None) -> Any:
        """Send and wait; the newest version unless told."""
        api = APIS[request.API_KEY]
        version = api.highest if version is None else version
        body = bytearray(pack(">hhi", api.key, version, 7) + pack(">h", 3) + b"raw")
        if version >= api.flexible:
            body += b"\0"
        request.write(body, version)
        self._socket.sendall(pack(">i", len(body)) + body)
        (size,) = unpack(">i", self._file.read(4))
        reply = self._file.read(size)
        assert reply[:4] == pack(">i", 7)
        start = 5 if version >= api.flexible else 4
        response, end = api.response_class().read(reply, start, version)  # type: ignore[attr-defined]
        assert end == len(reply)
        return response

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(storage="memory") as c:
        client = Client(c.bootstrap_servers)
        topic = CreatableTopic(name="t", num_partitions=2, replication_factor=1)
        reply = client.call(CreateTopicsRequest(topics=[topic]))
        assert reply.topics[0].error_code == Code.NONE
        client.call(FindCoordinatorRequest(coordinator_keys=["any"]))
        client.close()
        yield c


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    c = Client(cluster.bootstrap_servers)
    yield c
    c.close()


def topic_id(cluster: LocalCluster, name: str) -> bytes:
    """The id, as OffsetFetch of all topics tells it."""
    c = Client(cluster.bootstrap_servers)
    c.call(commit("ids", 0, name), 9)
    group = OffsetFetchRequestGroup(group_id="ids")
    group.topics = None
    found = c.call(OffsetFetchRequest(groups=[group]), 10)
    c.close()
    return bytes(found.groups[0].topics[0].topic_id)


def commit(group: str, partition: int, name: str = "t", **fields: Any) -> OffsetCommitRequest:
    """Offset 5 with metadata."""
    row = OffsetCommitRequestPartition(
        partition_index=partition, committed_offset=5, committed_metadata="m"
    )
    topic = OffsetCommitRequestTopic(
        name=name, topic_id=fields.pop("topic_id", bytes(16)), partitions=[row]
    )
    return OffsetCommitRequest(group_id=group, topics=[topic], **fields)


@pytest.mark.parametrize("version", range(7))
def test_find_coordinator(client: Client, cluster: LocalCluster, version: int) -> None:
    reply = client.call(FindCoordinatorRequest(key="g", coordinator_keys=["g", "h"]), version)
    rows = reply.coordinators if version >= 4 else [reply]
    assert [r.error_code for r in rows] == [Code.NONE] * (2 if version >= 4 else 1)
    assert {f"{r.host}:{r.port}" for r in rows} == {cluster.bootstrap_servers}


@pytest.mark.parametrize(
    ("kind", "key", "version", "code"),
    [
        (2, "g:AAAAAAAAAAAAAAAAAAAAAQ:0", 6, Code.COORDINATOR_NOT_AVAILABLE),
        (2, "g:AAAAAAAAAAAAAAAAAAAAAQ:0", 5, Code.INVALID_REQUEST),
        (2, "nonsense", 6, Code.INVALID_REQUEST),
        (9, "x", 6, Code.INVALID_REQUEST),
        (9, "x", 2, Code.INVALID_REQUEST),
    ],
)
def test_find_other_coordinators(
    client: Client, kind: int, key: str, version: int, code: Code
) -> None:
    request = FindCoordinatorRequest(key=key, key_type=kind, coordinator_keys=[key])
    reply = client.call(request, version)
    row = reply.coordinators[0] if version >= 4 else reply
    assert (Code(row.error_code), row.node_id, row.port) == (code, -1, -1)


def joining(group: str, member: str = "", session: int = 10_000) -> JoinGroupRequest:
    return JoinGroupRequest(
        group_id=group,
        session_timeout_ms=session,
        rebalance_timeout_ms=20_000,
        member_id=member,
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol(name="range", metadata=b"\0\0\0\0\0\1\0\1t")],
    )


@pytest.mark.parametrize("version", range(10))
def test_a_members_life(client: Client, version: int) -> None:
    """Join, sync, beat, describe and leave, each API as near to `version` as it has it."""
    group = f"life-{version}"

    def call(request: Message) -> Any:
        return client.call(request, min(version, APIS[request.API_KEY].highest))

    joined = call(joining(group))
    if version >= 4:
        assert joined.error_code == Code.MEMBER_ID_REQUIRED
        assert joined.protocol_name == (None if version >= 7 else "")
        joined = call(joining(group, joined.member_id))
    member = joined.member_id
    assert (joined.error_code, joined.generation_id, joined.leader) == (Code.NONE, 1, member)
    assert [m.metadata for m in joined.members] == [b"\0\0\0\0\0\1\0\1t"]
    sync = SyncGroupRequest(
        group_id=group,
        generation_id=1,
        member_id=member,
        protocol_type="consumer",
        protocol_name="range",
        assignments=[SyncGroupRequestAssignment(member_id=member, assignment=b"mine")],
    )
    synced = call(sync)
    assert (synced.error_code, synced.assignment) == (Code.NONE, b"mine")
    beat = HeartbeatRequest(group_id=group, generation_id=1, member_id=member)
    assert call(beat).error_code == Code.NONE
    described = call(DescribeGroupsRequest(groups=[group])).groups[0]
    assert (described.group_state, described.protocol_data) == ("Stable", "range")
    (m,) = described.members
    assert (m.client_id, m.client_host, m.member_assignment) == ("raw", "/127.0.0.1", b"mine")
    left = call(
        LeaveGroupRequest(
            group_id=group, member_id=member, members=[MemberIdentity(member_id=member)]
        )
    )
    assert left.error_code == Code.NONE
    again = call(
        LeaveGroupRequest(group_id=group, member_id="x", members=[MemberIdentity(member_id="x")])
    )
    codes = [m.error_code for m in again.members] if version >= 3 else [again.error_code]
    assert codes == [Code.UNKNOWN_MEMBER_ID]
    listed = call(ListGroupsRequest()).groups
    assert group in [g.group_id for g in listed]
    assert [
        r.error_code for r in call(DeleteGroupsRequest(groups_names=[group, group])).results
    ] == [Code.NONE]


@pytest.mark.parametrize("version", range(2, 11))
def test_offset_commit(client: Client, cluster: LocalCluster, version: int) -> None:
    group = f"commit-{version}"
    ident = topic_id(cluster, "t") if version >= 10 else bytes(16)
    request = commit(group, 1, topic_id=ident)
    request.topics[0].partitions.append(OffsetCommitRequestPartition(partition_index=9))
    request.topics += commit(group, 0, "nope", topic_id=b"\x09" * 16).topics
    reply = client.call(request, version)
    codes = [
        (t.name if version < 10 else t.topic_id, p.partition_index, Code(p.error_code))
        for t in reply.topics
        for p in t.partitions
    ]
    t, nope = ("t", "nope") if version < 10 else (ident, b"\x09" * 16)
    unknown = Code.UNKNOWN_TOPIC_OR_PARTITION if version < 10 else Code.UNKNOWN_TOPIC_ID
    assert codes == [
        (t, 9, Code.UNKNOWN_TOPIC_OR_PARTITION),
        (t, 1, Code.NONE),
        (nope, 0, unknown),
    ]


@pytest.mark.parametrize("version", range(1, 11))
def test_offset_fetch(client: Client, cluster: LocalCluster, version: int) -> None:
    group = f"fetch-{version}"
    client.call(commit(group, 1), 9)
    ident = topic_id(cluster, "t") if version >= 10 else bytes(16)
    row = OffsetFetchRequestTopics(name="t", topic_id=ident, partition_indexes=[0, 1])
    gone = OffsetFetchRequestTopics(name="gone", topic_id=b"\x09" * 16, partition_indexes=[3])
    request = OffsetFetchRequest(
        group_id=group,
        topics=[OffsetFetchRequestTopic(name="t", partition_indexes=[0, 1])],
        groups=[
            OffsetFetchRequestGroup(group_id=group, topics=[row, gone]),
            OffsetFetchRequestGroup(group_id="none", topics=[row]),
        ],
        require_stable=version >= 7,
    )
    reply = client.call(request, version)
    groups = reply.groups if version >= 8 else [reply]
    first = {
        p.partition_index: (p.committed_offset, p.metadata) for p in groups[0].topics[0].partitions
    }
    assert first == {0: (-1, ""), 1: (5, "m")}
    if version >= 8:
        assert [p.committed_offset for p in groups[1].topics[0].partitions] == [-1, -1]
        code = Code.UNKNOWN_TOPIC_ID if version >= 10 else Code.NONE
        assert groups[0].topics[1].partitions[0].error_code == code
    if version >= 2:
        whole = OffsetFetchRequest(group_id=group)
        whole.topics = None
        everything = OffsetFetchRequestGroup(group_id=group)
        everything.topics = None
        whole.groups = [everything]
        reply = client.call(whole, version)
        (topic,) = reply.groups[0].topics if version >= 8 else reply.topics
        assert [p.committed_offset for p in topic.partitions] == [5]


def test_offset_delete(client: Client) -> None:
    client.call(commit("forget", 1), 9)

    def ask(group: str, name: str, partition: int) -> Any:
        row = OffsetDeleteRequestPartition(partition_index=partition)
        topic = OffsetDeleteRequestTopic(name=name, partitions=[row])
        return client.call(OffsetDeleteRequest(group_id=group, topics=[topic]))

    assert ask("forget", "t", 1).topics[0].partitions[0].error_code == Code.NONE
    unknown = Code.UNKNOWN_TOPIC_OR_PARTITION
    assert ask("forget", "t", 9).topics[0].partitions[0].error_code == unknown
    assert ask("forget", "nope", 0).topics[0].partitions[0].error_code == unknown
    assert ask("none", "t", 0).error_code == Code.GROUP_ID_NOT_FOUND
    assert ask("", "t", 0).error_code == Code.INVALID_GROUP_ID


def test_bad_requests(client: Client) -> None:
    for session in (1, 2_000_000_000):
        call = client.call(joining("bad", session=session))
        assert call.error_code == Code.INVALID_SESSION_TIMEOUT
    call = client.call(joining("", "some-id"))
    assert (call.error_code, call.member_id) == (Code.INVALID_GROUP_ID, "some-id")
    sync = SyncGroupRequest(group_id="bad", member_id="x")
    assert client.call(sync).error_code == Code.INCONSISTENT_GROUP_PROTOCOL
    assert client.call(sync, 4).error_code == Code.UNKNOWN_MEMBER_ID
    assert client.call(HeartbeatRequest()).error_code == Code.INVALID_GROUP_ID
    assert client.call(LeaveGroupRequest()).error_code == Code.INVALID_GROUP_ID
    assert client.call(commit("", 0), 9).topics[0].partitions[0].error_code == Code.NONE, (
        "Kafka takes offsets for the empty group id"
    )
    described = client.call(
        DescribeGroupsRequest(groups=["bad"], include_authorized_operations=True)
    )
    assert described.groups[0].error_code == Code.GROUP_ID_NOT_FOUND
    assert client.call(DeleteGroupsRequest(groups_names=["bad"])).results[0].error_code == (
        Code.GROUP_ID_NOT_FOUND
    )


def test_two_clients_rebalance(cluster: LocalCluster, client: Client) -> None:
    """The first waits in JoinGroup on its own connection until the second has joined too."""
    other = Client(cluster.bootstrap_servers)
    one = client.call(joining("pair"), 3)
    assert one.generation_id == 1
    id_two = other.call(joining("pair")).member_id
    answers: list[Any] = []
    waits = threading.Thread(target=lambda: answers.append(other.call(joining("pair", id_two))))
    waits.start()
    beat = HeartbeatRequest(group_id="pair", generation_id=1, member_id=one.member_id)
    while client.call(beat).error_code != Code.REBALANCE_IN_PROGRESS:
        pass
    again = client.call(joining("pair", one.member_id))
    waits.join(20)
    assert again.generation_id == answers[0].generation_id == 2
    assert len(again.members) + len(answers[0].members) == 2
    other.close()
