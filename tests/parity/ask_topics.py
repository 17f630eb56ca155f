"""Topics and configurations: the administration APIs."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import (
    alter_configs_request as ac,
)
from msklite.wire.messages import (
    create_partitions_request as cp,
)
from msklite.wire.messages import (
    delete_topics_request as dt,
)
from msklite.wire.messages import (
    describe_configs_request as dc,
)
from msklite.wire.messages import (
    incremental_alter_configs_request as ic,
)
from msklite.wire.messages import (
    list_config_resources_request as lc,
)
from msklite.wire.messages import (
    update_features_request as uf,
)
from msklite.wire.messages.create_topics_request import CreateTopicsRequest
from tests.parity.shapes import STRANGE, create, make_topic, metadata, new_topic, wait_for
from tests.parity.talk import Talk

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3


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
    talk.until(metadata("d-0"), 12, lambda r: r.topics[0].error_code == 3)
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
        "too many": asked(1_000_000),
    }.items():
        talk.ask(step, request, 3)
    twice = asked(9)
    assert twice.topics is not None
    twice.topics.append(cp.CreatePartitionsTopic("n-parts", 10))
    talk.ask("a topic twice", twice, 3)
    talk.ask("no topics", cp.CreatePartitionsRequest([], 1000), 3)
    talk.until(metadata("n-parts"), 12, lambda r: len(r.topics[0].partitions) == 8)
    wait_for(talk, "n-parts")
    talk.ask("as it is now", metadata("n-parts"), 12)


def describe(
    kind: int, name: str, *keys: str, synonyms: bool = False, docs: bool = False
) -> dc.DescribeConfigsRequest:
    """All settings when no keys are given."""
    resource = dc.DescribeConfigsResource(kind, name, list(keys))
    if not keys:
        resource.configuration_keys = None
    return dc.DescribeConfigsRequest([resource], synonyms, docs)


def change(
    kind: int, name: str, *ops: tuple[str, int, str | None], dry: bool = False
) -> ic.IncrementalAlterConfigsRequest:
    configs = [ic.AlterableConfig(k, op, v) for k, op, v in ops]
    return ic.IncrementalAlterConfigsRequest([ic.AlterConfigsResource(kind, name, configs)], dry)


BROKER_KEYS = (
    "auto.create.topics.enable", "advertised.listeners", "broker.id", "compression.type",
    "default.replication.factor", "delete.topic.enable", "group.initial.rebalance.delay.ms",
    "group.max.session.timeout.ms", "group.min.session.timeout.ms", "group.max.size",
    "log.cleanup.policy", "log.cleaner.enable", "log.flush.interval.messages",
    "log.index.interval.bytes", "log.message.timestamp.type", "log.retention.bytes",
    "log.retention.hours", "log.retention.ms", "log.retention.minutes", "log.roll.hours",
    "log.segment.bytes", "max.connections", "message.max.bytes", "min.insync.replicas",
    "node.id", "num.io.threads", "num.partitions", "offsets.retention.minutes",
    "offsets.topic.num.partitions", "offset.metadata.max.bytes", "process.roles",
    "queued.max.requests", "socket.request.max.bytes", "ssl.keystore.password",
    "unclean.leader.election.enable", "no.such.config",
)  # fmt: skip


def describing(talk: Talk) -> None:
    make_topic(talk, "x-plain")
    make_topic(
        talk, "x-set", retention_ms="1234", cleanup_policy="compact", max_message_bytes="2000000"
    )
    for version in range(1, 5):
        talk.ask("all of a topic", describe(TOPIC, "x-plain"), version, unordered=True)
        talk.ask(
            "with settings",
            describe(
                TOPIC, "x-set", "retention.ms", "cleanup.policy", "segment.bytes", synonyms=True
            ),
            version,
            unordered=True,
        )
    talk.ask("synonyms", describe(TOPIC, "x-plain", synonyms=True), 4, unordered=True)
    talk.ask("documentation", describe(TOPIC, "x-plain", "retention.ms", docs=True), 4)
    for step, request in {
        "unknown topic": describe(TOPIC, "x-none"),
        "bad name": describe(TOPIC, "bad name"),
        "empty name": describe(TOPIC, ""),
        "unknown key": describe(TOPIC, "x-plain", "no.such", "retention.ms"),
        "unknown broker": describe(BROKER, "99"),
        "broker's name is no number": describe(BROKER, "one"),
        "type 0": describe(0, "x"),
        "type 3": describe(3, "x"),
        "type 77": describe(77, "x"),
        "metrics": describe(METRICS, "m"),
        "metrics without a name": describe(METRICS, ""),
        "group": describe(GROUP, "g"),
        "group with synonyms": describe(GROUP, "g", synonyms=True),
        "group without a name": describe(GROUP, ""),
        "defaults of brokers": describe(BROKER, ""),
    }.items():
        talk.ask(step, request, 4, unordered=True)
    talk.ask("none", dc.DescribeConfigsRequest([]), 4)
    talk.ask(
        "a resource twice",
        dc.DescribeConfigsRequest(
            [
                dc.DescribeConfigsResource(TOPIC, "x-none", []),
                dc.DescribeConfigsResource(TOPIC, "x-none", []),
            ]
        ),
        4,
    )
    for version in (1, 4):
        talk.ask("broker's settings", describe(BROKER, "1", *BROKER_KEYS), version, unordered=True)
    talk.ask(
        "broker's synonyms", describe(BROKER, "1", *BROKER_KEYS, synonyms=True), 4, unordered=True
    )
    logger = talk.ask("loggers", describe(LOGGER, "1"), 4, quiet=True)
    talk.note("loggers", [logger.results[0].error_code, "ROOT" in str(logger).upper()])


def altering(talk: Talk) -> None:
    make_topic(talk, "i-topic")
    keys = ("retention.ms", "cleanup.policy", "segment.bytes", "max.message.bytes")

    def now(step: str) -> None:
        reply = talk.ask("now", describe(TOPIC, "i-topic", *keys), 4, quiet=True)
        found = sorted([c.name, c.value, c.config_source] for c in reply.results[0].configs)
        talk.note(f"after {step}", found)

    steps: dict[str, Any] = {
        "set": change(TOPIC, "i-topic", ("retention.ms", SET, "5000")),
        "set two": change(
            TOPIC, "i-topic", ("retention.ms", SET, "6000"), ("segment.bytes", SET, "1048576")
        ),
        "delete": change(TOPIC, "i-topic", ("segment.bytes", DELETE, None)),
        "delete what isn't set": change(TOPIC, "i-topic", ("segment.ms", DELETE, None)),
        "append to the default": change(TOPIC, "i-topic", ("cleanup.policy", APPEND, "compact")),
        "append again": change(TOPIC, "i-topic", ("cleanup.policy", APPEND, "compact")),
        "subtract": change(TOPIC, "i-topic", ("cleanup.policy", SUBTRACT, "delete")),
        "subtract what isn't there": change(
            TOPIC, "i-topic", ("cleanup.policy", SUBTRACT, "delete")
        ),
        "append to no list": change(TOPIC, "i-topic", ("retention.ms", APPEND, "1")),
        "operation 7": change(TOPIC, "i-topic", ("retention.ms", 7, "1")),
        "operation -1": change(TOPIC, "i-topic", ("retention.ms", -1, "1")),
        "set null": change(TOPIC, "i-topic", ("retention.ms", SET, None)),
        "append null": change(TOPIC, "i-topic", ("cleanup.policy", APPEND, None)),
        "delete with a value": change(TOPIC, "i-topic", ("retention.ms", DELETE, "9")),
        "unknown key": change(TOPIC, "i-topic", ("no.such", SET, "1")),
        "bad value": change(TOPIC, "i-topic", ("retention.ms", SET, "x")),
        "bad list": change(TOPIC, "i-topic", ("cleanup.policy", SET, "compact,burn")),
        "one good, one bad": change(
            TOPIC, "i-topic", ("retention.ms", SET, "8"), ("segment.bytes", SET, "1")
        ),
        "a key twice": change(
            TOPIC, "i-topic", ("retention.ms", SET, "8"), ("retention.ms", SET, "9")
        ),
        "dry": change(TOPIC, "i-topic", ("retention.ms", SET, "777"), dry=True),
        "dry and bad": change(TOPIC, "i-topic", ("retention.ms", SET, "x"), dry=True),
        "no keys": change(TOPIC, "i-topic"),
        "unknown topic": change(TOPIC, "i-none", ("retention.ms", SET, "1")),
        "bad topic": change(TOPIC, "bad name", ("retention.ms", SET, "1")),
        "empty topic": change(TOPIC, "", ("retention.ms", SET, "1")),
        "type 0": change(0, "x", ("retention.ms", SET, "1")),
        "type 77": change(77, "x", ("retention.ms", SET, "1")),
        "unknown broker": change(BROKER, "99", ("log.retention.ms", SET, "1")),
        "broker's name is no number": change(BROKER, "one", ("log.retention.ms", SET, "1")),
        "broker, read only": change(BROKER, "1", ("broker.id", SET, "5")),
        "broker, unknown": change(BROKER, "1", ("no.such", SET, "5")),
        "broker, bad value": change(BROKER, "1", ("log.retention.ms", SET, "x")),
        "group": change(GROUP, "i-group", ("consumer.session.timeout.ms", SET, "50000")),
        "group, unknown key": change(GROUP, "i-group", ("no.such", SET, "1")),
        "group, bad value": change(GROUP, "i-group", ("consumer.session.timeout.ms", SET, "1")),
        "metrics": change(METRICS, "i-metrics", ("interval.ms", SET, "5000")),
        "metrics, bad": change(METRICS, "i-metrics", ("interval.ms", SET, "1")),
    }
    for step, request in steps.items():
        talk.ask(step, request, 1)
        if request.resources[0].resource_name == "i-topic":
            now(step)
    talk.ask("version 0", change(TOPIC, "i-topic", ("retention.ms", SET, "4")), 0)
    for kind, key in ((GROUP, "i-group"), (METRICS, "i-metrics")):
        # The image of what was written reaches the broker a moment later.
        wanted = {"consumer.session.timeout.ms": "50000", "interval.ms": "5000"}
        talk.until(
            describe(kind, key),
            4,
            lambda r, w=wanted: any(w.get(c.name) == c.value for c in r.results[0].configs),
        )
        talk.ask(f"{key} as set", describe(kind, key), 4, unordered=True)

    def whole(name: str, dry: bool = False, **values: str | None) -> ac.AlterConfigsRequest:
        configs = [ac.AlterableConfig(k.replace("_", "."), v) for k, v in values.items()]
        return ac.AlterConfigsRequest([ac.AlterConfigsResource(TOPIC, name, configs)], dry)

    for version in range(3):
        talk.ask("AlterConfigs", whole("i-topic", segment_bytes="2000000"), version)
    now("AlterConfigs")
    for step, request in {
        "AlterConfigs, nothing": whole("i-topic"),
        "AlterConfigs, bad": whole("i-topic", retention_ms="x"),
        "AlterConfigs, unknown key": whole("i-topic", no_such="x"),
        "AlterConfigs, unknown topic": whole("i-none", retention_ms="1"),
        "AlterConfigs, null": whole("i-topic", retention_ms=None),
        "AlterConfigs, dry": whole("i-topic", dry=True, retention_ms="1"),
    }.items():
        talk.ask(step, request, 2)
        now(step)
    twice = change(TOPIC, "i-topic", ("retention.ms", SET, "1"))
    assert twice.resources is not None
    twice.resources.append(twice.resources[0])
    talk.ask("a resource twice", twice, 1)
    talk.ask(
        "AlterConfigs, a resource twice",
        ac.AlterConfigsRequest(
            [ac.AlterConfigsResource(TOPIC, "i-topic"), ac.AlterConfigsResource(TOPIC, "i-topic")]
        ),
        2,
    )
    for step, op in (("set", SET), ("back", DELETE)):
        talk.ask(
            f"broker, dynamic, {step}", change(BROKER, "1", ("log.retention.ms", op, "99999")), 1
        )
        talk.ask(
            f"brokers, dynamic, {step}", change(BROKER, "", ("message.max.bytes", op, "1500000")), 1
        )
        value = {SET: "99999", DELETE: "604800000"}[op]
        talk.until(
            describe(BROKER, "1", "log.retention.ms"),
            4,
            lambda r, v=value: v in str(r) or op == DELETE,
        )
        size = {SET: "1500000", DELETE: "1048588"}[op]
        talk.until(describe(BROKER, "1", "message.max.bytes"), 4, lambda r, v=size: v in str(r))
        talk.ask(
            f"broker, seen after {step}",
            describe(BROKER, "1", "log.retention.ms", "message.max.bytes", synonyms=True),
            4,
            unordered=True,
        )
        talk.ask(f"brokers, seen after {step}", describe(BROKER, ""), 4, unordered=True)
        talk.ask(
            f"a topic, seen after {step}",
            describe(TOPIC, "i-topic", "max.message.bytes", synonyms=True),
            4,
            unordered=True,
        )


def resources(talk: Talk) -> None:
    make_topic(talk, "r-topic")

    def seen(reply: Any) -> Any:
        return [
            reply.error_code,
            sorted(
                [r.resource_type, r.resource_name]
                for r in reply.config_resources
                if r.resource_type != TOPIC or r.resource_name == "r-topic"
            ),
        ]

    for version, kinds in (
        (0, []),
        (1, []),
        (1, [TOPIC]),
        (1, [BROKER]),
        (1, [LOGGER]),
        (1, [METRICS]),
        (1, [GROUP]),
        (1, [TOPIC, BROKER]),
        (1, [0]),
        (1, [77]),
        (1, [TOPIC, 77]),
    ):
        reply = talk.ask("list", lc.ListConfigResourcesRequest(kinds), version, quiet=True)
        talk.note(f"v{version} {kinds}", reply if reply is None else seen(reply))


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
        "metadata.version as it is": asked(("metadata.version", 29, 1)),
        "metadata.version unknown": asked(("metadata.version", 99, 1)),
        "metadata.version down": asked(("metadata.version", 7, 1)),
        "metadata.version far down": asked(("metadata.version", 1, 2)),
        "level 0 as upgrade": asked(("group.version", 0, 1)),
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
    "describe-configs": describing,
    "alter-configs": altering,
    "config-resources": resources,
    "features": features,
}
