"""Three brokers: what each says while all are there, while the third is away, and after.

Replicas are placed by hand, so that both clusters have the same leaders. Replies that name a
controller at random (Metadata, DescribeCluster) are kept without it.
"""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import alter_partition_reassignments_request as ar
from msklite.wire.messages import create_partitions_request as cp
from msklite.wire.messages import describe_quorum_request as dq
from msklite.wire.messages import describe_topic_partitions_request as dt
from msklite.wire.messages import elect_leaders_request as el
from msklite.wire.messages import list_partition_reassignments_request as lr
from msklite.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from msklite.wire.messages.describe_cluster_request import DescribeClusterRequest
from msklite.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from tests.parity.ask_brokers_groups import members
from tests.parity.ask_brokers_records import caught_up, nearest, offsets, reading, writing
from tests.parity.batches import batch
from tests.parity.crowds import BROKERS, TOPICS, Crowd
from tests.parity.shapes import create, fetch, metadata, new_topic, produce
from tests.parity.talk import Talk

PREFERRED, UNCLEAN = 0, 1


def story(talk: Talk, crowd: Crowd) -> None:
    """The whole of it."""
    talk.hosts.update({str(n): address for n, address in crowd.addresses().items()})
    talk.until(DescribeClusterRequest(), 2, lambda r: len(r.brokers) == 3)
    made(talk)
    placing(talk)
    for stage, away in (("all", ()), ("third away", (3,)), ("back", ())):
        if stage == "third away":
            crowd.stop(3)
            talk.drop("3")
        elif stage == "back":
            crowd.start(3)
        alive = [n for n in BROKERS if n not in away]
        settled(talk, alive)
        talk.area = f"brokers, {stage}"
        described(talk, alive)
        writing(talk, alive)
        reading(talk, alive)
        nearest(talk, alive)
        offsets(talk, alive)
        moving(talk, alive)
        members(talk, stage)
        if stage != "third away":
            electing(talk, alive)
        else:
            missing(talk)
    returning(talk)


# --- setting up ----------------------------------------------------------------------------


def made(talk: Talk) -> None:
    for name, (placed, configs) in TOPICS.items():
        topic = new_topic(name, -1, -1, configs, placed)
        reply = talk.ask(f"create {name}", create(topic), 7, quiet=True)
        talk.note(f"create {name}", reply.topics[0].error_code)
    for name in TOPICS:
        for broker in BROKERS:
            reply = talk.until(metadata(name), 12, _has_leaders, on=str(broker))
            talk.call_it(reply.topics[0].topic_id, f"id of {name}")


def _has_leaders(reply: Any) -> bool:
    topic = reply.topics[0]
    return topic.error_code == 0 and all(p.leader_id >= 0 for p in topic.partitions)


def settled(talk: Talk, alive: list[int]) -> None:
    """Wait until all brokers that are there see the same: in-sync sets without those away."""
    names = list(TOPICS)

    def right(reply: Any) -> bool:
        return all(
            (set(p.isr_nodes) == found and p.leader_id in alive) if found else p.leader_id == -1
            for topic in reply.topics
            for p in topic.partitions
            for found in [set(p.replica_nodes) & set(alive)]
        )

    for broker in alive:
        talk.until(metadata(*names), 12, right, on=str(broker))
        talk.until(
            DescribeClusterRequest(), 2, lambda r: len(r.brokers) == len(alive), on=str(broker)
        )


def placing(talk: Talk) -> None:
    """Topics and partitions that ask for too much, or for what isn't there."""
    for step, topic in {
        "four replicas": new_topic("b-bad", 1, 4),
        "a broker that isn't": new_topic("b-bad", -1, -1, None, {0: [1, 9]}),
        "a broker twice": new_topic("b-bad", -1, -1, None, {0: [1, 1]}),
        "uneven": new_topic("b-bad", -1, -1, None, {0: [1, 2], 1: [3]}),
        "a gap": new_topic("b-bad", -1, -1, None, {0: [1], 2: [2]}),
        "nobody": new_topic("b-bad", -1, -1, None, {0: []}),
        "numbers and places": new_topic("b-bad", 1, 1, None, {0: [1]}),
    }.items():
        talk.ask(f"create with {step}", create(topic), 7)
    talk.ask("three replicas", create(new_topic("b-new", 3, 3), validate_only=True), 7)
    for step, places in {
        "three to two": [[1, 2]],
        "a broker that isn't": [[1, 2, 9]],
        "too few places": [],
        "too many places": [[1, 2, 3], [1, 2, 3]],
    }.items():
        assigned = [cp.CreatePartitionsAssignment(p) for p in places]
        more = cp.CreatePartitionsTopic("b-t", 4, assigned)
        talk.ask(f"add, {step}", cp.CreatePartitionsRequest([more], 10_000, True), 3)


# --- what each stage asks --------------------------------------------------------------------


def plain(talk: Talk, step: str, request: Any, version: int, on: str) -> None:
    """Ask, and keep the reply without the controller and the order of Kafka's hash maps."""
    reply = talk.ask(step, request, version, on=on, quiet=True)
    if hasattr(reply, "controller_id"):
        reply.controller_id = 1 if reply.controller_id in BROKERS else reply.controller_id
    for name in ("brokers", "topics"):
        rows = getattr(reply, name, None)
        if rows:
            rows.sort(key=_id_or_name)
            for row in rows:
                if hasattr(row, "partitions"):
                    row.partitions.sort(key=lambda p: p.partition_index)
                    for p in row.partitions:
                        p.isr_nodes.sort()
    talk.note(f"{step} v{version} on {on}", reply.plain())


def _id_or_name(row: Any) -> Any:
    for field in ("node_id", "broker_id", "name"):
        if hasattr(row, field):
            return getattr(row, field)
    raise AssertionError(f"neither a broker nor a topic: {row}")


def described(talk: Talk, alive: list[int]) -> None:
    names = [name for name in TOPICS if name.startswith("b-")]
    for broker in map(str, alive):
        plain(talk, "metadata", metadata(*names), 13, broker)
        plain(talk, "cluster", DescribeClusterRequest(), 2, broker)
    for version in (1, 4, 12):
        plain(talk, "metadata", metadata("b-t", "b-one"), version, "1")
    plain(talk, "with those away", DescribeClusterRequest(include_fenced_brokers=True), 2, "1")
    asked = dt.DescribeTopicPartitionsRequest([dt.TopicRequest(n) for n in sorted(names)])
    plain(talk, "partitions", asked, 0, "1")
    quorum = dq.DescribeQuorumRequest([dq.TopicData("__cluster_metadata", [dq.PartitionData(0)])])
    reply = talk.ask("quorum", quorum, 2, quiet=True, on="2")
    one = reply.topics[0].partitions[0]
    # Of one that went, only the controller that heard it still tells for a while.
    seen = sorted(o.replica_id for o in one.observers if o.replica_id in alive)
    voters = [v.replica_id for v in one.current_voters]
    talk.note("quorum", [seen, one.leader_id in voters, one.high_watermark > 0])


def elect(kind: int, topic: str, *partitions: int) -> el.ElectLeadersRequest:
    return el.ElectLeadersRequest(kind, [el.TopicPartitions(topic, list(partitions))], 10_000)


def electing(talk: Talk, alive: list[int]) -> None:
    for broker in map(str, alive):
        talk.ask(f"unclean on {broker}", elect(UNCLEAN, "b-t", 0, 1, 2), 2, on=broker,
                 unordered=True)  # fmt: skip


def place(replicas: list[int] | None, topic: str = "b-moves") -> Any:
    part = ar.ReassignablePartition(0)
    part.replicas = replicas
    return ar.AlterPartitionReassignmentsRequest(
        10_000, True, [ar.ReassignableTopic(topic, [part])]
    )


def listed() -> lr.ListPartitionReassignmentsRequest:
    every = lr.ListPartitionReassignmentsRequest(10_000)
    every.topics = None
    return every


def moving(talk: Talk, alive: list[int]) -> None:
    """Away to where the third is, and home; while the third is away the move can't end."""
    talk.ask("to one that isn't", place([1, 9]), 1)
    talk.ask("nothing moves", listed(), 0)
    talk.ask("move", place([1, 3]), 1)
    if 3 in alive:
        talk.until(metadata("b-moves"), 12, lambda r: _placed(r, [1, 3]), on="1")
        plain(talk, "moved", metadata("b-moves"), 12, "1")
        talk.ask("nothing moves any more", listed(), 0)
        talk.ask("move home", place([1, 2]), 1)
    else:
        talk.ask("it moves", listed(), 0)
        talk.until(metadata("b-moves"), 12, lambda r: 3 in _replicas(r), on="1")
        plain(talk, "moving", metadata("b-moves"), 12, "1")
        talk.ask("move elsewhere", place([2, 3]), 1)
        talk.ask("it moves elsewhere", listed(), 0)
        talk.ask("cancel", place(None), 1)
        talk.ask("cancelled", listed(), 0)
        talk.ask("cancel again", place(None), 1)
    for broker in map(str, alive):
        talk.until(
            metadata("b-moves"),
            12,
            lambda r: (
                sorted(r.topics[0].partitions[0].isr_nodes) == [1, 2]
                and sorted(r.topics[0].partitions[0].replica_nodes) == [1, 2]
            ),
            on=broker,
        )
    plain(talk, "moved home", metadata("b-moves"), 12, "1")


def _placed(reply: Any, replicas: list[int]) -> bool:
    (found,) = reply.topics[0].partitions
    return sorted(found.isr_nodes) == sorted(found.replica_nodes) == replicas


def _replicas(reply: Any) -> list[int]:
    found: list[int] = reply.topics[0].partitions[0].replica_nodes
    return found


def missing(talk: Talk) -> None:
    """While the third is away."""
    talk.ask("preferred", elect(PREFERRED, "b-t", 0, 1, 2), 2, unordered=True)
    talk.ask("preferred of one", elect(PREFERRED, "b-one", 0, 1), 2, unordered=True)
    talk.ask("unclean", elect(UNCLEAN, "b-t", 0, 2), 2, unordered=True)
    talk.ask("unclean of one", elect(UNCLEAN, "b-one", 0), 2, unordered=True)
    for step, topic in {
        "with three replicas": new_topic("b-later", 1, 3),
        "on the one away": new_topic("b-later", -1, -1, None, {0: [3]}),
        "on one away and one there": new_topic("b-later", -1, -1, None, {0: [3, 1]}),
    }.items():
        talk.ask(f"check {step}", create(topic, validate_only=True), 7)
    talk.ask("make with one away", create(new_topic("b-late", -1, -1, None, {0: [3, 1]})), 7)
    talk.until(metadata("b-late"), 12, _has_leaders)
    plain(talk, "made with one away", metadata("b-late"), 12, "1")
    talk.ask("unregister nobody", UnregisterBrokerRequest(9), 0)


# --- home again --------------------------------------------------------------------------------


def returning(talk: Talk) -> None:
    """The third leads again what it led first."""
    talk.area = "brokers, home"
    talk.ask("preferred", elect(PREFERRED, "b-t", 0, 1, 2), 2, unordered=True)
    everything = el.ElectLeadersRequest(PREFERRED, None, 10_000)
    everything.topic_partitions = None
    talk.ask("preferred of all", everything, 2, unordered=True)
    talk.ask("preferred again", elect(PREFERRED, "b-t", 0, 1, 2), 2, unordered=True)

    def home(reply: Any) -> bool:
        return all(p.leader_id == p.replica_nodes[0] for t in reply.topics for p in t.partitions)

    for broker in map(str, BROKERS):
        talk.until(metadata(*TOPICS), 12, home, on=broker)
    described(talk, list(BROKERS))
    for broker in map(str, BROKERS):
        talk.ask(f"write on {broker}", produce("b-t", batch(b"w"), 2), 11, on=broker)
        caught_up(talk, "b-t", 2, broker)
        talk.ask(f"read on {broker}", fetch("b-t", 0, 2), 12, on=broker)
    offsets(talk, list(BROKERS))
    members(talk, "home")
    gone = [DeleteTopicState(name) for name in ("b-t", "b-late", "b-none")]
    talk.ask("delete", DeleteTopicsRequest(gone, timeout_ms=10_000), 6, unordered=True)
    for broker in map(str, BROKERS):
        talk.until(metadata("b-t"), 12, lambda r: r.topics[0].error_code == 3, on=broker)
        talk.ask(f"read what's gone on {broker}", fetch("b-t"), 12, on=broker)
