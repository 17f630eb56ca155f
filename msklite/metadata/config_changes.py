"""AlterConfigs and IncrementalAlterConfigs: which ConfigRecords a change becomes, or why none.

Two places check, as in Kafka: the broker that gets the request (`check_broker_change`: dynamic
settings of itself or of the whole cluster), then the controller (`ConfigChanges`: that the
resource exists, and topic, group and client metrics values). A resource's changes are all made or
none; one resource's error spoils nothing of the others.

Sources: Kafka's ConfigurationControlManager, ControllerConfigurationValidator,
ConfigAdminManager, LogConfig and DynamicBrokerConfig; KIP-339, KIP-226.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msklite.errors import Code, KafkaError
from msklite.metadata.configs import (
    MAX_VALUE_LENGTH,
    SOURCE_BROKER,
    SOURCE_CLUSTER,
    SOURCE_DEFAULT,
    SOURCE_STATIC,
    SOURCE_TOPIC,
    TOPIC_SYNONYMS,
    BrokerConfig,
    Key,
    keys,
    parse,
)
from msklite.metadata.features import ELR
from msklite.metadata.image import BROKER, CLIENT_METRICS, GROUP, TOPIC, Image
from msklite.metadata.records import MetadataRecord, versioned
from msklite.metadata.results import OK, ApiError, ControllerResult
from msklite.wire.messages.config_record import ConfigRecord

MIN_ISR = "min.insync.replicas"
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3
TABLES = {TOPIC: "topic", BROKER: "broker", GROUP: "group", CLIENT_METRICS: "metrics"}
_DYNAMIC_ONLY = frozenset(
    {
        "leader.replication.throttled.rate",
        "follower.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second",
    }
)
_LISTENER_PREFIX = re.compile(r"listener\.name\.[^.]*\.(.*)")
_CLUSTER_LISTENER = frozenset({"max.connections", "max.connection.creation.rate"})
_METRICS_MATCH = frozenset(
    {"client_instance_id", "client_id", "client_software_name", "client_software_version",
     "client_source_address", "client_source_port"}
)  # fmt: skip

Op = tuple[int, str | None]
"""An operation and its value."""


# --- what the controller does


class ConfigChanges:
    """Checks changes against an image and makes their records."""

    def __init__(self, config: BrokerConfig) -> None:
        self._config = config

    def set_new(
        self, image: Image, kind: int, name: str, values: Mapping[str, str]
    ) -> tuple[ApiError, list[MetadataRecord]]:
        """The settings of a resource that is being made."""
        ops: dict[str, Op] = {k: (SET, v) for k, v in values.items()}
        return self._incremental(image, kind, name, ops, new=True)

    def effective_topic(
        self, image: Image, overrides: Mapping[str, str]
    ) -> list[tuple[str, str | None, int, bool]]:
        """(name, value, source, sensitive) of all settings of a topic, as CreateTopics tells."""
        layers = (
            (self._config.dynamic, SOURCE_BROKER),
            (image.config(BROKER, ""), SOURCE_CLUSTER),
            (self._config.static, SOURCE_STATIC),
        )
        found = []
        for name, key in sorted(keys("topic").items()):
            if key.internal and name not in overrides:
                continue
            value, source = key.default, SOURCE_DEFAULT
            if name in overrides:
                value, source = overrides[name], SOURCE_TOPIC
            else:
                hits = [
                    (layer[synonym], factor, where)
                    for layer, where in layers
                    for synonym, factor in TOPIC_SYNONYMS.get(name, ())
                    if synonym in layer
                ]
                if hits:
                    text, factor, source = hits[0]
                    value = text if factor == 1 else str(int(text) * factor)
            found.append((name, None if key.sensitive else value, source, key.sensitive))
        return found

    def incremental(self, image: Image, request: Any, reply: Any, answer: Any) -> ControllerResult:
        """IncrementalAlterConfigs. `reply` and `answer` are the response's classes."""

        def change(resource: Any) -> tuple[ApiError, list[MetadataRecord]]:
            ops = {c.name: (c.config_operation, c.value) for c in resource.configs}
            return self._incremental(
                image, resource.resource_type, resource.resource_name, ops, new=False
            )

        return _each(request, reply, answer, change)

    def replace(self, image: Image, request: Any, reply: Any, answer: Any) -> ControllerResult:
        """AlterConfigs: what isn't named is removed."""

        def change(resource: Any) -> tuple[ApiError, list[MetadataRecord]]:
            kind, name = resource.resource_type, resource.resource_name
            now = image.config(kind, name)
            ops: dict[str, Op] = {c.name: (SET, c.value) for c in resource.configs}
            ops.update({k: (DELETE, None) for k in now if k not in ops})
            return self._incremental(image, kind, name, ops, new=False)

        return _each(request, reply, answer, change)

    def _incremental(
        self, image: Image, kind: int, name: str, ops: Mapping[str, Op], *, new: bool
    ) -> tuple[ApiError, list[MetadataRecord]]:
        now = image.config(kind, name)
        values = dict(now)
        try:
            apply_ops(TABLES.get(kind, ""), values, ops)
            if kind == BROKER and MIN_ISR in ops and image.features.get(ELR):
                _check_min_isr(name, ops[MIN_ISR][0])
            # An unchanged broker setting is written too: brokers reload files that it names.
            changed = [k for k in ops if kind == BROKER or values.get(k) != now.get(k)]
            records = [_record(kind, name, key, values.get(key)) for key in changed]
            self._check(image, kind, name, values, new=new)
        except KafkaError as error:
            return ApiError.of(error), []
        return OK, records

    def _check(
        self, image: Image, kind: int, name: str, values: Mapping[str, str], *, new: bool
    ) -> None:
        if any(len(v) > MAX_VALUE_LENGTH for v in values.values()):
            raise KafkaError(
                Code.INVALID_CONFIG, f"a value has more than {MAX_VALUE_LENGTH} characters"
            )
        if kind == TOPIC:
            _check_topic(self._config, name, values)
            if not new and name not in image.topics:
                raise KafkaError(Code.UNKNOWN_TOPIC_OR_PARTITION, f"there is no topic {name}")
        elif kind == BROKER:
            _check_broker_name(image, name)
        elif kind == GROUP:
            if not name:
                raise KafkaError(Code.INVALID_REQUEST, "the group must be named")
            _check_group(self._config, values)
        elif kind == CLIENT_METRICS:
            _check_metrics(name, values)
        else:
            raise KafkaError(Code.INVALID_REQUEST, f"resources of type {kind} have no settings")


def _check_min_isr(broker: str, op: int) -> None:
    """See `features`: it must be the same for all brokers, and it must be there."""
    if broker:
        raise KafkaError(
            Code.INVALID_CONFIG,
            f"{MIN_ISR} can't be set for one broker while eligible leader replicas are on",
        )
    if op == DELETE:
        raise KafkaError(
            Code.INVALID_CONFIG,
            f"{MIN_ISR} of the cluster can't be removed while eligible leader replicas are on",
        )


def _record(kind: int, name: str, key: str, value: str | None) -> MetadataRecord:
    return versioned(ConfigRecord(resource_type=kind, resource_name=name, name=key, value=value))


def _each(request: Any, reply: Any, answer: Any, change: Any) -> ControllerResult:
    """Every resource on its own; duplicates and unknown types are refused."""
    times = Counter((r.resource_type, r.resource_name) for r in request.resources)
    records: list[MetadataRecord] = []
    answers: dict[tuple[int, str], Any] = {}
    for resource in request.resources:
        key = (resource.resource_type, resource.resource_name)
        if key in answers:
            continue
        made: list[MetadataRecord] = []
        if resource.resource_type not in (*TABLES, 8):
            error = ApiError(Code.UNSUPPORTED_VERSION, f"resource type {key[0]} is unknown")
        elif times[key] > 1:
            error = ApiError(Code.INVALID_REQUEST, "this resource is named twice")
        else:
            error, made = change(resource)
        records += made
        answers[key] = answer(
            error_code=error.code,
            error_message=error.message,
            resource_type=key[0],
            resource_name=key[1],
        )
    result = reply(responses=list(answers.values()))
    return ControllerResult([] if request.validate_only else records, result)


def apply_ops(table: str, values: dict[str, str], ops: Mapping[str, Op]) -> None:
    """Change `values` by the operations; appending needs a list setting."""
    known = keys(table) if table else {}
    for name, (op, value) in ops.items():
        if op == SET:
            if value is None:
                raise KafkaError(Code.INVALID_CONFIG, f"no value for {name}")
            values[name] = value
        elif op == DELETE:
            values.pop(name, None)
        elif op in (APPEND, SUBTRACT):
            key = known.get(name)
            if key is None or key.kind != "T":
                raise KafkaError(Code.INVALID_CONFIG, f"{name} is no list: nothing can be added")
            parts = [p for p in (values.get(name, key.default) or "").split(",") if p]
            given = (value or "").split(",")
            if op == APPEND:
                parts += [p for p in dict.fromkeys(given) if p not in parts]
            else:
                parts = [p for p in parts if p not in given]
            values[name] = ",".join(parts)
        else:
            raise KafkaError(Code.INVALID_REQUEST, f"configuration operation {op} is unknown")


def _parsed(table: str, values: Mapping[str, str]) -> dict[str, Any]:
    known = keys(table)
    parsed = {}
    for name, value in values.items():
        if name not in known:
            raise KafkaError(Code.INVALID_CONFIG, f"there is no {table} setting {name}")
        parsed[name] = _parse(known[name], value)
    return parsed


def _parse(key: Key, value: str) -> Any:
    try:
        return parse(key, value)
    except ValueError as bad:
        raise KafkaError(Code.INVALID_CONFIG, str(bad)) from None


def _check_topic(config: BrokerConfig, name: str, values: Mapping[str, str]) -> None:
    from msklite.metadata.topics import check_name

    if not name:
        raise KafkaError(Code.INVALID_REQUEST, "topics have no default resource")
    check_name(name)
    parsed = _parsed("topic", values)
    topic = config.for_topic(values)
    lag, most = topic.int("min.compaction.lag.ms"), topic.int("max.compaction.lag.ms")
    if lag > most:
        raise KafkaError(
            Code.INVALID_CONFIG,
            f"min.compaction.lag.ms {lag} is above max.compaction.lag.ms {most}",
        )
    if parsed.get("remote.storage.enable"):
        raise KafkaError(Code.INVALID_CONFIG, "tiered storage is switched off in this cluster")


def _check_broker_name(image: Image, name: str) -> None:
    if not name:
        return
    if not re.fullmatch(r"[+-]?[0-9]+", name) or int(name) < 0:
        raise KafkaError(Code.INVALID_REQUEST, f"{name!r} is no broker id")
    if int(name) not in image.brokers and int(name) not in image.controllers:
        raise KafkaError(Code.BROKER_ID_NOT_REGISTERED, f"there is no node {name}")


_GROUP_LIMITS = (
    ("consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms",
     "group.consumer.max.heartbeat.interval.ms"),
    ("consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms",
     "group.consumer.max.session.timeout.ms"),
    ("share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms",
     "group.share.max.heartbeat.interval.ms"),
    ("share.session.timeout.ms", "group.share.min.session.timeout.ms",
     "group.share.max.session.timeout.ms"),
    ("share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms",
     "group.share.max.record.lock.duration.ms"),
    ("streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms",
     "group.streams.max.heartbeat.interval.ms"),
    ("streams.session.timeout.ms", "group.streams.min.session.timeout.ms",
     "group.streams.max.session.timeout.ms"),
)  # fmt: skip


def _check_group(config: BrokerConfig, values: Mapping[str, str]) -> None:
    parsed = _parsed("group", values)
    for name, low, high in _GROUP_LIMITS:
        if name in parsed and not config.int(low) <= parsed[name] <= config.int(high):
            raise KafkaError(
                Code.INVALID_CONFIG,
                f"{name} must be between {config.int(low)} ({low}) and {config.int(high)} ({high})",
            )
    for kind in ("consumer", "share", "streams"):
        beat, session = f"{kind}.heartbeat.interval.ms", f"{kind}.session.timeout.ms"
        if beat in parsed or session in parsed:
            beat_ms = parsed.get(beat, config.int(f"group.{beat}"))
            session_ms = parsed.get(session, config.int(f"group.{session}"))
            if session_ms <= beat_ms:
                raise KafkaError(Code.INVALID_CONFIG, f"{session} must be above {beat}")


def _check_metrics(name: str, values: Mapping[str, str]) -> None:
    if not name:
        raise KafkaError(Code.INVALID_REQUEST, "the subscription must be named")
    unknown = values.keys() - keys("metrics").keys()
    if unknown:
        raise KafkaError(Code.INVALID_REQUEST, f"no client metrics setting {min(unknown)}")
    parsed = _parsed("metrics", values)
    if "interval.ms" in parsed and not 100 <= parsed["interval.ms"] <= 3_600_000:
        raise KafkaError(Code.INVALID_REQUEST, "interval.ms must be between 100 and 3600000")
    for pattern in parsed.get("match", []):
        what, eq, text = pattern.partition("=")
        if not eq or "=" in text or what.strip() not in _METRICS_MATCH or not text:
            raise KafkaError(Code.INVALID_CONFIG, f"{pattern!r} matches no clients")


# --- what the broker checks first


def check_broker_change(
    node_id: int, config: BrokerConfig, name: str, ops: Mapping[str, Op], *, replace: bool
) -> None:
    """Refuse a change of broker settings that couldn't be made while it runs."""
    own = bool(name)
    if own:
        if not re.fullmatch(r"[+-]?[0-9]+", name):
            raise KafkaError(Code.INVALID_REQUEST, f"{name!r} is no node id")
        if int(name) != node_id:
            raise KafkaError(Code.INVALID_REQUEST, f"this is node {node_id}, not {name}")
    for key, (op, _) in ops.items():
        if op not in (SET, DELETE, APPEND, SUBTRACT):
            raise KafkaError(Code.INVALID_REQUEST, f"operation {op} on {key} is unknown")
    values = {} if replace else dict(config.dynamic if own else config.dynamic_default)
    apply_ops("broker", values, ops)
    _check_dynamic(config, values, own)


def _check_dynamic(config: BrokerConfig, values: Mapping[str, str], own: bool) -> None:
    known = keys("broker")

    def refuse(names: Iterable[str], why: str) -> None:
        found = sorted(names)
        if found:
            raise KafkaError(Code.INVALID_REQUEST, f"{', '.join(found)}: {why}")

    refuse((n for n in values if n in known and not known[n].mode), "fixed while a broker runs")
    refuse(
        (n for n in values if re.match(r"ssl\.(keystore|truststore|key)\.", n)),
        "can be changed for one listener only (listener.name.NAME.)",
    )
    for name, value in values.items():
        match = _LISTENER_PREFIX.fullmatch(name)
        base = match[1] if match else name
        if base in known:
            try:
                parse(known[base], value)
            except ValueError as bad:
                raise KafkaError(Code.INVALID_REQUEST, str(bad)) from None
        elif base in _DYNAMIC_ONLY and not re.fullmatch(r"[0-9]+", value.strip()):
            raise KafkaError(Code.INVALID_REQUEST, f"{name}={value} is not a whole number")
        if match and not own and base not in _CLUSTER_LISTENER:
            refuse([name], "belongs to one broker, which must be named")
    if not own:
        refuse(
            (n for n in values if n in known and known[n].mode == "p"),
            "belongs to one broker, which must be named",
        )
    _check_threads(config, values)


def _check_threads(config: BrokerConfig, values: Mapping[str, str]) -> None:
    """Pools may be halved or doubled at most in one step, as in Kafka's DynamicThreadPool."""
    for name in ("num.io.threads", "num.replica.fetchers", "num.recovery.threads.per.data.dir",
                 "background.threads", "num.network.threads"):  # fmt: skip
        if name in values:
            now, wanted = config.int(name), int(values[name])
            if wanted != now and not now / 2 <= wanted <= now * 2:
                raise KafkaError(
                    Code.INVALID_REQUEST, f"{name} can go from {now} to {now // 2}..{now * 2}"
                )
