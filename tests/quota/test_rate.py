"""Rates over sliding windows, and the limits on replication."""

from __future__ import annotations

import pytest

from msklite.quota.rate import Rate, ReplicationQuota


def test_a_rate_looks_at_one_window_at_least() -> None:
    rate = Rate(11, 1000)
    assert rate.per_second(0) == 0
    rate.record(500, 0)
    assert rate.per_second(0) == rate.per_second(999) == 500
    rate.record(500, 900)
    assert rate.per_second(900) == 1000


def test_it_falls_while_nothing_comes_and_forgets_in_the_end() -> None:
    rate = Rate(11, 1000)
    rate.record(10_000, 0)
    assert [rate.per_second(t) for t in (1000, 2000, 5000, 10_000)] == [10_000, 5000, 2000, 1000]
    assert rate.per_second(11_000) == 0


def test_only_the_last_windows_count() -> None:
    rate = Rate(3, 1000)
    for second in range(10):
        rate.record(100 * second, second * 1000)
    assert rate.per_second(9_500) == pytest.approx((700 + 800 + 900) / 2.5)


def test_who_waits_while_the_limit_is_exceeded_gets_the_limit_over_time() -> None:
    """Answers of a MB each, as large as ever; over a minute they come to the limit."""
    quota = ReplicationQuota(11, 1000)
    assert not quota.exceeded(0)
    quota.limit = 200_000
    sent = 0
    for mono_ms in range(0, 60_000, 100):
        if not quota.exceeded(mono_ms):
            quota.record(1_000_000, mono_ms)
            sent += 1_000_000
    assert 0.9 * 200_000 <= sent / 60 <= 1.3 * 200_000
    quota.limit = None
    assert not quota.exceeded(60_000)
