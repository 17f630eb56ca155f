"""Consuming by group: rebalances, commits, static members, and their administration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.clients.client import (
    COMMITTED,
    PATIENCE,
    Client,
    Consumer,
    Reading,
    Record,
    Refused,
    at_rest,
    take,
    until,
)

Make = Callable[..., str]
Name = Callable[..., str]
PARTITIONS = 6


class Members:
    """The members of a check, all closed at its end."""

    def __init__(self, client: Client, group: str, topic: str) -> None:
        self.client, self.group, self.topic = client, group, topic
        self.open: list[Consumer] = []

    def join(self, **settings: object) -> Consumer:
        member = self.client.consumer(Reading(group=self.group, **settings))  # type: ignore[arg-type]
        self.open.append(member)
        member.subscribe([self.topic])
        return member

    def leave(self, member: Consumer) -> None:
        self.open.remove(member)
        member.close()

    def settle(self, *expected: int, got: list[Record] | None = None) -> list[Record]:
        """Poll all until they own everything, each as many as said in any order."""

        def shared() -> bool:
            owned = [member.assignment() for member in self.open]
            everything = set().union(*owned)
            return sorted(map(len, owned)) == sorted(expected) and len(everything) == sum(expected)

        return until(shared, *self.open, got=got)


@pytest.fixture
def members(client: Client, make: Make, fresh: Name) -> Iterator[Members]:
    """A group of nobody yet, on a topic of six partitions."""
    with together(client, fresh("g"), make(PARTITIONS)) as started:
        yield started


@contextmanager
def together(client: Client, group: str, topic: str) -> Iterator[Members]:
    started = Members(client, group, topic)
    try:
        yield started
    finally:
        for member in started.open:
            with suppress(Refused):
                member.close()


def send(client: Client, topic: str, text: str) -> None:
    """One record into each partition."""
    client.produce(topic, [Record(text.encode(), partition=p) for p in range(PARTITIONS)])


def patiently(check: Callable[[], bool]) -> None:
    """Ask until it's so."""
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, "didn't come about"
        time.sleep(0.05)


def test_one_member_reads_all(client: Client, members: Members) -> None:
    """A single member owns every partition and reads every record."""
    for n in range(5):
        send(client, members.topic, f"{n}")
    member = members.join()
    got = take(5 * PARTITIONS, member)
    assert member.assignment() == {(members.topic, p) for p in range(PARTITIONS)}
    for partition in range(PARTITIONS):
        values = [r.value for r in got if r.partition == partition]
        assert values == [b"%d" % n for n in range(5)]


@pytest.mark.parametrize("assignor", ["range", "roundrobin", "sticky", "cooperative-sticky"])
def test_members_join_and_leave(client: Client, members: Members, assignor: str) -> None:
    """Partitions are shared out anew as members come and go, eager and cooperative alike."""
    topic = members.topic
    first = members.join(assignor=assignor)
    members.settle(6)
    second = members.join(assignor=assignor)
    members.settle(3, 3)
    members.join(assignor=assignor)
    members.settle(2, 2, 2)
    send(client, topic, "of three")
    got = take(PARTITIONS, *members.open)
    assert sorted(r.partition for r in got) == list(range(PARTITIONS))
    for member in members.open:
        member.commit()
    members.leave(second)
    members.settle(3, 3)
    members.leave(first)
    members.settle(6)
    send(client, topic, "of one")
    got = take(PARTITIONS, *members.open)
    assert sorted(r.partition for r in got) == list(range(PARTITIONS))
    assert {r.value for r in got} == {b"of one"}


def test_a_member_gives_all_up_first(client: Client, members: Members) -> None:
    """Eager: when somebody joins, a member is first revoked of all that it owns."""
    first = members.join(assignor="range")
    members.settle(6)
    assert first.events()[-1] == ("assigned", {(members.topic, p) for p in range(PARTITIONS)})
    members.join(assignor="range")
    members.settle(3, 3)
    events = [(what, tps) for what, tps in first.events() if tps]
    assert events[0] == ("revoked", {(members.topic, p) for p in range(PARTITIONS)})
    assert events[-1] == ("assigned", first.assignment())


def test_a_member_takes_only_what_moved(client: Client, members: Members) -> None:
    """Cooperative: a member is revoked only of what moves, and reads on with the rest."""
    first = members.join(assignor="cooperative-sticky")
    members.settle(6)
    first.events()
    second = members.join(assignor="cooperative-sticky")
    members.settle(3, 3)
    revoked = [tps for what, tps in first.events() if what == "revoked" and tps]
    assert revoked == [second.assignment()]
    kept = first.assignment()
    members.leave(second)
    members.settle(6)
    changes = [(what, tps) for what, tps in first.events() if tps]
    everything = {(members.topic, p) for p in range(PARTITIONS)}
    assert changes == [("assigned", everything - kept)]


def test_commit_and_resume(client: Client, members: Members) -> None:
    """The next member goes on where the last one committed, not where it read to."""
    for n in range(4):
        send(client, members.topic, f"{n}")
    member = members.join()
    take(4 * PARTITIONS, member)
    commits = {(members.topic, p): 1 + p % 4 for p in range(PARTITIONS)}
    member.commit(commits)
    assert member.committed(list(commits)) == commits
    members.leave(member)
    member = members.join()
    got = take(sum(4 - at for at in commits.values()), member) + at_rest(member)
    for (_, partition), at in commits.items():
        assert [r.offset for r in got if r.partition == partition] == list(range(at, 4))


def test_commit_what_was_read(client: Client, members: Members) -> None:
    """A commit without offsets commits what was polled."""
    send(client, members.topic, "first")
    member = members.join()
    take(PARTITIONS, member)
    member.commit()
    tps = [(members.topic, p) for p in range(PARTITIONS)]
    assert member.committed(tps) == dict.fromkeys(tps, 1)
    members.leave(member)
    send(client, members.topic, "second")
    assert {r.value for r in take(PARTITIONS, members.join())} == {b"second"}


def test_commit_by_assignment(client: Client, make: Make, fresh: Name) -> None:
    """A consumer that isn't a member commits for a group, and reads from there."""
    topic, group = make(), fresh("g")
    client.produce(topic, [Record(b"%d" % n) for n in range(10)])
    consumer = client.consumer(Reading(group=group))
    consumer.assign({(topic, 0): 0})
    assert consumer.committed([(topic, 0)]) == {(topic, 0): None}
    consumer.commit({(topic, 0): 6})
    consumer.close()
    consumer = client.consumer(Reading(group=group))
    consumer.assign({(topic, 0): COMMITTED})
    got = take(4, consumer)
    consumer.close()
    assert [r.offset for r in got] == [6, 7, 8, 9]


def test_groups_are_apart(client: Client, members: Members, fresh: Name) -> None:
    """Two groups on one topic each read everything."""
    send(client, members.topic, "both")
    with together(client, fresh("other"), members.topic) as others:
        one, other = members.join(), others.join()
        for member in (one, other):
            got = take(PARTITIONS, member)
            assert sorted(r.partition for r in got) == list(range(PARTITIONS))


def test_a_static_member_comes_back(client: Client, members: Members) -> None:
    """A static member that restarts gets its partitions back, and nobody else notices."""
    first = members.join(instance="one")
    second = members.join(instance="two")
    members.settle(3, 3)
    owned = first.assignment()
    second.events()
    members.leave(first)
    first = members.join(instance="one")
    members.settle(3, 3)
    at_rest(second)
    assert first.assignment() == owned
    assert second.events() == []


def test_a_static_member_stays_away(client: Client, members: Members) -> None:
    """A static member that doesn't come back loses its partitions with its session."""
    stays = members.join(instance="stays", session_ms=20_000)
    goes = members.join(instance="goes", session_ms=1_500)
    members.settle(3, 3)
    members.leave(goes)
    members.settle(6)
    assert stays.assignment() == {(members.topic, p) for p in range(PARTITIONS)}


def test_a_static_member_is_fenced(client: Client, members: Members) -> None:
    """Of two with one group.instance.id the elder is told FENCED_INSTANCE_ID."""
    elder = members.join(instance="same")
    members.settle(6)
    members.open.remove(elder)
    younger = members.join(instance="same")
    members.settle(6)
    seen: list[str] = []

    def fenced() -> bool:
        # By a poll or by a commit; Java's commit may fail for itself between the two.
        try:
            elder.poll(50)
            elder.commit({(members.topic, 0): 0})
        except Refused as refused:
            seen.append(refused.error)
        return "FENCED_INSTANCE_ID" in seen

    until(fenced, younger)
    assert set(seen) <= {"FENCED_INSTANCE_ID", "CommitFailedException"}
    with suppress(Refused):
        elder.close()
    assert len(younger.assignment()) == PARTITIONS


def test_groups_are_described(client: Client, members: Members) -> None:
    """A group is listed and described, with members while it has some and without after."""
    member = members.join(instance="who")
    members.settle(6)
    take_state(client, members.group, "stable")
    described = client.describe_group(members.group)
    assert described.protocol == ("RoundRobinAssigner" if client.name == "kafkajs" else "range")
    (told,) = described.members
    assert told.assigned == member.assignment()
    # aiokafka asks with a version that doesn't tell, kafkajs has no instances.
    if client.name not in ("aiokafka", "kafkajs"):
        assert told.instance == "who"
    assert members.group in client.groups()


def take_state(client: Client, group: str, state: str) -> None:
    patiently(lambda: client.describe_group(group).state == state)


def test_groups_are_deleted(client: Client, members: Members) -> None:
    """A group with members is NON_EMPTY_GROUP; an empty one is deleted with its offsets."""
    send(client, members.topic, "x")
    member = members.join()
    take(PARTITIONS, member)
    member.commit()
    with pytest.raises(Refused) as refused:
        client.delete_group(members.group)
    assert refused.value.error == "NON_EMPTY_GROUP"
    members.leave(member)
    take_state(client, members.group, "empty")
    client.delete_group(members.group)
    assert members.group not in client.groups()
    with pytest.raises(Refused) as refused:
        client.delete_group(members.group)
    assert refused.value.error == "GROUP_ID_NOT_FOUND"


def test_offsets_of_a_group(client: Client, members: Members) -> None:
    """The admin client sees what a group committed."""
    send(client, members.topic, "x")
    member = members.join()
    take(PARTITIONS, member)
    member.commit({(members.topic, 0): 1, (members.topic, 3): 0})
    assert client.group_offsets(members.group) == {(members.topic, 0): 1, (members.topic, 3): 0}


def test_offsets_are_reset(client: Client, members: Members) -> None:
    """An empty group's offsets can be set, and the next member starts there."""
    for n in range(3):
        send(client, members.topic, f"{n}")
    member = members.join()
    take(3 * PARTITIONS, member)
    member.commit()
    with pytest.raises(Refused) as refused:
        client.set_group_offsets(members.group, {(members.topic, 0): 1})
    assert refused.value.error == "UNKNOWN_MEMBER_ID"
    members.leave(member)
    take_state(client, members.group, "empty")
    client.set_group_offsets(members.group, {(members.topic, 0): 1, (members.topic, 1): 2})
    got = take(3, members.join())
    assert sorted((r.partition, r.offset) for r in got) == [(0, 1), (0, 2), (1, 2)]


def test_offsets_of_a_group_are_deleted(client: Client, members: Members) -> None:
    """Single offsets of a group can be deleted, but not of a topic that it reads."""
    send(client, members.topic, "x")
    member = members.join()
    take(PARTITIONS, member)
    member.commit()
    with pytest.raises(Refused) as refused:
        client.delete_group_offsets(members.group, [(members.topic, 0)])
    assert refused.value.error == "GROUP_SUBSCRIBED_TO_TOPIC"
    members.leave(member)
    take_state(client, members.group, "empty")
    client.delete_group_offsets(members.group, [(members.topic, 0), (members.topic, 1)])
    kept = {(members.topic, p): 1 for p in range(2, PARTITIONS)}
    assert client.group_offsets(members.group) == kept
