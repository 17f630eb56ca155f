"""Settings: what there is, what values are right, and which value counts.

Rules, as in Kafka:
- A topic's setting is its own override, else the broker's (through its synonyms); a broker's is
  dynamic for that broker, else dynamic for the cluster, else static, else the default.
- Unknown broker settings are accepted and kept; unknown topic, group and metrics settings are not.
- Values are text; `parse` turns them into int, float, bool, str or a list of str.
- `BrokerConfig.set_dynamic(image.configs)` must be called with every new image. It costs nothing
  unless the configs changed; values are parsed once and cached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from msklite.errors import UserError
from msklite.metadata import config_tables
from msklite.metadata.image import BROKER, TOPIC

# Where a value comes from (Kafka's DescribeConfigsResponse.ConfigSource).
SOURCE_TOPIC, SOURCE_BROKER, SOURCE_CLUSTER, SOURCE_STATIC, SOURCE_DEFAULT = 1, 2, 3, 4, 5
SOURCE_LOGGER, SOURCE_METRICS, SOURCE_GROUP = 6, 7, 8

_TYPE_NUMBERS = {"B": 1, "S": 2, "I": 3, "H": 4, "L": 5, "D": 6, "T": 7, "C": 8, "P": 9}
_LIMITS = {"I": 2**31, "H": 2**15, "L": 2**63}
_TYPE_TEXT = {
    "I": "a 32-bit whole number",
    "H": "a 16-bit whole number",
    "L": "a 64-bit whole number",
}

MAX_VALUE_LENGTH = 32767
_PLUGINS = {"replica.selector.class": ("org.apache.kafka.common.replica.RackAwareReplicaSelector",)}


class Key(NamedTuple):
    """One setting. `kind`, `mode` and `rule` as in config_tables."""

    name: str
    kind: str
    default: str | None
    mode: str
    rule: str
    internal: bool

    @property
    def type_number(self) -> int:
        """The number that DescribeConfigs gives for the type."""
        return _TYPE_NUMBERS[self.kind]

    @property
    def sensitive(self) -> bool:
        """Whether the value is never shown."""
        return self.kind == "P"


@cache
def keys(table: str) -> dict[str, Key]:
    """The settings of "topic", "broker", "group" or "metrics", by name."""
    found = {}
    for line in getattr(config_tables, table.upper()).splitlines():
        internal = line.startswith("~")
        name, kind, default, mode, rule = [*line.lstrip("~").split("|"), "", ""][:5]
        found[name] = Key(name, kind, None if default == "-" else default, mode, rule, internal)
    return found


# topic setting -> broker settings that stand in for it, with the factor to the topic's unit
TOPIC_SYNONYMS: dict[str, tuple[tuple[str, int], ...]] = {
    "cleanup.policy": (("log.cleanup.policy", 1),),
    "compression.gzip.level": (("compression.gzip.level", 1),),
    "compression.lz4.level": (("compression.lz4.level", 1),),
    "compression.type": (("compression.type", 1),),
    "compression.zstd.level": (("compression.zstd.level", 1),),
    "delete.retention.ms": (("log.cleaner.delete.retention.ms", 1),),
    "file.delete.delay.ms": (("log.segment.delete.delay.ms", 1),),
    "flush.messages": (("log.flush.interval.messages", 1),),
    "flush.ms": (("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)),
    "index.interval.bytes": (("log.index.interval.bytes", 1),),
    "local.retention.bytes": (("log.local.retention.bytes", 1),),
    "local.retention.ms": (("log.local.retention.ms", 1),),
    "max.compaction.lag.ms": (("log.cleaner.max.compaction.lag.ms", 1),),
    "max.message.bytes": (("message.max.bytes", 1),),
    "message.timestamp.after.max.ms": (("log.message.timestamp.after.max.ms", 1),),
    "message.timestamp.before.max.ms": (("log.message.timestamp.before.max.ms", 1),),
    "message.timestamp.type": (("log.message.timestamp.type", 1),),
    "min.cleanable.dirty.ratio": (("log.cleaner.min.cleanable.ratio", 1),),
    "min.compaction.lag.ms": (("log.cleaner.min.compaction.lag.ms", 1),),
    "min.insync.replicas": (("min.insync.replicas", 1),),
    "preallocate": (("log.preallocate", 1),),
    "retention.bytes": (("log.retention.bytes", 1),),
    "retention.ms": (
        ("log.retention.ms", 1),
        ("log.retention.minutes", 60_000),
        ("log.retention.hours", 3_600_000),
    ),
    "segment.bytes": (("log.segment.bytes", 1),),
    "segment.index.bytes": (("log.index.size.max.bytes", 1),),
    "segment.jitter.ms": (("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", 3_600_000)),
    "segment.ms": (("log.roll.ms", 1), ("log.roll.hours", 3_600_000)),
    "unclean.leader.election.enable": (("unclean.leader.election.enable", 1),),
}

_BROKER_SYNONYMS = (
    ("log.roll.ms", "log.roll.hours"),
    ("log.roll.jitter.ms", "log.roll.jitter.hours"),
    ("log.flush.interval.ms", "log.flush.scheduler.interval.ms"),
    ("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
)


def broker_synonyms(name: str) -> tuple[str, ...]:
    """Settings of which the first that is set counts, `name` among them."""
    if name == "log.flush.scheduler.interval.ms":
        return (name,)
    for group in _BROKER_SYNONYMS:
        if name in group:
            return group
    return (name,)


# --- values


def parse(key: Key, text: str) -> Any:
    """`text` as the key's type, checked against its rule; ValueError with a sentence."""
    value = _typed(key, text.strip())
    if key.rule:
        _check(key, value)
    return value


def _typed(key: Key, text: str) -> Any:
    if key.kind in _LIMITS:
        limit = _LIMITS[key.kind]
        # int() also takes 1_000 and non-ASCII digits, which Java doesn't
        if not re.fullmatch(r"[+-]?[0-9]+", text) or not -limit <= int(text) < limit:
            raise ValueError(f"{key.name}={text} is not {_TYPE_TEXT[key.kind]}")
        return int(text)
    if key.kind == "B":
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{key.name}={text} is neither true nor false")
        return text.lower() == "true"
    if key.kind == "D":
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"{key.name}={text} is not a number") from None
    if key.kind == "T":
        return re.split(r"\s*,\s*", text) if text else []
    return text


def _check(key: Key, value: Any) -> None:
    rule, shown = key.rule, value
    if rule.startswith("@"):
        _CHECKS[rule](key, value)
        return
    if rule.startswith("!"):
        if not value:
            raise ValueError(f"{key.name} must not be empty")
        rule = rule[1:]
    if rule.endswith("#"):
        if len(set(value)) != len(value):
            raise ValueError(f"{key.name} has a value twice: {','.join(value)}")
        if any(not item for item in value):
            raise ValueError(f"{key.name} has an empty value in its list")
        rule = rule[:-1]
    if not rule:
        return
    if "{" in rule:
        allowed = rule[rule.index("{") + 1 : -1].split(",")
        wanted = value if isinstance(value, list) else [value]
        if rule.startswith("i"):
            allowed, wanted = [a.lower() for a in allowed], [w.lower() for w in wanted]
        if any(w not in allowed for w in wanted):
            raise ValueError(f"{key.name}={shown}: it must be one of {', '.join(allowed)}")
        return
    bounds, _, extra = rule.partition("/")
    low, _, high = bounds.partition(":")
    if extra and value == float(extra):
        return
    if low and value < float(low):
        raise ValueError(f"{key.name}={shown}: it must be at least {low}")
    if high and value > float(high):
        raise ValueError(f"{key.name}={shown}: it must be at most {high}")


def _throttled(key: Key, value: list[str]) -> None:
    if value in ([], ["*"]) or all(re.fullmatch(r"[0-9]+:[0-9]+", item) for item in value):
        return
    raise ValueError(f"{key.name} must be *, empty, or a list of partition:broker")


def _offset_reset(key: Key, value: str) -> None:
    if value not in ("latest", "earliest") and not re.fullmatch(
        r"by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", value
    ):
        raise ValueError(f"{key.name}={value}: latest, earliest or by_duration:PnDTnHnMnS")


_CHECKS: dict[str, Callable[[Key, Any], None]] = {
    "@throttle": _throttled,
    "@offset-reset": _offset_reset,
}


def text_of(key: Key, value: Any) -> str | None:
    """A parsed value as Kafka shows it."""
    if value is None:
        return None
    if key.kind == "B":
        return "true" if value else "false"
    if key.kind == "T":
        return ",".join(value)
    return str(value)


# --- the values that count


class Settings:
    """Typed reading by name; what a name means is in `_find`."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def _find(self, name: str) -> Any:
        raise NotImplementedError

    def get(self, name: str) -> Any:
        """The parsed value: None where it is unset and has no default. KeyError: no such name."""
        try:
            return self._values[name]
        except KeyError:
            value = self._values[name] = self._find(name)
            return value

    def int(self, name: str) -> int:
        """A whole number."""
        value = self.get(name)
        assert isinstance(value, int), f"{name} is {value!r}"
        return value

    def float(self, name: str) -> float:
        """A number."""
        return float(self.get(name))

    def bool(self, name: str) -> bool:
        """True or false."""
        return bool(self.get(name))

    def text(self, name: str) -> str:
        """Text; empty when unset."""
        value = self.get(name)
        return "" if value is None else str(value)

    def list(self, name: str) -> list[str]:
        """A list; empty when unset."""
        value: list[str] | None = self.get(name)
        return value or []


def _check_plugin(name: str, text: str) -> None:
    """A class that Kafka would load must be one that is built in here; else ValueError."""
    known = _PLUGINS.get(name)
    if known is not None and text not in ("", *known):
        raise ValueError(f"{name}={text}: there is only {', '.join(known)}")


_IDENTITY = ("node.id", "broker.id", "process.roles")


def may_change_live(name: str) -> bool:
    """Whether Kafka lets a running broker's setting change (DynamicBrokerConfig)."""
    key = keys("broker").get(name)
    return key is not None and key.mode == "c"


class BrokerConfig(Settings):
    """A broker's settings: what it was started with, under what the image says now."""

    def __init__(
        self,
        static: Mapping[str, str] | None = None,
        node_id: int | None = None,
        defaults: Mapping[str, str] | None = None,
    ) -> None:
        """`defaults`: those that aren't Kafka 4.2's."""
        super().__init__()
        self.static = dict(static or {})
        self.defaults = defaults or {}
        if node_id is not None:
            self.static.setdefault("node.id", str(node_id))
            self.static.setdefault("broker.id", str(node_id))
            self.static.setdefault("process.roles", "broker")
        self.node_id = int(self.static.get("node.id", -1))
        self.dynamic: Mapping[str, str] = {}
        self.dynamic_default: Mapping[str, str] = {}
        self._configs: Mapping[tuple[int, str], Mapping[str, str]] = {}
        self._topics: dict[str, TopicConfig] = {}
        self._check_static()

    def _check_static(self) -> None:
        table = keys("broker")
        for name, text in self.static.items():
            if name not in table:
                continue  # Kafka takes any name: plugins read their own
            try:
                parse(table[name], text)
                _check_plugin(name, text)
            except ValueError as bad:
                raise UserError(f"configuration refused: {bad}") from None

    def set_static(self, static: Mapping[str, str]) -> None:
        """From now on it was started with these; `UserError`, and no change, for a bad value."""
        own = {n: self.static[n] for n in _IDENTITY if n in self.static}
        before, self.static = self.static, {**static, **own}
        try:
            self._check_static()
        except UserError:
            self.static = before
            raise
        self._values = {}
        self._topics = {}

    def set_dynamic(
        self, configs: Mapping[tuple[int, str], Mapping[str, str]], node_id: int | None = None
    ) -> None:
        """Read from now on what the image's `configs` say. Cheap if they are the same."""
        if configs is self._configs:
            return
        self._configs = configs
        own = self.node_id if node_id is None else node_id
        self.dynamic = configs.get((BROKER, str(own)), {})
        self.dynamic_default = configs.get((BROKER, ""), {})
        self._values = {}
        self._topics = {}

    def topic(self, name: str) -> TopicConfig:
        """The effective settings of a topic; keep it no longer than a request."""
        config = self._topics.get(name)
        if config is None:
            config = self._topics[name] = self.for_topic(self._configs.get((TOPIC, name), {}))
        return config

    def for_topic(self, overrides: Mapping[str, str]) -> TopicConfig:
        """The effective settings of a topic that has these overrides."""
        return TopicConfig(self, overrides)

    def raw(self, name: str) -> str | None:
        """The text that counts under exactly this name; None without one and without default."""
        for layer in (self.dynamic, self.dynamic_default, self.static):
            if name in layer:
                return layer[name]
        return self._default(name)

    def _default(self, name: str) -> str | None:
        key = keys("broker").get(name)
        return None if key is None else self.defaults.get(name, key.default)

    def _find(self, name: str) -> Any:
        text = self.raw(name)
        key = keys("broker").get(name)
        if key is None:
            if text is None:
                raise KeyError(name)
            return text
        if text is None:
            return None
        try:
            return parse(key, text)
        except ValueError:
            # A bad dynamic value (written by some other controller) must not stop the broker.
            if name in self.static:
                return parse(key, self.static[name])
            text = self._default(name)
            return None if text is None else _typed(key, text)

    def synonyms(self, name: str) -> list[tuple[str, str, int]]:
        """(name, value, source) of all that could count for `name`, the one that does first."""
        names = broker_synonyms(name)
        table = keys("broker")
        found = [
            (n, layer[n], source)
            for layer, source in (
                (self.dynamic, SOURCE_BROKER),
                (self.dynamic_default, SOURCE_CLUSTER),
                (self.static, SOURCE_STATIC),
            )
            for n in names
            if n in layer
        ]
        for n in names:
            default = self._default(n) if n in table else None
            if default is not None:
                found.append((n, default, SOURCE_DEFAULT))
        while found and found[0][0] != name:  # Kafka shows none before the name itself
            found.pop(0)
        return found


class TopicConfig(Settings):
    """A topic's effective settings: its overrides, else the broker's."""

    def __init__(self, broker: BrokerConfig, overrides: Mapping[str, str]) -> None:
        super().__init__()
        self._broker = broker
        self.overrides = overrides

    def _find(self, name: str) -> Any:
        key = keys("topic")[name]
        text = self.overrides.get(name)
        if text is not None:
            try:
                return parse(key, text)
            except ValueError:
                pass  # written by another controller; the broker's value is safer than none
        for broker_name, factor in TOPIC_SYNONYMS.get(name, ()):
            value = self._broker.get(broker_name)
            if value is not None:
                return value * factor if factor > 1 and value >= 0 else value
        return None if key.default is None else parse(key, key.default)

    @property
    def cleanup_policy(self) -> list[str]:
        """delete, compact, both or (kept for ever) neither."""
        return self.get("cleanup.policy") or []

    @property
    def min_insync_replicas(self) -> int:
        """How many replicas acks=all needs."""
        return self.int("min.insync.replicas")

    @property
    def max_message_bytes(self) -> int:
        """The largest batch that is accepted."""
        return self.int("max.message.bytes")
