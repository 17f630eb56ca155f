"""The APIs that msklite serves: one row each, read by dispatch, ApiVersions, docs and tests.

`APIS` are those of a broker's listener, `CONTROLLER_APIS` those of a controller's.

A row gives Kafka's number and name, the versions served, from which version header and body are
flexible (KIP-482), and the module in `broker/api` whose `handle` answers it. Ranges are those that
a running Apache Kafka 4.2 broker advertises; nothing that isn't here is advertised. Produce says 0
to 13 and serves 3 to 13, as Kafka does for the sake of old librdkafka (KAFKA-18659).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import NamedTuple, cast

from msklite.wire.primitives import Message

PRODUCE = 0
FETCH = 1
LIST_OFFSETS = 2
API_VERSIONS = 18


class Api(NamedTuple):
    """One API: `lowest`..`highest` are served, `advertised` is the low end told to clients."""

    key: int
    name: str
    lowest: int
    highest: int
    flexible: int
    advertised: int

    @property
    def module(self) -> str:
        """The name that its handler's module and its message modules start with."""
        return _module(self.name)

    def request_class(self) -> type[Message]:
        """The generated request class; its module is imported on first use."""
        return _message(self.name, "Request")

    def response_class(self) -> type[Message]:
        """The generated response class."""
        return _message(self.name, "Response")


def _module(name: str) -> str:
    out = []
    for i, c in enumerate(name):
        if c.isupper() and i:
            out.append("_")
        out.append(c.lower())
    return "".join(out)


@cache
def _message(name: str, kind: str) -> type[Message]:
    found = import_module(f"msklite.wire.messages.{_module(name)}_{kind.lower()}")
    return cast("type[Message]", getattr(found, name + kind))


def _api(key: int, name: str, lowest: int, highest: int, flexible: int) -> Api:
    return Api(key, name, lowest, highest, flexible, 0 if key == PRODUCE else lowest)


APIS: dict[int, Api] = {
    api.key: api
    for api in (
        _api(0, "Produce", 3, 13, 9),
        _api(1, "Fetch", 4, 18, 12),
        _api(2, "ListOffsets", 1, 11, 6),
        _api(3, "Metadata", 0, 13, 9),
        _api(8, "OffsetCommit", 2, 10, 8),
        _api(9, "OffsetFetch", 1, 10, 6),
        _api(10, "FindCoordinator", 0, 6, 3),
        _api(11, "JoinGroup", 0, 9, 6),
        _api(12, "Heartbeat", 0, 4, 4),
        _api(13, "LeaveGroup", 0, 5, 4),
        _api(14, "SyncGroup", 0, 5, 4),
        _api(15, "DescribeGroups", 0, 6, 5),
        _api(16, "ListGroups", 0, 5, 3),
        _api(18, "ApiVersions", 0, 4, 3),
        _api(19, "CreateTopics", 2, 7, 5),
        _api(20, "DeleteTopics", 1, 6, 4),
        _api(21, "DeleteRecords", 0, 2, 2),
        _api(22, "InitProducerId", 0, 5, 2),
        _api(23, "OffsetForLeaderEpoch", 2, 4, 4),
        _api(24, "AddPartitionsToTxn", 0, 5, 3),
        _api(25, "AddOffsetsToTxn", 0, 4, 3),
        _api(26, "EndTxn", 0, 5, 3),
        _api(27, "WriteTxnMarkers", 1, 2, 1),
        _api(28, "TxnOffsetCommit", 0, 5, 3),
        _api(32, "DescribeConfigs", 1, 4, 4),
        _api(33, "AlterConfigs", 0, 2, 2),
        _api(34, "AlterReplicaLogDirs", 1, 2, 2),
        _api(35, "DescribeLogDirs", 1, 4, 2),
        _api(37, "CreatePartitions", 0, 3, 2),
        _api(42, "DeleteGroups", 0, 2, 2),
        _api(43, "ElectLeaders", 0, 2, 2),
        _api(44, "IncrementalAlterConfigs", 0, 1, 1),
        _api(45, "AlterPartitionReassignments", 0, 1, 0),
        _api(46, "ListPartitionReassignments", 0, 0, 0),
        _api(47, "OffsetDelete", 0, 0, 1),
        _api(55, "DescribeQuorum", 0, 2, 0),
        _api(57, "UpdateFeatures", 0, 2, 0),
        _api(60, "DescribeCluster", 0, 2, 0),
        _api(61, "DescribeProducers", 0, 0, 0),
        _api(64, "UnregisterBroker", 0, 0, 0),
        _api(65, "DescribeTransactions", 0, 0, 0),
        _api(66, "ListTransactions", 0, 2, 0),
        _api(74, "ListConfigResources", 0, 1, 0),
        _api(75, "DescribeTopicPartitions", 0, 0, 0),
        _api(80, "AddRaftVoter", 0, 1, 0),
        _api(81, "RemoveRaftVoter", 0, 0, 0),
    )
}


CONTROLLER_APIS: dict[int, Api] = {
    api.key: api
    for api in (
        APIS[FETCH],
        APIS[API_VERSIONS],
        APIS[19],
        APIS[20],
        APIS[33],
        APIS[37],
        APIS[43],
        APIS[44],
        APIS[45],
        APIS[46],
        _api(52, "Vote", 0, 2, 0),
        _api(53, "BeginQuorumEpoch", 0, 1, 1),
        _api(54, "EndQuorumEpoch", 0, 1, 1),
        APIS[55],
        _api(56, "AlterPartition", 2, 3, 0),
        APIS[57],
        _api(58, "Envelope", 0, 0, 0),
        _api(59, "FetchSnapshot", 0, 1, 0),
        APIS[60],
        _api(62, "BrokerRegistration", 0, 4, 0),
        _api(63, "BrokerHeartbeat", 0, 1, 0),
        APIS[64],
        _api(67, "AllocateProducerIds", 0, 0, 0),
        _api(70, "ControllerRegistration", 0, 0, 0),
        _api(73, "AssignReplicasToDirs", 0, 0, 0),
        APIS[80],
        APIS[81],
        _api(82, "UpdateRaftVoter", 0, 0, 0),
    )
}
