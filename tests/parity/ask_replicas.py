"""Where replicas are: moves, elections, log directories, the quorum, brokers that go.

One broker in one zone: what two brokers would do is tested with replication, here it is asked for.
"""

from __future__ import annotations

from msklite.wire.messages import alter_partition_reassignments_request as ar
from msklite.wire.messages import alter_replica_log_dirs_request as al
from msklite.wire.messages import describe_quorum_request as dq
from msklite.wire.messages import elect_leaders_request as el
from msklite.wire.messages import list_partition_reassignments_request as lr
from msklite.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from tests.parity.shapes import make_topic
from tests.parity.talk import Talk

PREFERRED, UNCLEAN = 0, 1


def elections(talk: Talk) -> None:
    make_topic(talk, "e-topic", 2)

    def asked(kind: int, topic: str, *partitions: int) -> el.ElectLeadersRequest:
        return el.ElectLeadersRequest(kind, [el.TopicPartitions(topic, list(partitions))], 10_000)

    for version in range(3):
        talk.ask("preferred", asked(PREFERRED, "e-topic", 0, 1), version, unordered=True)
    for step, request in {
        "unclean": asked(UNCLEAN, "e-topic", 0),
        "unknown kind": asked(7, "e-topic", 0),
        "unknown partition": asked(PREFERRED, "e-topic", 9),
        "unknown topic": asked(PREFERRED, "e-none", 0),
        "bad name": asked(PREFERRED, "bad name", 0),
        "no partitions": asked(PREFERRED, "e-topic"),
        "no topics": el.ElectLeadersRequest(PREFERRED, [], 10_000),
        "a topic twice": el.ElectLeadersRequest(
            PREFERRED, [el.TopicPartitions("e-topic", [0]), el.TopicPartitions("e-topic", [1])]
        ),
        "timeout 0": el.ElectLeadersRequest(PREFERRED, [el.TopicPartitions("e-topic", [0])], 0),
        "a partition twice": asked(PREFERRED, "e-topic", 0, 0),
    }.items():
        talk.ask(step, request, 2, unordered=True)
    everything = el.ElectLeadersRequest(PREFERRED, None, 10_000)
    everything.topic_partitions = None
    talk.ask("all that need one", everything, 2, unordered=True)


def reassignments(talk: Talk) -> None:
    make_topic(talk, "m-topic", 2)

    def asked(
        topic: str, replicas: list[int] | None, partition: int = 0, change: bool = True
    ) -> ar.AlterPartitionReassignmentsRequest:
        part = ar.ReassignablePartition(partition)
        part.replicas = replicas
        return ar.AlterPartitionReassignmentsRequest(
            10_000, change, [ar.ReassignableTopic(topic, [part])]
        )

    for version in (0, 1):
        talk.ask("where it is", asked("m-topic", [1]), version)
    for step, request in {
        "cancel what isn't moving": asked("m-topic", None),
        "to nobody": asked("m-topic", []),
        "to an unknown broker": asked("m-topic", [9]),
        "to one twice": asked("m-topic", [1, 1]),
        "to a negative broker": asked("m-topic", [-1]),
        "two replicas, no change of their number": asked("m-topic", [1, 9], change=False),
        "no change of their number": asked("m-topic", [1], change=False),
        "unknown partition": asked("m-topic", [1], 9),
        "unknown topic": asked("m-none", [1]),
        "bad name": asked("bad name", [1]),
        "no topics": ar.AlterPartitionReassignmentsRequest(10_000, True, []),
    }.items():
        talk.ask(step, request, 1)
    every = lr.ListPartitionReassignmentsRequest(10_000)
    every.topics = None
    talk.ask("list all", every, 0)
    for topic, partition in (("m-topic", 0), ("m-topic", 9), ("m-none", 0)):
        one = lr.ListPartitionReassignmentsTopics(topic, [partition])
        talk.ask(
            f"list {topic}-{partition}", lr.ListPartitionReassignmentsRequest(10_000, [one]), 0
        )
    talk.ask("list none", lr.ListPartitionReassignmentsRequest(10_000, []), 0)


def moves(talk: Talk) -> None:
    make_topic(talk, "w-topic")

    def asked(path: str, topic: str, *partitions: int) -> al.AlterReplicaLogDirsRequest:
        return al.AlterReplicaLogDirsRequest(
            [al.AlterReplicaLogDir(path, [al.AlterReplicaLogDirTopic(topic, list(partitions))])]
        )

    for version in (1, 2):
        talk.ask("unknown folder", asked("/no/such/folder", "w-topic", 0), version)
    talk.ask("relative folder", asked("folder", "w-topic", 0), 2)
    talk.ask("unknown folder and topic", asked("/no/such/folder", "w-none", 0), 2)
    talk.ask("none", al.AlterReplicaLogDirsRequest([]), 2)
    talk.ask("no partitions", asked("/no/such/folder", "w-topic"), 2)
    talk.ask("a partition twice", asked("/no/such/folder", "w-topic", 0, 0), 2)
    two = asked("/no/such/folder", "w-topic", 0)
    two.dirs += asked("/another", "w-topic", 0).dirs
    talk.ask("to two folders", two, 2)


def quorum(talk: Talk) -> None:
    def asked(topic: str, *partitions: int) -> dq.DescribeQuorumRequest:
        return dq.DescribeQuorumRequest(
            [dq.TopicData(topic, [dq.PartitionData(p) for p in partitions])]
        )

    for version in range(3):
        reply = talk.ask("quorum", asked("__cluster_metadata", 0), version, quiet=True)
        one = reply.topics[0].partitions[0]
        ends = [one.high_watermark, *(r.log_end_offset for r in one.current_voters + one.observers)]
        talk.note(f"epoch and offsets v{version}", [one.leader_epoch > 0, min(ends) > 0])
        one.leader_epoch = one.high_watermark = 0
        for replica in one.current_voters + one.observers:
            replica.log_end_offset = 0
        talk.note(f"the rest v{version}", reply.plain())
    for step, request in {
        "another partition": asked("__cluster_metadata", 1),
        "two partitions": asked("__cluster_metadata", 0, 1),
        "another topic": asked("q-none", 0),
        "no partitions": asked("__cluster_metadata"),
        "no topics": dq.DescribeQuorumRequest([]),
    }.items():
        talk.ask(step, request, 2)


def leaving(talk: Talk) -> None:
    for broker in (99, -1, 10001):
        talk.ask(f"broker {broker}", UnregisterBrokerRequest(broker), 0)


AREAS = {
    "elections": elections,
    "reassignments": reassignments,
    "log-dir-moves": moves,
    "quorum": quorum,
    "unregister": leaving,
}
