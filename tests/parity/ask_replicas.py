"""Where replicas are: moves, elections, log directories, the quorum, brokers that go.

One broker in one zone: what two brokers would do is tested with replication, here it is asked for.
"""

from __future__ import annotations

from msklite.wire.messages import add_raft_voter_request as av
from msklite.wire.messages import alter_partition_reassignments_request as ar
from msklite.wire.messages import alter_replica_log_dirs_request as al
from msklite.wire.messages import describe_quorum_request as dq
from msklite.wire.messages import elect_leaders_request as el
from msklite.wire.messages import list_partition_reassignments_request as lr
from msklite.wire.messages.remove_raft_voter_request import RemoveRaftVoterRequest
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


def voters(talk: Talk) -> None:
    """What a quorum of one refuses; a voter that is really added stops it when it isn't there."""
    whole = [dq.TopicData("__cluster_metadata", [dq.PartitionData(0)])]
    described = talk.ask("quorum", dq.DescribeQuorumRequest(whole), 2, quiet=True)
    only = described.topics[0].partitions[0].current_voters[0]
    listener = described.nodes[0].listeners[0]
    here = [av.Listener(listener.name, "localhost", 1)]

    def add(voter: int, directory: bytes, listeners: list[av.Listener]) -> av.AddRaftVoterRequest:
        return av.AddRaftVoterRequest(None, 5_000, voter, directory, listeners)

    def remove(voter: int, directory: bytes) -> RemoveRaftVoterRequest:
        return RemoveRaftVoterRequest(None, voter, directory)

    strange = b"x" * 16
    foreign = add(77, strange, here)
    foreign.cluster_id = "another"
    for step, request in {
        "of another cluster": foreign,
        "no id": add(-1, strange, here),
        "no directory": add(77, bytes(16), here),
        "no listeners": add(77, strange, []),
        "another listener": add(77, strange, [av.Listener("OTHER", "localhost", 1)]),
        "the one there is": add(only.replica_id, only.replica_directory_id, here),
        "its id with another directory": add(only.replica_id, strange, here),
        "nobody listens there": add(77, strange, here),
    }.items():
        for version in (0, 1):
            reply = talk.ask(f"add v{version}", request, version, quiet=True)
            talk.note(f"add {step} v{version}", reply.error_code)
    for step, gone in {
        "a stranger": remove(77, strange),
        "its id with another directory": remove(only.replica_id, strange),
        "no id": remove(-1, strange),
        "no directory": remove(only.replica_id, bytes(16)),
    }.items():
        talk.note(f"remove {step}", talk.ask("remove", gone, 0, quiet=True).error_code)


def leaving(talk: Talk) -> None:
    for broker in (99, -1, 10001):
        talk.ask(f"broker {broker}", UnregisterBrokerRequest(broker), 0)


AREAS = {
    "elections": elections,
    "reassignments": reassignments,
    "log-dir-moves": moves,
    "quorum": quorum,
    "voters": voters,
    "unregister": leaving,
}
