"""kafka-python's clients as the commands use them, and its errors as sentences.

kafka-python is imported inside the functions: `msklite --help` and `up` must not pay for it.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msklite.errors import Code, UserError

if TYPE_CHECKING:
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

    from msklite.cli.places import Address

CLIENT_ID = "msklite-cli"
BOOTSTRAP_TIMEOUT_MS = 10_000
TOPIC_TIMEOUT_MS = 10_000
"""How long `produce` waits for a topic that may still make itself."""
DIAL_TIMEOUT_S = 5.0
MAX_MESSAGE = 1024 * 1024 * 1024
"""No limit of our own on what is written or read: the broker's settings decide."""


@contextmanager
def errors(doing: str) -> Iterator[None]:
    """Turn an error of Kafka's into one sentence: what we were doing, and what the broker said."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # its retries aren't for this terminal
    from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

    try:
        yield
    except (KafkaConnectionError, KafkaTimeoutError) as error:
        raise UserError(f"{doing} failed: no answer from the cluster ({error}).") from None
    except KafkaError as error:
        raise UserError(f"{doing} failed: {sentence(error)}.") from None
    except (ValueError, TypeError) as error:
        raise UserError(f"{doing} failed: {error}.") from None


def sentence(error: BaseException) -> str:
    """Kafka's name of the error, and its message where the broker gave one."""
    number = getattr(error, "errno", None)
    name = (
        Code(number).name if isinstance(number, int) and number in _CODES else type(error).__name__
    )
    text = str(error.args[0]) if error.args else ""
    return f"{name} ({text.rstrip('.')})" if text and "failed with response" not in text else name


_CODES = frozenset(int(c) for c in Code)


def check(doing: str, code: int, message: str | None = None) -> None:
    """`UserError` for an error code in a response."""
    if code:
        name = Code(code).name if code in _CODES else str(code)
        detail = f" ({message.rstrip('.')})" if message else ""
        raise UserError(f"{doing} failed: {name}{detail}.")


def pick(results: list[dict[str, Any]], key: str = "name") -> Callable[[str], dict[str, Any]]:
    """Find one entry of a response's list by its name."""
    by_name = {str(r.get(key)): r for r in results}
    return lambda name: by_name[name]


@contextmanager
def _connecting(address: Address) -> Iterator[dict[str, Any]]:
    """The settings of every client of ours; `UserError` where no address takes a connection.

    kafka-python would go on dialling for as long as it may, also where the port is closed.
    """
    addresses = [a.strip() for a in address.servers.split(",")]
    refusals = [_refusal(a) for a in addresses]
    if all(refusals):
        raise UserError(f"Connecting to {address.servers} failed: {refusals[0]}.")
    tls = {"security_protocol": "SSL", "ssl_cafile": address.ca} if address.ca else {}
    with errors(f"Connecting to {address.servers}"):
        yield {
            "bootstrap_servers": addresses,
            "client_id": CLIENT_ID,
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
            **tls,
        }


def _refusal(address: str) -> str | None:
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UserError(f"--bootstrap takes HOST:PORT,..., not {address!r}.", 2)
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=DIAL_TIMEOUT_S).close()
    except socket.gaierror:
        return f"{host} can't be resolved"
    except ConnectionRefusedError:
        return f"nobody listens on {address}"
    except OSError as error:
        return f"{address} can't be reached ({error.strerror or error})"
    return None


@contextmanager
def admin(address: Address) -> Iterator[KafkaAdminClient]:
    """An admin client, closed at the end."""
    with _connecting(address) as common:
        from kafka import KafkaAdminClient

        client = KafkaAdminClient(**common)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def producer(address: Address, compression: str | None) -> Iterator[KafkaProducer]:
    """An idempotent producer, flushed by its user and closed at the end."""
    with _connecting(address) as common:
        from kafka import KafkaProducer

        client = KafkaProducer(
            **common,
            compression_type=compression,
            max_request_size=MAX_MESSAGE,
            batch_size=256 * 1024,
            linger_ms=5,
            max_block_ms=TOPIC_TIMEOUT_MS,
        )
    try:
        yield client
    finally:
        client.close(timeout=5)


@contextmanager
def consumer(address: Address, **settings: Any) -> Iterator[KafkaConsumer]:
    """A consumer, closed at the end."""
    with _connecting(address) as common:
        from kafka import KafkaConsumer

        client = KafkaConsumer(
            **common,
            receive_message_max_bytes=MAX_MESSAGE,
            allow_auto_create_topics=False,
            exclude_internal_topics=False,
            **settings,
        )
    try:
        yield client
    finally:
        client.close()


def key_values(items: tuple[str, ...], option: str) -> dict[str, str]:
    """`KEY=VALUE` arguments as a dict."""
    pairs: dict[str, str] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise UserError(f"{option} takes KEY=VALUE, not {item!r}.", 2)
        pairs[key.strip()] = value
    return pairs


def topic_partitions(text: str) -> tuple[str, list[int] | None]:
    """`topic`, `topic:2` or `topic:0,1`."""
    match = re.fullmatch(r"([^:]+)(?::(\d+(?:,\d+)*))?", text)
    if match is None:
        raise UserError(f"{text!r} isn't TOPIC or TOPIC:PARTITION,...", 2)
    numbers = match.group(2)
    return match.group(1), [int(n) for n in numbers.split(",")] if numbers else None


def existing(client: KafkaAdminClient, topics: list[str]) -> Mapping[str, dict[str, Any]]:
    """Metadata by topic; `UserError` for one that doesn't exist. Never creates a topic."""
    with errors("Listing topics"):
        everything = {t["name"]: t for t in client.describe_topics()}
    for name in topics:
        if name not in everything:
            raise UserError(f"There is no topic {name}: `msklite topic list` shows what there is.")
    return everything
