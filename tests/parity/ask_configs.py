"""Configurations of topics, brokers, groups and client metrics, and the list of resources."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import (
    alter_configs_request as ac,
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
from tests.parity.shapes import make_topic
from tests.parity.talk import SHORT, Talk

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3


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
        "a key twice": describe(TOPIC, "x-plain", "retention.ms", "retention.ms"),
        "a key twice, of a broker": describe(BROKER, "1", "node.id", "node.id"),
        "metrics with synonyms": describe(METRICS, "m", synonyms=True),
        "metrics": describe(METRICS, "m"),
        "metrics without a name": describe(METRICS, ""),
        "group": describe(GROUP, "g"),
        "group with synonyms": describe(GROUP, "g", synonyms=True),
        "group without a name": describe(GROUP, ""),
        "defaults of brokers": describe(BROKER, ""),
    }.items():
        talk.ask(step, request, 4, unordered=True)
    beside = describe(TOPIC, "x-plain", "retention.ms")
    beside.resources += describe(1, "x-plain").resources
    talk.ask("unknown type beside a topic", beside, 4, unordered=True)
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

    make_topic(talk, "i-marker")
    marks = iter(range(1000, 2000))

    def now(step: str) -> None:
        # Once a later change is seen, the broker has replayed the earlier ones too.
        mark = str(next(marks))
        talk.ask("mark", change(TOPIC, "i-marker", ("retention.ms", SET, mark)), 1, quiet=True)
        talk.until(
            describe(TOPIC, "i-marker", "retention.ms"),
            4,
            lambda r: r.results[0].configs[0].value == mark,
        )
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
        talk.ask(f"{key}'s synonyms", describe(kind, key, synonyms=True), 4, unordered=True)

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
        patience=SHORT,
    )
    for step, op in (("set", SET), ("back", DELETE)):
        talk.ask(
            f"broker, dynamic, {step}", change(BROKER, "1", ("log.retention.ms", op, "99999")), 1
        )
        talk.ask(
            f"brokers, dynamic, {step}", change(BROKER, "", ("message.max.bytes", op, "1500000")), 1
        )
        value = {SET: "99999", DELETE: None}[op]
        talk.until(
            describe(BROKER, "1", "log.retention.ms"),
            4,
            lambda r, v=value: r.results[0].configs[0].value == v,
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


AREAS = {
    "describe-configs": describing,
    "alter-configs": altering,
    "config-resources": resources,
}
