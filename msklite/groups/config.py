"""The coordinator's settings, with Kafka's names in the comments and Kafka's defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class GroupConfig:
    """What `broker/runtime` reads from the broker's configuration."""

    min_session_ms: int = 6_000  # group.min.session.timeout.ms
    max_session_ms: int = 1_800_000  # group.max.session.timeout.ms
    initial_delay_ms: int = 3_000  # group.initial.rebalance.delay.ms
    max_size: int = 2**31 - 1  # group.max.size
    max_metadata: int = 4_096  # offset.metadata.max.bytes
    retention_ms: int = 7 * 24 * 3_600_000  # offsets.retention.minutes
    new_member_ms: int = 300_000  # not configurable in Kafka: five minutes
