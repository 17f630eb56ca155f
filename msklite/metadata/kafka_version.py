"""The version of Apache Kafka that a broker shows itself as to clients.

Rules:
- What clients see is that version's: which APIs there are and up to which version, the features'
  levels, the settings there are and their defaults. So clients behave as they do with it.
- Nothing goes below what Kafka 4.2 serves: versions of APIs that 4.2 has dropped stay dropped.
- Between nodes, and on the disk, everything is 4.2's, whatever a broker shows. So brokers of two
  versions work in one cluster while it is upgraded by a rolling restart, and nothing is converted.
- Settings that were gone before 4.2 don't come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msklite.errors import UserError
from msklite.metadata import kafka_versions as facts
from msklite.wire.apis import Api

NEWEST = "4.2.x"
"""As Amazon MSK writes versions."""


class KafkaVersion:
    """One of Kafka's minor versions; `of` has them."""

    def __init__(self, column: int) -> None:
        self.column = column
        self.name = facts.VERSIONS[column]
        self.newest = self.name == facts.VERSIONS[-1]
        since = (row.split(" ") for row in facts.SINCE.splitlines())
        self.hidden = frozenset(
            name for first, name in since if facts.VERSIONS.index(first) > column
        )
        """Settings that it doesn't have."""
        rows = (row.split(" ") for row in facts.DEFAULTS.splitlines())
        self.defaults: Mapping[str, str] = {
            name: values[column]
            for name, *values in rows
            if not self.newest and values[column] not in ("~", values[-1])
        }
        """What differs from 4.2's."""
        levels = (row.split(" ") for row in facts.FEATURES.splitlines())
        self.features = {
            name: (int(low), int(high))
            for name, *spans in levels
            if spans[column] != "~"
            for low, high in (spans[column].split(":"),)
        }
        """Levels by feature."""

    def apis(self, served: Mapping[int, Api]) -> Mapping[int, Api]:
        """The rows of `served` that it has, up to its own highest versions."""
        if self.newest:
            return served
        highest: dict[int, int | None] = {}
        for row in facts.HIGHEST.splitlines():
            _, number, *versions = row.split(" ")
            top = versions[self.column]
            highest[int(number)] = None if top == "-" else int(top)
        found = {}
        for key, api in served.items():
            top_version = highest.get(key, api.highest)
            if top_version is not None and top_version >= api.lowest:
                found[key] = api._replace(highest=min(top_version, api.highest))
        return found

    def supported(self, ours: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        """The levels that a client is told of, of those that we support."""
        if self.newest:
            return dict(ours)
        return {
            name: (max(low, self.features[name][0]), min(high, self.features[name][1]))
            for name, (low, high) in ours.items()
            if name in self.features
        }

    def finalised(self, levels: Mapping[str, int]) -> dict[str, int]:
        """The levels in force as its client would find them."""
        if self.newest:
            return dict(levels)
        return {
            name: min(level, self.features[name][1])
            for name, level in levels.items()
            if name in self.features
        }


@cache
def of(text: str) -> KafkaVersion:
    """`3.6.0`, `3.8.x`, `3.9.x.kraft`, `4.1`; UserError for one that isn't shown here."""
    words = text.removesuffix(".kraft").split(".")
    name = ".".join(words[:2])
    if name not in facts.VERSIONS or len(words) > 3 or not _is_patch(words[2:]):
        raise UserError(
            f"Kafka {text} isn't there: choose {', '.join(facts.VERSIONS[:-1])}"
            f" or {facts.VERSIONS[-1]}."
        )
    return KafkaVersion(facts.VERSIONS.index(name))


def _is_patch(words: list[str]) -> bool:
    return not words or words[0] == "x" or (words[0].isascii() and words[0].isdecimal())
