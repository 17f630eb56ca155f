"""The table of APIs against what a running Apache Kafka 4.2 advertises.

`kafka_apis.txt` was taken from its ApiVersions reply; tests/parity compares it with a living one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from msklite.wire.apis import APIS, Api

TABLE = Path(__file__).with_name("kafka_apis.txt")


def rows() -> list[tuple[int, int, int, str]]:
    """(key, lowest, highest, name) of each line."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    return [(int(key), int(low), int(high), name) for key, low, high, name in lines]


def of_kafka() -> dict[int, tuple[int, int]]:
    """Lowest and highest advertised version by API key."""
    return {key: (low, high) for key, low, high, _ in rows()}


@pytest.mark.parametrize("api", APIS.values(), ids=lambda api: api.name)
def test_an_api_is_advertised_at_kafkas_range(api: Api) -> None:
    assert of_kafka()[api.key] == (api.advertised, api.highest)
    assert (api.key, api.name) in {(key, name) for key, _, _, name in rows()}


def test_only_produce_serves_less_than_it_advertises() -> None:
    assert [api.name for api in APIS.values() if api.lowest != api.advertised] == ["Produce"]
