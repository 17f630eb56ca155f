"""DescribeConfigs: settings with their values, where these come from, and what stands behind them.

- v1 synonyms (KIP-226); v2 throttling; v3 types and documentation (KIP-569); v4 flexible
Documentation is never sent: Kafka's texts are not ours (docs/parity.md).
Source: Kafka's ConfigHelper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msklite.broker import loggers
from msklite.broker.config_preflight import check_node
from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.metadata import configs
from msklite.metadata.image import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from msklite.metadata.topics import check_name
from msklite.wire.messages.describe_configs_request import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from msklite.wire.messages.describe_configs_response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

Synonyms = list[tuple[str, str, int]]
Rows = Iterator[tuple[DescribeConfigsResourceResult, Synonyms]]


def handle(
    broker: Broker, ctx: Context, request: DescribeConfigsRequest
) -> DescribeConfigsResponse:
    """One result for each resource; one of an unknown type spoils the whole request."""
    for r in request.resources:
        if r.resource_type not in _KINDS:
            raise KafkaError(
                Code.INVALID_REQUEST, f"resources of type {r.resource_type} have no settings"
            )
    results = []
    for resource in request.resources:
        result = DescribeConfigsResult(
            resource_type=resource.resource_type,
            resource_name=resource.resource_name,
        )
        try:
            result.configs = _rows(broker, resource, request.include_synonyms)
        except KafkaError as e:
            result.error_code, result.error_message = e.code, e.message
        results.append(result)
    return DescribeConfigsResponse(results=results)


def failed(
    request: DescribeConfigsRequest, code: Code, text: str | None
) -> DescribeConfigsResponse:
    """Every resource gets the error."""
    return DescribeConfigsResponse(
        results=[
            DescribeConfigsResult(
                error_code=code,
                error_message=text,
                resource_type=r.resource_type,
                resource_name=r.resource_name,
            )
            for r in request.resources
        ]
    )


def _rows(
    broker: Broker, resource: DescribeConfigsResource, with_synonyms: bool
) -> list[DescribeConfigsResourceResult]:
    kind, name = resource.resource_type, resource.resource_name
    describe = _KINDS[kind]
    wanted = set(resource.configuration_keys or ())
    rows = []
    for row, synonyms in describe(broker, name):
        if wanted and row.name not in wanted:
            continue
        if with_synonyms:
            row.synonyms = [
                DescribeConfigsSynonym(name=n, value=None if row.is_sensitive else v, source=s)
                for n, v, s in synonyms
            ]
        rows.append(row)
    return rows


def _row(
    key: configs.Key, value: str | None, source: int, *, read_only: bool = False
) -> DescribeConfigsResourceResult:
    return DescribeConfigsResourceResult(
        name=key.name,
        value=None if key.sensitive else value,
        read_only=read_only,
        config_source=source,
        is_sensitive=key.sensitive,
        config_type=key.type_number,
        documentation=None,
    )


def _topic(broker: Broker, name: str) -> Rows:
    check_name(name)
    if name not in broker.image.topics:
        raise KafkaError(Code.UNKNOWN_TOPIC_OR_PARTITION, "")  # without a text, as in Kafka
    settings = broker.topic_config(name)
    for key in _shown(broker, configs.keys("topic").values(), settings.overrides):
        of_broker = configs.TOPIC_SYNONYMS.get(key.name, ())
        synonyms = broker.config.synonyms(of_broker[0][0]) if of_broker else []
        if key.name in settings.overrides:
            own = settings.overrides[key.name]
            synonyms = [(key.name, own, configs.SOURCE_TOPIC), *synonyms]
        source = synonyms[0][2] if synonyms else configs.SOURCE_DEFAULT
        yield _row(key, configs.text_of(key, settings.get(key.name)), source), synonyms


def _broker(broker: Broker, name: str) -> Rows:
    config = broker.config
    known = configs.keys("broker")
    if not name:
        for key_name, text in config.dynamic_default.items():
            key = known.get(key_name) or _unknown(key_name)
            synonyms = [s for s in config.synonyms(key_name) if s[2] == configs.SOURCE_CLUSTER]
            yield _row(key, text, configs.SOURCE_CLUSTER, read_only=not key.mode), synonyms
        return
    check_node(broker, name)
    set_here = {**config.static, **config.dynamic_default, **config.dynamic}
    extra = [_unknown(n) for n in set_here if n not in known]
    for key in [*_shown(broker, known.values(), set_here), *extra]:
        synonyms = config.synonyms(key.name)
        source = synonyms[0][2] if synonyms else configs.SOURCE_DEFAULT
        value = configs.text_of(key, config.get(key.name))
        yield _row(key, value, source, read_only=not key.mode), synonyms


def _loggers(broker: Broker, name: str) -> Rows:
    if not name:
        raise KafkaError(Code.INVALID_REQUEST, "the broker id must not be empty")
    check_node(broker, name)
    for logger, level in loggers.levels().items():
        row = DescribeConfigsResourceResult(
            name=logger, value=level, config_source=configs.SOURCE_LOGGER, documentation=None
        )
        yield row, [(logger, level, configs.SOURCE_LOGGER)]


def _metrics(broker: Broker, name: str) -> Rows:
    if not name:
        raise KafkaError(Code.INVALID_REQUEST, "the subscription must be named")
    return _overridden(broker, "metrics", CLIENT_METRICS, name, configs.SOURCE_METRICS)


def _group(broker: Broker, name: str) -> Rows:
    if not name:
        raise KafkaError(Code.INVALID_REQUEST, "the group must be named")
    return _overridden(broker, "group", GROUP, name, configs.SOURCE_GROUP)


def _overridden(broker: Broker, table: str, kind: int, name: str, source: int) -> Rows:
    """Settings with defaults of their own, which a resource may override."""
    own = broker.image.config(kind, name)
    for key in configs.keys(table).values():
        value = own.get(key.name, key.default)
        synonyms = [(key.name, own[key.name], source)] if key.name in own else []
        if not synonyms and kind == GROUP and key.default is not None:
            synonyms = [(key.name, key.default, configs.SOURCE_DEFAULT)]
        yield _row(key, value, source if key.name in own else configs.SOURCE_DEFAULT), synonyms


def _shown(
    broker: Broker, found: Iterable[configs.Key], overrides: Iterable[str]
) -> list[configs.Key]:
    """Internal settings, and those newer than what the broker shows itself as, where set."""
    hidden = broker.shown.hidden
    return [
        key for key in found if not (key.internal or key.name in hidden) or key.name in overrides
    ]


def _unknown(name: str) -> configs.Key:
    """A name that Kafka doesn't know counts as a password."""
    return configs.Key(name, "P", None, "", "", False)


_KINDS = {
    TOPIC: _topic,
    BROKER: _broker,
    BROKER_LOGGER: _loggers,
    CLIENT_METRICS: _metrics,
    GROUP: _group,
}
