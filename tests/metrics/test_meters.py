"""The arithmetic of meters: counts, rates that move as Kafka's do, waits and their shares."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

from msklite.broker.exposition import Page
from msklite.broker.meters import FLOWS, Flows, Meter, Recent, Waits


def partition(topic: str, **counted: int) -> Any:
    return cast("Any", SimpleNamespace(topic=topic, **dict.fromkeys(FLOWS.values(), 0) | counted))


def test_rates_move_as_kafkas_do() -> None:
    meter = Meter(0)
    meter.count = 500
    meter.tick()
    assert meter.rates(5000)["OneMinuteRate"] == 100  # the first tick sets it
    meter.tick()
    assert math.isclose(meter.rates(10_000)["OneMinuteRate"], 100 * math.exp(-5 / 60))
    assert math.isclose(meter.rates(10_000)["FifteenMinuteRate"], 100 * math.exp(-5 / 900))
    assert meter.rates(10_000)["MeanRate"] == 50


def test_flows_add_up_over_topics_and_outlive_partitions() -> None:
    flows = Flows(0)
    one, two = partition("a", bytes_in=10, records_in=1), partition("b", bytes_in=5)
    flows.sample([one, two], 1)
    one.bytes_in += 7
    flows.sample([one, two], 2)
    counts = {key: m.count for key, m in flows.meters.items()}
    assert counts["BytesInPerSec", ""] == 22
    assert counts["BytesInPerSec", "a"] == 17
    assert counts["MessagesInPerSec", ""] == 1
    flows.sample([two], 3)  # topic a is deleted
    assert flows.meters["BytesInPerSec", ""].count == 22, "a counter never goes back"
    assert ("BytesInPerSec", "a") not in flows.meters
    assert ("ReplicationBytesInPerSec", "b") not in flows.meters


def test_waits() -> None:
    waits = Waits()
    assert waits.percentile(0.99, 0) == 0
    for ms in [3] * 5 + [40] * 4 + [700]:
        waits.add(ms)
    assert (waits.count, waits.longest, waits.total_ms) == (10, 700, 875)
    assert waits.percentile(0.5, 10) == 5
    assert waits.percentile(0.9, 10) == 50
    assert waits.percentile(0.99, 10) == 700
    assert waits.percentile(0.99, 1000) == 0, "990 were answered at once"


def test_recent() -> None:
    recent = Recent()
    assert all(math.isnan(v) for v in recent.most_and_mean(0))
    recent.add(1000, 10)
    recent.add(2000, 40)
    assert recent.most_and_mean(30_000) == (40, 25)
    assert recent.most_and_mean(31_500) == (40, 40)
    assert math.isnan(recent.most_and_mean(32_000)[0])


def test_labels_are_escaped() -> None:
    page = Page()
    page.add("m", 1.5, "gauge", group='a"b\\c\nd', topic=None)
    assert page.text() == '# TYPE m gauge\nm{group="a\\"b\\\\c\\nd"} 1.5\n'
