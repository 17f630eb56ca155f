"""A topic's settings as the log wants them: plain numbers, read once."""

from __future__ import annotations

from msklite.log.config import FOREVER, LogConfig
from msklite.metadata.configs import TopicConfig

VALIDATE_RECORDS = "validate.records"
"""Ours, of the broker: look into every batch as Kafka does (docs/parity.md)."""

VERIFY_TRANSACTIONS = "transaction.partition.verification.enable"


def log_config(
    topic: TopicConfig,
    producer_expiration_ms: int,
    validate_records: bool = False,
    verify_transactions: bool = True,
) -> LogConfig:
    """The LogConfig for a topic's effective settings."""

    def number(name: str) -> int:
        value = topic.get(name)
        return FOREVER if value is None else int(value)

    segment_ms = number("segment.ms")
    if "compact" in topic.list("cleanup.policy"):
        # Or what waits in the active segment could never be cleaned in time.
        segment_ms = min(segment_ms, number("max.compaction.lag.ms"))
    return LogConfig(
        segment_bytes=number("segment.bytes"),
        segment_ms=segment_ms,
        segment_jitter_ms=number("segment.jitter.ms"),
        segment_index_bytes=number("segment.index.bytes"),
        index_interval_bytes=number("index.interval.bytes"),
        max_message_bytes=number("max.message.bytes"),
        flush_messages=number("flush.messages"),
        flush_ms=number("flush.ms"),
        retention_ms=number("retention.ms"),
        retention_bytes=number("retention.bytes"),
        delete_retention_ms=number("delete.retention.ms"),
        min_compaction_lag_ms=number("min.compaction.lag.ms"),
        max_compaction_lag_ms=number("max.compaction.lag.ms"),
        min_cleanable_ratio=float(topic.text("min.cleanable.dirty.ratio")),
        cleanup_policy=",".join(topic.list("cleanup.policy")),
        timestamp_type=topic.text("message.timestamp.type"),
        message_timestamp_before_max_ms=number("message.timestamp.before.max.ms"),
        message_timestamp_after_max_ms=number("message.timestamp.after.max.ms"),
        compression_type=topic.text("compression.type"),
        producer_id_expiration_ms=producer_expiration_ms,
        file_delete_delay_ms=number("file.delete.delay.ms"),
        validate_records=validate_records,
        verify_transactions=verify_transactions,
    )
