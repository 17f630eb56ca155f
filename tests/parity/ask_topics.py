"""Topics and features: the administration APIs."""

from __future__ import annotations

from msklite.wire.messages import (
    create_partitions_request as cp,
)
from msklite.wire.messages import (
    delete_topics_request as dt,
)
from msklite.wire.messages import (
    update_features_request as uf,
)
from msklite.wire.messages.create_topics_request import CreateTopicsRequest
from tests.parity.shapes import STRANGE, create, make_topic, metadata, new_topic, wait_for
from tests.parity.talk import Talk


def creating(talk: Talk) -> None:
    for version in range(2, 8):
        talk.ask(f"good v{version}", create(new_topic(f"c-v{version}", 2, 1)), version)
        talk.ask(f"again v{version}", create(new_topic(f"c-v{version}", 2, 1)), version)
    cases = {
        "defaults": new_topic("c-defaults", -1, -1),
        "config": new_topic(
            "c-config", 1, 1, {"retention.ms": "1000", "cleanup.policy": "compact,delete"}
        ),
        "assignments": new_topic("c-assigned", -1, -1, assignments={0: [1], 1: [1]}),
        "assignments backwards": new_topic("c-assigned-b", -1, -1, assignments={1: [1], 0: [1]}),
        "empty name": new_topic(""),
        "dot": new_topic("."),
        "dots": new_topic(".."),
        "long name": new_topic("x" * 250),
        "longest name": new_topic("y" * 249),
        "space": new_topic("a b"),
        "slash": new_topic("a/b"),
        "collision": new_topic("c_defaults"),
        "collision with dots": new_topic("c.coll"),
        "collision with underscores": new_topic("c_coll"),
        "internal": new_topic("__consumer_offsets_x"),
        "metadata log": new_topic("__cluster_metadata"),
        "0 partitions": new_topic("c-bad", 0),
        "-2 partitions": new_topic("c-bad", -2),
        "factor 0": new_topic("c-bad", 1, 0),
        "factor 2": new_topic("c-bad", 1, 2),
        "factor -2": new_topic("c-bad", 1, -2),
        "assignments and partitions": new_topic("c-bad", 1, -1, assignments={0: [1]}),
        "assignments and a factor": new_topic("c-bad", -1, 1, assignments={0: [1]}),
        "assigned to nobody": new_topic("c-bad", -1, -1, assignments={0: []}),
        "assigned twice": new_topic("c-bad", -1, -1, assignments={0: [1, 1]}),
        "assigned to unknown": new_topic("c-bad", -1, -1, assignments={0: [9]}),
        "assigned with a hole": new_topic("c-bad", -1, -1, assignments={0: [1], 2: [1]}),
        "assigned from 1": new_topic("c-bad", -1, -1, assignments={1: [1]}),
        "assigned to -1": new_topic("c-bad", -1, -1, assignments={0: [-1]}),
        "assigned with different factors": new_topic("c-bad", -1, -1, assignments={0: [1], 1: []}),
        "unknown config": new_topic("c-bad", configs={"no.such": "1"}),
        "bad number": new_topic("c-bad", configs={"retention.ms": "soon"}),
        "out of range": new_topic("c-bad", configs={"segment.bytes": "1"}),
        "negative": new_topic("c-bad", configs={"retention.ms": "-2"}),
        "bad policy": new_topic("c-bad", configs={"cleanup.policy": "burn"}),
        "empty policy": new_topic("c-empty-policy", configs={"cleanup.policy": ""}),
        "bad compression": new_topic("c-bad", configs={"compression.type": "rar"}),
        "null value": new_topic("c-bad", configs={"retention.ms": None}),
        "min isr 0": new_topic("c-bad", configs={"min.insync.replicas": "0"}),
        "spaces in a number": new_topic("c-spaces", configs={"retention.ms": " 5000 "}),
        "local retention too large": new_topic(
            "c-bad", configs={"retention.ms": "5", "local.retention.ms": "6"}
        ),
        "remote storage": new_topic("c-bad", configs={"remote.storage.enable": "true"}),
        "bad and good config": new_topic("c-bad", configs={"no.such": "1", "retention.ms": "1"}),
        "throttled replicas": new_topic(
            "c-bad", configs={"leader.replication.throttled.replicas": "x"}
        ),
        "message format": new_topic("c-bad", configs={"message.format.version": "3.0"}),
        "boolean in capitals": new_topic("c-caps", configs={"preallocate": "TRUE"}),
        "bad boolean": new_topic("c-bad", configs={"preallocate": "yes"}),
        "bad ratio": new_topic("c-bad", configs={"min.cleanable.dirty.ratio": "1.5"}),
        "min lag over max": new_topic(
            "c-bad", configs={"min.compaction.lag.ms": "9", "max.compaction.lag.ms": "8"}
        ),
    }
    for step, topic in cases.items():
        talk.ask(step, create(topic), 7)
    for step, topic in {
        "good": new_topic("c-dry", 3),
        "exists": new_topic("c-v2"),
        "bad": new_topic("c-dry", 0),
        "factor": new_topic("c-dry", 1, 3),
        "config": new_topic("c-dry", configs={"retention.ms": "7"}),
        "bad config": new_topic("c-dry", configs={"retention.ms": "x"}),
    }.items():
        talk.ask(f"validate only, {step}", create(topic, validate_only=True), 7)
    for timeout in (0, -1):
        for dry in (False, True):
            late = create(new_topic("c-late"), new_topic("a b"), validate_only=dry)
            late.timeout_ms = timeout
            talk.ask(f"timeout {timeout}, dry {dry}", late, 7, unordered=True)
    talk.ask("none", CreateTopicsRequest(timeout_ms=1000), 7)
    talk.ask("twice in one request", create(new_topic("c-twice"), new_topic("c-twice", 2)), 7)
    talk.ask("good beside bad", create(new_topic("c-good"), new_topic("a b")), 7, unordered=True)
    for name in ("c-config", "c-assigned-b", "c-spaces", "c-dry", "c-twice", "c-empty-policy"):
        talk.until(metadata(name), 12, lambda r: r.topics[0].error_code != 5)
    wait_for(talk, "c-assigned-b")
    talk.ask("as created", metadata("c-assigned-b"), 12)
    talk.ask("not created", metadata("c-dry", "c-bad"), 12, unordered=True)


def deleting(talk: Talk) -> None:
    for version in range(1, 6):
        make_topic(talk, f"d-v{version}")
        request = dt.DeleteTopicsRequest(topic_names=[f"d-v{version}", "d-none"], timeout_ms=30_000)
        talk.ask(f"by name v{version}", request, version, unordered=True)

    def asked(*topics: str | bytes) -> dt.DeleteTopicsRequest:
        states = [
            dt.DeleteTopicState(name=t) if isinstance(t, str) else dt.DeleteTopicState(None, t)
            for t in topics
        ]
        return dt.DeleteTopicsRequest(topics=states, timeout_ms=30_000)

    ids = [make_topic(talk, f"d-{i}") for i in range(4)]
    talk.ask("by name", asked("d-0"), 6)
    talk.ask("by id", asked(ids[1]), 6)
    talk.ask("again by name", asked("d-0"), 6)
    talk.ask("again by id", asked(ids[1]), 6)
    talk.ask("unknown id", asked(STRANGE), 6)
    talk.ask("zero id", asked(bytes(16)), 6)
    talk.ask("bad name", asked("bad name"), 6)
    talk.ask("empty name", asked(""), 6)
    talk.ask("twice", asked("d-2", "d-2"), 6, unordered=True)
    talk.ask("name and id", asked("d-2", ids[2]), 6, unordered=True)
    both = asked(ids[3])
    both.topics[0].name = "d-3"
    talk.ask("id and name in one", both, 6)
    talk.ask("none", asked(), 6)
    kept = make_topic(talk, "d-kept")
    for timeout in (0, -1):
        late = asked("d-kept", "d-none")
        late.timeout_ms = timeout
        talk.ask(f"timeout {timeout}", late, 6, unordered=True)
        late = asked(kept)
        late.timeout_ms = timeout
        talk.ask(f"timeout {timeout}, by id", late, 6)
    talk.until(metadata("d-0"), 12, lambda r: r.topics[0].error_code == 3)
    talk.until(metadata(ids[1]), 12, lambda r: r.topics[0].error_code == 100)
    talk.ask("gone", metadata("d-0"), 12)
    talk.ask("gone by id", metadata(ids[1]), 12)
    again = make_topic(talk, "d-0")
    talk.note("a new id", again != ids[0])


def partitions(talk: Talk) -> None:
    make_topic(talk, "n-parts", 2)

    def asked(
        count: int,
        assigned: list[list[int]] | None = None,
        name: str = "n-parts",
        dry: bool = False,
    ) -> cp.CreatePartitionsRequest:
        topic = cp.CreatePartitionsTopic(name, count)
        topic.assignments = (
            None if assigned is None else [cp.CreatePartitionsAssignment(a) for a in assigned]
        )
        return cp.CreatePartitionsRequest([topic], 30_000, dry)

    for version in range(4):
        talk.ask(f"one more v{version}", asked(3 + version), version)
    for step, request in {
        "the same": asked(6),
        "fewer": asked(1),
        "0": asked(0),
        "negative": asked(-1),
        "unknown": asked(3, name="n-none"),
        "bad name": asked(3, name="bad name"),
        "dry": asked(8, dry=True),
        "dry and bad": asked(2, dry=True),
        "assigned": asked(7, [[1]]),
        "too few assigned": asked(9, [[1]]),
        "too many assigned": asked(8, [[1], [1]]),
        "assigned to unknown": asked(8, [[5]]),
        "assigned two": asked(8, [[1, 2]]),
        "assigned twice": asked(8, [[1, 1]]),
        "assigned to nobody": asked(8, [[]]),
        "no assignments": asked(8, []),
    }.items():
        talk.ask(step, request, 3)
    twice = asked(9)
    assert twice.topics is not None
    twice.topics.append(cp.CreatePartitionsTopic("n-parts", 10))
    talk.ask("a topic twice", twice, 3)
    talk.ask("no topics", cp.CreatePartitionsRequest([], 1000), 3)
    for timeout in (0, -1):
        late = asked(9)
        late.timeout_ms = timeout
        talk.ask(f"timeout {timeout}", late, 3)
    talk.until(metadata("n-parts"), 12, lambda r: len(r.topics[0].partitions) == 7)
    wait_for(talk, "n-parts")
    talk.ask("as it is now", metadata("n-parts"), 12, unordered=True)


def features(talk: Talk) -> None:
    def asked(*updates: tuple[str, int, int], dry: bool = False) -> uf.UpdateFeaturesRequest:
        return uf.UpdateFeaturesRequest(
            30_000,
            [uf.FeatureUpdateKey(n, level, level == 0, kind) for n, level, kind in updates],
            dry,
        )

    for step, request in {
        "none": asked(),
        "unknown feature": asked(("no.such", 1, 1)),
        "unknown feature to 0": asked(("no.such", 0, 2)),
        "metadata.version as it is": asked(("metadata.version", 29, 1)),
        "metadata.version unknown": asked(("metadata.version", 99, 1)),
        "metadata.version down": asked(("metadata.version", 7, 1)),
        "metadata.version far down": asked(("metadata.version", 1, 2)),
        "a level that Kafka has": asked(("group.version", 1, 1)),
        "lower level as upgrade": asked(("metadata.version", 28, 1)),
        "kraft.version as it is": asked(("kraft.version", 1, 1)),
        "kraft.version to 0 as upgrade": asked(("kraft.version", 0, 1)),
        "kraft.version to 2": asked(("kraft.version", 2, 1)),
        "negative level": asked(("metadata.version", -1, 1)),
        "unknown kind of upgrade": asked(("metadata.version", 29, 9)),
        "level too high": asked(("group.version", 50, 1)),
        "a feature twice": asked(("metadata.version", 29, 1), ("metadata.version", 29, 1)),
    }.items():
        for version in (0, 1, 2):
            try:
                talk.ask(f"dry, {step}" if version else step, request_at(request, version), version)
            except ValueError as failed:
                talk.note(step, str(failed))


def request_at(request: uf.UpdateFeaturesRequest, version: int) -> uf.UpdateFeaturesRequest:
    """The same request; where the version has it, only validated."""
    request.validate_only = version >= 1
    return request


AREAS = {
    "create-topics": creating,
    "delete-topics": deleting,
    "create-partitions": partitions,
    "features": features,
}
