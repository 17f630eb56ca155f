"""`msklite consume`: the records of a topic, as lines, columns, JSON, or bytes as they are.

`lines` (the default) writes each value and a newline, so what `produce` read as lines comes back
byte for byte; `raw` writes the values with nothing between them, for whole files. A null value is
nothing at all in `raw`, and an empty line in `lines`.
"""

from __future__ import annotations

import base64
import datetime
import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from msklite.cli import clients, places
from msklite.errors import UserError

if TYPE_CHECKING:
    from kafka import KafkaConsumer

POLL_MS = 200
MAX_FETCH = 64 * 1024 * 1024


@click.command()
@click.argument("topic")
@click.option("--from-beginning", is_flag=True, help="Else only records from now on.")
@click.option("--offset", type=int, help="Begin at this offset in each partition.")
@click.option("--partition", "-p", "partitions", type=int, multiple=True, help="Only this one.")
@click.option("--group", "-g", help="Join this consumer group and commit what was printed.")
@click.option("--max", "-n", "maximum", type=click.IntRange(1), help="Stop after so many records.")
@click.option("--timeout", "-t", type=float, help="Stop after so many seconds without a record.")
@click.option("--until-end", is_flag=True, help="Stop at the end that the topic has now.")
@places.output_option("lines", "table", "json", "raw")
@places.kafka_options
def consume(
    topic: str,
    from_beginning: bool,
    offset: int | None,
    partitions: tuple[int, ...],
    group: str | None,
    maximum: int | None,
    timeout: float | None,
    until_end: bool,
    output: str,
    kafka: places.Kafka,
) -> None:
    """Print the records of a TOPIC; Ctrl-C, --max, --timeout or --until-end ends it."""
    if group is not None and (partitions or offset is not None or until_end):
        raise UserError("--group chooses its partitions and offsets itself.", 2)
    address = kafka.address()
    settings: dict[str, Any] = {
        "group_id": group,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest" if from_beginning else "latest",
        "max_partition_fetch_bytes": MAX_FETCH,
    }
    write = _WRITERS[output]
    with clients.consumer(address, **settings) as client, clients.errors(f"Reading {topic}"):
        ends = _start(client, topic, from_beginning, offset, partitions, group)
        try:
            for record in _read(client, maximum, timeout, ends if until_end else None):
                write(record)
        except KeyboardInterrupt:
            pass
        finally:
            sys.stdout.buffer.flush()


def _start(
    client: KafkaConsumer,
    topic: str,
    from_beginning: bool,
    offset: int | None,
    partitions: tuple[int, ...],
    group: str | None,
) -> dict[Any, int]:
    """Subscribe or assign; returns the ends as they are now (only of an assignment)."""
    from kafka import TopicPartition

    known = client.partitions_for_topic(topic)
    if not known:
        raise UserError(f"There is no topic {topic}: `msklite topic list` shows what there is.")
    unknown = set(partitions) - set(known)
    if unknown:
        raise UserError(f"Topic {topic} has no partition {min(unknown)}; it has {len(known)}.")
    if group is not None:
        client.subscribe([topic])
        return {}
    assigned = [TopicPartition(topic, p) for p in sorted(partitions or known)]
    client.assign(assigned)
    ends: dict[Any, int] = client.end_offsets(assigned)
    if offset is not None:
        for one in assigned:
            client.seek(one, offset)
    elif from_beginning:
        client.seek_to_beginning(*assigned)
    else:
        for one, end in ends.items():
            client.seek(one, end)
    return ends


def _read(
    client: KafkaConsumer, maximum: int | None, timeout: float | None, ends: dict[Any, int] | None
) -> Iterator[Any]:
    count = 0
    deadline = None if timeout is None else time.monotonic() + timeout
    while not _at_end(client, ends):
        wait = POLL_MS
        if deadline is not None:
            wait = max(0, min(POLL_MS, int((deadline - time.monotonic()) * 1000)))
        limit = None if maximum is None else min(500, maximum - count)
        polled = client.poll(timeout_ms=wait, max_records=limit)
        for partition, records in polled.items():
            for record in records:
                if ends is not None and record.offset >= ends[partition]:
                    break
                yield record
                count += 1
        if client.config["group_id"] is not None and polled:
            client.commit()
        if not polled:
            sys.stdout.buffer.flush()
        if maximum is not None and count >= maximum:
            return
        if deadline is not None and timeout is not None:
            if polled:
                deadline = time.monotonic() + timeout
            elif time.monotonic() >= deadline:
                return


def _at_end(client: KafkaConsumer, ends: dict[Any, int] | None) -> bool:
    return ends is not None and all(client.position(tp) >= end for tp, end in ends.items())


def _lines(record: Any) -> None:
    sys.stdout.buffer.write((record.value or b"") + b"\n")


def _raw(record: Any) -> None:
    sys.stdout.buffer.write(record.value or b"")


def _json(record: Any) -> None:
    document = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        **_field("key", record.key),
        **_field("value", record.value),
        "headers": [{"key": k, **_field("value", v)} for k, v in record.headers or ()],
    }
    sys.stdout.buffer.write(json.dumps(document, ensure_ascii=False).encode() + b"\n")


def _field(name: str, data: bytes | None) -> dict[str, str | None]:
    """Text where the bytes are UTF-8, base64 under another name where they aren't."""
    if data is None:
        return {name: None}
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}


def _table(record: Any) -> None:
    when = datetime.datetime.fromtimestamp(record.timestamp / 1000, datetime.UTC)
    stamp = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    key, value = (_printable(data) for data in (record.key, record.value))
    line = f"{record.partition:>4} {record.offset:>10}  {stamp}  {key:<12}  {value}\n"
    sys.stdout.buffer.write(line.encode())


def _printable(data: bytes | None) -> str:
    if data is None:
        return "-"
    text = data.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


_WRITERS = {"lines": _lines, "raw": _raw, "json": _json, "table": _table}
