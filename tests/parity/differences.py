"""Every known difference between Apache Kafka 4.2 and msklite, with its reason.

`LISTED` is the one table: the test accepts what is in it and nothing else, fails for an entry that
no longer occurs, and docs/parity.md is rendered from it. An entry names its steps and the field
with shell patterns ("a|b" is either) and says what each side answers; ANY where that is long, or
is each time another value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from tests.parity.talk import Difference

ANY = "anything"


@dataclass(frozen=True)
class Listed:
    """A difference that is meant: where it is, what both say, and why."""

    title: str
    steps: str
    path: str
    kafka: Any
    ours: Any
    reason: str

    def covers(self, found: Difference) -> bool:
        """Whether this entry is about `found`."""
        return (
            _matches(found.step, self.steps)
            and _matches(found.path, self.path)
            and self.kafka in (ANY, found.kafka)
            and self.ours in (ANY, found.ours)
        )


def _matches(text: str, patterns: str) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns.split("|"))


_LATER = {
    "SASL sign-in (SaslHandshake, SaslAuthenticate)": (17, 36),
    "ACLs (DescribeAcls, CreateAcls, DeleteAcls)": (29, 30, 31),
    "delegation tokens (Create, Renew, Expire, DescribeDelegationToken)": (38, 39, 40, 41),
    "client quotas (DescribeClientQuotas, AlterClientQuotas)": (48, 49),
    "SCRAM users (DescribeUserScramCredentials, AlterUserScramCredentials)": (50, 51),
    "the consumer protocol of KIP-848 (ConsumerGroupHeartbeat, ConsumerGroupDescribe)": (68, 69),
    "share groups (ShareGroupHeartbeat to ShareAcknowledge, the share state's APIs, share group "
    "offsets)": (76, 77, 78, 79, 83, 84, 85, 86, 87, 90, 91, 92),
    "streams groups (StreamsGroupHeartbeat, StreamsGroupDescribe)": (88, 89),
}

_APIS = tuple(
    Listed(
        "APIs that aren't there yet",
        "hello/ranges v*",
        "|".join(map(str, keys)),
        ANY,
        None,
        f"not served and so not advertised: {what}",
    )
    for what, keys in _LATER.items()
)

_NOT_BUILT = "a feature is finalised only when its APIs are there; `UpdateFeatures` refuses it"
_INSIDE = (
    "records are looked into only where a setting needs it (a compacted topic, a differing "
    "`compression.type`, time limits); `validate.records=true` does it always, and then the "
    "answers are Kafka's"
)
_AUTO = (
    "a topic that `auto.create.topics.enable` makes is there in the same reply; "
    "Kafka says UNKNOWN_TOPIC_OR_PARTITION and lets the client come again"
)
_COORDINATOR = (
    "the first request makes `__consumer_offsets` and waits for it; Kafka says "
    "COORDINATOR_NOT_AVAILABLE and lets the client come again"
)
_STUMBLES = (
    "Kafka's controller stumbles over the unknown operation, answers UNKNOWN_SERVER_ERROR and "
    "gives up its leadership for a moment; ours says INVALID_REQUEST"
)
_SILENT = "Kafka's request handler stumbles and never answers; waiting for ever helps nobody"

LISTED: tuple[Listed, ...] = (
    *_APIS,
    Listed(
        "Finalised features",
        "hello/finalized_features v*",
        "group.version|share.version|streams.version",
        ANY,
        None,
        _NOT_BUILT,
    ),
    Listed("Finalising them", "features/*a level that Kafka has", "error_code", 0, 95, _NOT_BUILT),
    Listed(
        "Finalising them",
        "features/*a level that Kafka has",
        "error_message",
        None,
        "<error_message>",
        _NOT_BUILT,
    ),
    Listed("Finalising them", "features/*a level that Kafka has", "results", ANY, [], _NOT_BUILT),
    Listed("Auto-creation", "metadata/auto creation*", "topics.0.error_code", 3, 0, _AUTO),
    Listed("Auto-creation", "metadata/auto creation*", "topics.0.topic_id", "zero", ANY, _AUTO),
    Listed("Auto-creation", "metadata/auto creation*", "topics.0.partitions", [], ANY, _AUTO),
    Listed(
        "First coordinator",
        "coordinators/before there is __consumer_offsets",
        "error_code",
        15,
        0,
        _COORDINATOR,
    ),
    Listed(
        "First coordinator",
        "coordinators/before there is __consumer_offsets",
        "node_id|host|port",
        ANY,
        ANY,
        _COORDINATOR,
    ),
    Listed(
        "Documentation of settings",
        "describe-configs/documentation",
        "results.0.configs.0.documentation",
        "<documentation>",
        None,
        "Kafka's texts are not ours to send",
    ),
    Listed(
        "Unknown operation",
        "alter-configs/operation *",
        "responses.0.error_code",
        -1,
        42,
        _STUMBLES,
    ),
    Listed(
        "Unknown operation",
        "alter-configs/operation *",
        "responses.0.error_message",
        None,
        "<error_message>",
        _STUMBLES,
    ),
    Listed(
        "Never answered",
        "alter-configs/AlterConfigs, a resource twice|produce-bad/null records"
        "|txn-partitions/no transactions",
        "",
        "silence",
        ANY,
        _SILENT,
    ),
    Listed(
        "Markers of an older epoch",
        "txn-markers/older epoch",
        "markers.0.topics.0.partitions.0.error_code",
        -1,
        47,
        "Kafka's handler doesn't expect it and answers UNKNOWN_SERVER_ERROR; ours says "
        "INVALID_PRODUCER_EPOCH, as its log does",
    ),
    Listed(
        "A topic id of zeros",
        "fetch/zero id twice",
        "error_code|responses",
        ANY,
        ANY,
        "Kafka stumbles over the second partition of a topic without name and id and answers "
        "UNKNOWN_SERVER_ERROR; ours says UNKNOWN_TOPIC_ID of each, as Kafka does of a single one",
    ),
    Listed(
        "Records that can't be read",
        "produce-insides/codec * with plain records|produce-insides/records are garbage"
        "|produce-insides/gzip, cut",
        "responses.0.partition_responses.0.error_code",
        -1,
        0,
        _INSIDE,
    ),
    Listed(
        "Records and header disagree",
        "produce-insides/*",
        "responses.0.partition_responses.0.error_code",
        87,
        0,
        _INSIDE,
    ),
    Listed(
        "Compressed records with odd offsets",
        "produce-insides/gzip, deltas start at 1",
        "responses.0.partition_responses.0.error_code",
        -1,
        0,
        _INSIDE,
    ),
    Listed(
        "Such batches are stored",
        "produce-insides/*",
        "responses.0.partition_responses.0.base_offset",
        -1,
        0,
        _INSIDE,
    ),
)


def unlisted(found: list[Difference]) -> list[Difference]:
    """The differences that no entry covers."""
    return [d for d in found if not any(entry.covers(d) for entry in LISTED)]


def gone(found: list[Difference]) -> list[Listed]:
    """The entries that cover nothing: the difference no longer occurs.

    Each of an entry's alternatives counts for itself.
    """
    singles = [
        replace(entry, steps=steps, path=path)
        for entry in LISTED
        for steps, path in _alternatives(entry)
    ]
    return [entry for entry in singles if not any(entry.covers(d) for d in found)]


def _alternatives(entry: Listed) -> list[tuple[str, str]]:
    """Each step pattern with all fields, and each field with all steps."""
    steps = [(s, entry.path) for s in entry.steps.split("|")]
    return [*steps, *((entry.steps, p) for p in entry.path.split("|"))]
