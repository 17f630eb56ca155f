"""A conversation with one broker over raw sockets, written down so that two can be compared.

A script is a function that takes a `Talk` and asks; what it asks and what came back is kept in
`Talk.exchanges`. Values that no two clusters share (topic ids, member ids, producer ids, fetch
sessions) are given names with `Talk.call_it`, and appear by name in what is kept; the masks of
`masks.py` cover the rest. Messages are encoded and decoded with our generated classes, which
tests/wire checks against Kafka's own.
"""

from __future__ import annotations

import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from msklite.wire.apis import APIS
from msklite.wire.primitives import Message, skip_tags
from tests.parity.masks import masked
from tests.wire.samples import cases

PATIENCE = 30.0
SHORT = 1.5
"""Patience with a request that Kafka is known to leave unanswered."""
CLIENT = "parity"

RESPONSES: dict[int, type[Message]] = {
    c.api_key: c.cls for c in cases() if c.kind == "response" and c.api_key is not None
}


@dataclass
class Exchange:
    """One step: its name, the request, and the answer in plain data (or "closed", "silence")."""

    step: str
    api: str
    version: int
    request: Any
    answer: Any


class Closed(Exception):
    """The broker closed the connection."""


class Connection:
    """One socket; frames in, frames out."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, raw: bytes) -> None:
        try:
            self.socket.sendall(raw)
        except OSError as failed:
            raise Closed(str(failed)) from failed

    def receive(self) -> bytes:
        (size,) = struct.unpack(">i", self._exactly(4))
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            try:
                part = self.socket.recv(min(size, 1 << 20))
            except ConnectionError as failed:
                raise Closed(str(failed)) from failed
            if not part:
                raise Closed("end of stream")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        self.socket.close()


def frame(api_key: int, version: int, correlation: int, body: bytes, flexible: bool) -> bytes:
    """A request frame with its length."""
    client = CLIENT.encode()
    header = struct.pack(">hhih", api_key, version, correlation, len(client)) + client
    if flexible:
        header += b"\0"
    return struct.pack(">i", len(header) + len(body)) + header + body


def flexible(request: Message, version: int) -> bool:
    """Whether the request's header has tagged fields."""
    api = APIS.get(request.API_KEY)
    return version >= (api.flexible if api else request.FLEXIBLE)


@dataclass
class Pending:
    """A request that waits for its reply."""

    step: str
    request: Message
    version: int
    correlation: int
    connection: str


@dataclass
class Talk:
    """One run of the scripts against one cluster."""

    address: tuple[str, int]
    area: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    names: dict[Any, str] = field(default_factory=dict)
    hosts: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Where connections of these names go; all others go to `address`."""
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often each API was asked at each version, quietly or not."""
    _connections: dict[str, Connection] = field(default_factory=dict)
    _correlation: int = 0

    # --- asking ----------------------------------------------------------------------------

    def ask(
        self,
        step: str,
        request: Message,
        version: int,
        *,
        on: str = "main",
        unordered: bool = False,
        quiet: bool = False,
        no_reply: bool = False,
        patience: float = PATIENCE,
    ) -> Any:
        """Send a request, keep and return the reply; None when the connection was closed.

        `unordered` is for replies whose lists come in the order of one of Kafka's hash maps;
        `patience` for requests that Kafka may leave unanswered for ever, which is kept as
        "silence".
        """
        try:
            pending = self.send(step, request, version, on=on)
            if no_reply:
                return None
            self.connection(on).socket.settimeout(patience)
            return self.finish(pending, unordered=unordered, quiet=quiet)
        except Closed:
            self.drop(on)
            self._keep(step, request, version, "closed", quiet, unordered)
            return None
        except TimeoutError:
            if patience == PATIENCE:
                raise
            self.drop(on)
            self._keep(step, request, version, "silence", quiet, unordered)
            return None

    def send(self, step: str, request: Message, version: int, *, on: str = "main") -> Pending:
        """Send and don't wait; another connection may be needed to bring the reply about."""
        self._correlation += 1
        self.asked[type(request).__name__.removesuffix("Request"), version] += 1
        raw = frame(
            request.API_KEY,
            version,
            self._correlation,
            request.encode(version),
            flexible(request, version),
        )
        self.connection(on).send(raw)
        return Pending(step, request, version, self._correlation, on)

    def finish(self, pending: Pending, *, unordered: bool = False, quiet: bool = False) -> Any:
        """Wait for the reply to `send`."""
        raw = self.connection(pending.connection).receive()
        reply = decode(raw, pending.request, pending.version, pending.correlation)
        self._keep(pending.step, pending.request, pending.version, reply, quiet, unordered)
        return reply

    def raw(
        self,
        step: str,
        sent: bytes,
        *,
        half_close: bool = False,
        replies: tuple[tuple[int, Message, int], ...] = (),
    ) -> None:
        """Send bytes on a connection of their own and keep what comes back.

        What comes back is kept as hex, or as messages where `replies` says what to expect
        (correlation id, request, version); the end of the connection is "closed".
        """
        connection = Connection(self.address)
        shown: list[Any] = []
        try:
            connection.send(sent)
            if half_close:
                connection.socket.shutdown(socket.SHUT_WR)
            for number, request, version in replies:
                reply = decode(connection.receive(), request, version, number)
                shown.append(masked(reply.plain(), self.names))
            if not replies:
                shown.append(connection.receive().hex())
        except Closed:
            shown.append("closed")
        finally:
            connection.close()
        self.exchanges.append(Exchange(f"{self.area}/{step}", "raw", 0, sent[:200].hex(), shown))

    def connection(self, name: str = "main") -> Connection:
        if name not in self._connections:
            self._connections[name] = Connection(self.hosts.get(name, self.address))
        return self._connections[name]

    def drop(self, name: str) -> None:
        """Close one connection."""
        if name in self._connections:
            self._connections.pop(name).close()

    def close(self) -> None:
        for name in list(self._connections):
            self.drop(name)

    def until(
        self, request: Message, version: int, done: Callable[[Any], bool], on: str = "main"
    ) -> Any:
        """Ask again, without keeping it, until the reply is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while True:
            reply = self.ask("until", request, version, quiet=True, on=on)
            if reply is not None and done(reply):
                return reply
            assert time.monotonic() < deadline, f"still {reply}"[:6000]
            time.sleep(0.02)

    # --- keeping ---------------------------------------------------------------------------

    def call_it(self, value: Any, name: str) -> None:
        """Show `value` as `name` from now on."""
        self.names[value] = f"<{name}>"

    def note(self, step: str, value: Any) -> None:
        """Keep something that was worked out from replies."""
        self.exchanges.append(Exchange(f"{self.area}/{step}", "note", 0, None, value))

    def _keep(
        self, step: str, request: Message, version: int, reply: Any, quiet: bool, unordered: bool
    ) -> None:
        if quiet:
            return
        api = type(request).__name__.removesuffix("Request")
        answer = reply if isinstance(reply, str) else (reply, unordered)
        self.exchanges.append(Exchange(f"{self.area}/{step}", api, version, request, answer))

    def transcript(self) -> list[Exchange]:
        """What was kept, masked; made at the end, when all names are known."""
        out = []
        for e in self.exchanges:
            request, answer = e.request, e.answer
            if isinstance(request, Message):
                request = masked(request.plain(), self.names)
            if isinstance(answer, tuple):
                answer = masked(answer[0].plain(), self.names, unordered=answer[1])
            elif e.api == "note":
                answer = masked(answer, self.names)
            out.append(Exchange(e.step, e.api, e.version, request, answer))
        return out


def decode(raw: bytes, request: Message, version: int, correlation: int) -> Any:
    """A reply's body; complains about anything that Kafka's clients would complain about."""
    (got,) = struct.unpack_from(">i", raw)
    assert got == correlation, f"reply to {got} instead of {correlation}"
    cls: Any = RESPONSES[request.API_KEY]
    pos = 4
    if flexible(request, version) and request.API_KEY != 18:
        pos = skip_tags(raw, pos)
    if request.API_KEY == 18 and struct.unpack_from(">h", raw, 4)[0] == 35:
        version = 0  # KIP-511: UNSUPPORTED_VERSION comes in version 0
    reply, end = cls.read(raw, pos, version)
    assert end == len(raw), f"{len(raw) - end} bytes too many in {cls.__name__} v{version}"
    return reply


# --- comparing -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One field that isn't alike."""

    step: str
    path: str
    kafka: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.step} {self.path or '(whole)'}: Kafka {self.kafka!r}, ours {self.ours!r}"


def compare(kafka: Iterable[Exchange], ours: Iterable[Exchange]) -> list[Difference]:
    """All differences between two transcripts of one script."""
    left, right = list(kafka), list(ours)
    out = []
    for a, b in zip(left, right, strict=False):
        assert a.step == b.step, f"the scripts went apart at {a.step} and {b.step}"
        out += [Difference(a.step, *d) for d in _diff("", a.answer, b.answer)]
    if len(left) != len(right):
        out.append(Difference("(end)", "", len(left), len(right)))
    return out


def _diff(path: str, a: Any, b: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(a, dict) and isinstance(b, dict):
        keys = list(dict.fromkeys([*a, *b]))
        return [d for k in keys for d in _diff(f"{path}.{k}".strip("."), a.get(k), b.get(k))]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = enumerate(zip(a, b, strict=True))
        return [d for i, (x, y) in pairs for d in _diff(f"{path}.{i}".strip("."), x, y)]
    return [] if a == b else [(path, a, b)]
