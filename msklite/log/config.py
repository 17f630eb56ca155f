"""The settings of one log, as plain values; defaults are Apache Kafka's."""

from __future__ import annotations

from dataclasses import dataclass, field

FOREVER = 2**63 - 1


@dataclass(slots=True)
class LogConfig:
    """Topic settings that the log itself obeys; names follow Kafka's topic configs."""

    segment_bytes: int = 1024**3
    segment_ms: int = 7 * 24 * 3600 * 1000
    segment_jitter_ms: int = 0
    segment_index_bytes: int = 10 * 1024**2
    index_interval_bytes: int = 4096
    max_message_bytes: int = 1048588
    flush_messages: int = FOREVER
    flush_ms: int = FOREVER
    retention_ms: int = 7 * 24 * 3600 * 1000
    retention_bytes: int = -1
    cleanup_policy: str = "delete"
    delete_retention_ms: int = 24 * 3600 * 1000
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = FOREVER
    min_cleanable_ratio: float = 0.5
    timestamp_type: str = "CreateTime"
    message_timestamp_before_max_ms: int = FOREVER
    message_timestamp_after_max_ms: int = 3600 * 1000
    compression_type: str = "producer"
    validate_records: bool = False
    verify_transactions: bool = True
    producer_id_expiration_ms: int = 24 * 3600 * 1000
    file_delete_delay_ms: int = 60000
    takes_any: bool = field(init=False)
    """Whether nothing here asks to look into a batch, or to change it."""

    def __post_init__(self) -> None:
        self.takes_any = (
            self.timestamp_type == "CreateTime"
            and self.message_timestamp_before_max_ms >= FOREVER
            and self.compression_type == "producer"
            and not self.validate_records
            and not self.compacted
        )

    @property
    def deleted(self) -> bool:
        """Whether retention deletes segments."""
        return "delete" in self.cleanup_policy

    @property
    def compacted(self) -> bool:
        """Whether records must have keys."""
        return "compact" in self.cleanup_policy
