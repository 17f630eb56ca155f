"""The same script asked of Apache Kafka 4.2 and of msklite, answers compared field by field."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

import pytest

from msklite.testing import LocalCluster
from msklite.wire.apis import APIS
from tests.parity.differences import gone, unlisted
from tests.parity.run import AREAS, KAFKA, SETTINGS, run
from tests.parity.talk import Difference, Exchange, compare
from tests.support.jvm import ApacheKafka, require_jvm
from tests.wire.test_apis import of_kafka

pytestmark = [pytest.mark.jvm, pytest.mark.slow]


class Both:
    """Both clusters, started when first asked; each area is asked of each only once."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._addresses: tuple[str, str] | None = None
        self._kept: dict[str, tuple[list[Exchange], list[Exchange]]] = {}
        self.asked: Counter[tuple[str, int]] = Counter()

    def area(self, name: str) -> tuple[list[Exchange], list[Exchange]]:
        """What Kafka and msklite answered."""
        if name not in self._kept:
            kafka, ours = self.addresses()
            self._kept[name] = run(name, kafka, self.asked), run(name, ours)
        return self._kept[name]

    def differences(self, name: str) -> list[Difference]:
        return compare(*self.area(name))

    def addresses(self) -> tuple[str, str]:
        if self._addresses is None:
            kafka = self._stack.enter_context(ApacheKafka(properties=KAFKA))
            ours = self._stack.enter_context(LocalCluster(config=SETTINGS))
            self._addresses = kafka.bootstrap, ours.bootstrap_servers
        return self._addresses


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    require_jvm()
    with contextlib.ExitStack() as stack:
        yield Both(stack)


@pytest.mark.parametrize("area", AREAS)
def test_answers_are_alike_but_for_the_listed_differences(both: Both, area: str) -> None:
    left = unlisted(both.differences(area))
    assert not left, "\n".join(["differences that aren't listed:", *map(str, left)])


def test_every_listed_difference_still_occurs(both: Both) -> None:
    found = [d for area in AREAS for d in both.differences(area)]
    stale = [f"{e.title}: {e.steps} {e.path}" for e in gone(found)]
    assert not stale, "remove from the list what no longer differs:\n" + "\n".join(stale)


def test_with_validate_records_the_insides_are_judged_as_kafka_does(both: Both) -> None:
    kafka, _ = both.area("produce-insides")
    with LocalCluster(config={**SETTINGS, "validate.records": "true"}) as strict:
        ours = run("produce-insides", strict.bootstrap_servers)
    assert compare(kafka, ours) == []


def test_kafka_advertises_what_the_stored_table_says(both: Both) -> None:
    kafka, _ = both.area("hello")
    (ranges,) = [e.answer for e in kafka if e.step == "hello/ranges v4"]
    assert {int(key): tuple(found) for key, found in ranges.items()} == of_kafka()


def test_the_script_covers_every_api(both: Both) -> None:
    """At least its lowest and its highest version, and well over 150 requests in all."""
    for area in AREAS:
        both.area(area)
    missing = {
        (api.name, version)
        for api in APIS.values()
        for version in (api.lowest, api.highest)
        if not both.asked[api.name, version]
    }
    assert not missing
    assert both.asked.total() >= 1000
