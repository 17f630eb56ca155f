"""What a produced batch must still pass after `check_batch`, and what a topic's settings change.

The inside is walked only where a setting needs it: a compacted topic's keys, timestamps that may be
out of range, a differing compression.type, validate.records. Otherwise the header is believed.
Follows Kafka's LogValidator; its texts for single records go into the reply's record errors.
"""

from __future__ import annotations

from msklite.errors import Code
from msklite.log.config import FOREVER, LogConfig
from msklite.wire.batch import (
    LOG_APPEND_TIME,
    BatchError,
    BatchHeader,
    parse_header,
    set_append_time,
)
from msklite.wire.compression import CODEC_NAMES
from msklite.wire.primitives import Buffer
from msklite.wire.records import Record, iter_records, rebuild_batch, record_bytes

_TARGETS = {name: number for number, name in enumerate(CODEC_NAMES)} | {"uncompressed": 0}


class Rejected(Exception):
    """A batch is refused for what is in it; `record_errors` name single records by index."""

    def __init__(
        self, code: Code, text: str, record_errors: list[tuple[int, str]] | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.record_errors = record_errors or []


def validate_append(
    header: BatchHeader, data: Buffer, config: LogConfig, now_ms: int, where: str = ""
) -> tuple[Buffer, BatchHeader]:
    """The batch to append and its header: the given ones, or rewritten as the settings want.

    `data` holds exactly the batch of `header`. Rejected or BatchError when it can't be taken;
    `where` names the partition in texts.
    """
    if header.attributes & 0x20:
        raise Rejected(Code.INVALID_RECORD, "Clients are not allowed to write control records")
    if header.producer_id >= 0 and header.base_sequence < 0:
        raise Rejected(
            Code.INVALID_RECORD,
            f"Invalid sequence number {header.base_sequence} in record batch with producerId "
            f"{header.producer_id}",
        )
    append_time = config.timestamp_type == "LogAppendTime"
    if (
        (not append_time and header.max_timestamp > now_ms + config.message_timestamp_after_max_ms)
        or config.message_timestamp_before_max_ms < FOREVER
        or header.attributes & LOG_APPEND_TIME
        or config.validate_records
        or config.compacted
    ):
        _walk(header, data, config, now_ms, where)
    if config.compression_type != "producer":
        target = _TARGETS[config.compression_type]
        if target != header.compression:
            data = rebuild_batch(header, record_bytes(data, header), target)
            header = parse_header(data)
            if header.length > config.max_message_bytes:
                raise Rejected(
                    Code.MESSAGE_TOO_LARGE,
                    f"The recompressed batch of {header.length} bytes is larger than the maximum "
                    f"of {config.max_message_bytes}.",
                )
    if append_time:
        copy = data if isinstance(data, bytearray) else bytearray(data)
        set_append_time(copy, 0, now_ms)
        return copy, parse_header(copy)
    if header.attributes & LOG_APPEND_TIME:
        # A producer's claim; on a CreateTime topic Kafka takes it back.
        header.attributes &= ~LOG_APPEND_TIME
        data = rebuild_batch(header, record_bytes(data, header), header.compression)
        header = parse_header(data)
    return data, header


def _walk(header: BatchHeader, data: Buffer, config: LogConfig, now_ms: int, where: str) -> None:
    """Look at every record, collecting what Kafka would say of each."""
    errors: list[tuple[int, str]] = []
    bad_time = False
    place = f" in topic partition {where}" if where else ""
    for index, record in enumerate(iter_records(data)):
        if header.compression and record.offset != index:
            # Kafka would write such a batch anew and stumbles over it, hence its code.
            raise BatchError(Code.UNKNOWN_SERVER_ERROR, f"Record {index} has another offset.")
        if config.compacted and record.key is None:
            errors.append((index, f"Compacted topic cannot accept message without key{place}."))
            continue
        text = _bad_time(header, record, config, now_ms)
        if text is not None:
            bad_time = True
            errors.append((index, text))
    if bad_time:
        raise Rejected(
            Code.INVALID_TIMESTAMP,
            "One or more records have been rejected due to invalid timestamp",
            errors,
        )
    if errors:
        shown = ", ".join(f"record {index}: {text}" for index, text in errors[:3])
        raise Rejected(
            Code.INVALID_RECORD,
            f"One or more records have been rejected due to {len(errors)} record errors in total, "
            f"and only showing the first three errors at most: {shown}",
            errors,
        )


def _bad_time(header: BatchHeader, record: Record, config: LogConfig, now_ms: int) -> str | None:
    if config.timestamp_type == "CreateTime" and record.timestamp != -1:
        before = config.message_timestamp_before_max_ms
        after = config.message_timestamp_after_max_ms
        age = now_ms - record.timestamp
        if age > before or -age > after:
            return (
                f"Timestamp {record.timestamp} of message with offset {record.offset} is out of "
                f"range. The timestamp should be within [{now_ms - before}, {now_ms + after}]"
            )
    elif header.log_append_time:
        return (
            "Invalid timestamp type in message. Producer should not set timestamp type to "
            "LogAppendTime."
        )
    return None


__all__ = ["BatchError", "Rejected", "validate_append"]
