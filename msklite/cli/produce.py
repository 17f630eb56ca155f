"""`msklite produce`: lines of stdin, or whole files, as records.

A line is what stands before b"\\n", byte for byte (a carriage return stays); a last line without
one counts. A file is one record, whatever its size, as long as the topic allows it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from msklite.cli import clients, places, show
from msklite.errors import UserError


@click.command()
@click.argument("topic")
@click.option("--file", "-f", "files", metavar="PATH", multiple=True,
              help="A whole file as one record; - is all of stdin. May be repeated.")  # fmt: skip
@click.option("--key", "-k", help="Key of every record.")
@click.option("--key-separator", metavar="TEXT", help="Lines are KEY<TEXT>VALUE.")
@click.option("--header", "-H", metavar="KEY=VALUE", multiple=True, help="A header of each record.")
@click.option("--null", "null_text", metavar="TEXT", help="A value that equals TEXT becomes null.")
@click.option("--partition", "-p", type=int, help="Default: by key, or spread.")
@click.option("--compression", type=click.Choice(["none", "gzip", "snappy", "lz4", "zstd"]),
              default="none", show_default=True, help="Codec of the batches.")  # fmt: skip
@places.output_option("table", "json")
@places.kafka_options
def produce(
    topic: str,
    files: tuple[str, ...],
    key: str | None,
    key_separator: str | None,
    header: tuple[str, ...],
    null_text: str | None,
    partition: int | None,
    compression: str,
    output: str,
    kafka: places.Kafka,
) -> None:
    """Write lines of stdin, or whole files, to a TOPIC and wait until all are acknowledged."""
    if key is not None and key_separator is not None:
        raise UserError("Give --key or --key-separator, not both.", 2)
    if key_separator == "":
        raise UserError("--key-separator can't be empty.", 2)
    headers = [(k, v.encode()) for k, v in clients.key_values(header, "--header").items()]
    records = _records(files, key, key_separator, null_text)
    sent = _Sent()
    address = kafka.address()
    with (
        _missing(address, topic),
        clients.producer(address, None if compression == "none" else compression) as client,
        clients.errors(f"Writing to {topic}"),
    ):
        for record_key, value in records:
            future = client.send(topic, value, key=record_key, headers=headers, partition=partition)
            future.add_callback(sent.ok).add_errback(sent.failed)
            if sent.error is not None:
                break
        client.flush()
    if sent.error is not None:
        raise UserError(f"Writing to {topic} failed: {clients.sentence(sent.error)}.")
    if output == "json":
        show.as_json({"topic": topic, "records": sent.count, "partitions": sent.last_offsets})
    else:
        click.echo(
            f"{sent.count} {'record' if sent.count == 1 else 'records'} in {topic}.", err=True
        )


@contextlib.contextmanager
def _missing(address: places.Address, topic: str) -> Iterator[None]:
    """Where topics don't make themselves, a client only learns that there is no answer."""
    try:
        yield
    except UserError as error:
        absent = False
        if "update metadata" in str(error):
            with contextlib.suppress(UserError), clients.admin(address) as admin:
                absent = topic not in admin.list_topics()
        if not absent:
            raise
        raise UserError(
            f"There is no topic {topic}: make it with `msklite topic create {topic}`."
        ) from None


class _Sent:
    """What became of the records; its methods run on the producer's thread."""

    def __init__(self) -> None:
        self.count = 0
        self.last_offsets: dict[int, int] = {}
        self.error: BaseException | None = None

    def ok(self, metadata: Any) -> None:
        self.count += 1
        self.last_offsets[int(metadata.partition)] = int(metadata.offset)

    def failed(self, error: BaseException) -> None:
        self.error = self.error or error


def _records(
    files: tuple[str, ...], key: str | None, separator: str | None, null_text: str | None
) -> Iterator[tuple[bytes | None, bytes | None]]:
    null = None if null_text is None else null_text.encode()
    fixed = None if key is None else key.encode()
    if files:
        for path in files:
            value = _read(path)
            yield fixed, None if value == null else value
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        value = line.removesuffix(b"\n")
        record_key = fixed
        if separator is not None:
            record_key, found, value = value.partition(separator.encode())
            if not found:
                raise UserError(f"Line {number} has no {separator!r} between key and value.")
        yield record_key, None if value == null else value


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.") from None
