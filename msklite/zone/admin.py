"""The admin endpoint of a zone: a little HTTP/1.1 on a unix socket, for the command line.

A zone writes `admin.json` (mode 0600) into its directory, which says how to reach it: a unix
socket beside it (0600), or, where such a path is too long or sockets have no paths, a loopback
port with a random token. On a port, a request must carry that token and a loopback `Host`, so that
neither another user nor a web page in somebody's browser can drive the cluster.

Rules kept here: one request a connection; head and body are bounded, and so is the time to send
them; a handler gets an `AdminRequest` and returns something for JSON (or an awaitable of it); a
handler's `UserError` is a 400 with its sentence, anything else a 500 and a line in the log. The
endpoint isn't part of what the simulator runs, so it uses asyncio's servers directly. The other
end is `admin_client`, apart, as a process that serves needs no HTTP client in its memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import inspect
import json
import logging
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msklite.errors import UserError
from msklite.world import World

NAME = "admin"
FILE_NAME = f"{NAME}.json"
SOCKET_NAME = f"{NAME}.sock"
MAX_SOCKET_PATH = 100  # bytes; the system's limit is 104 on macOS and 108 on Linux
MAX_HEAD = 16 * 1024
MAX_BODY = 1024 * 1024
READ_TIMEOUT_S = 10

log = logging.getLogger("msklite.admin")


@dataclass(slots=True, frozen=True)
class AdminRequest:
    """One request, its body as sent."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty one is an empty object."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError as error:
            raise UserError(f"The body isn't JSON: {error}.") from None


Handler = Callable[[AdminRequest], Any]
Routes = Mapping[tuple[str, str], Handler]


class NotRunning(UserError):
    """Nobody answers at the zone's endpoint."""


class _HttpError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class AdminServer:
    """Serves `handlers` while it is open; `start` leaves `admin.json` in the zone's directory.

    `name` instead of `admin`, where several processes share that directory.
    """

    def __init__(self, world: World, directory: str, handlers: Routes, name: str = NAME) -> None:
        self._world = world
        self._directory = Path(directory)
        self._name = name
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._token: str | None = None
        self._hosts: frozenset[str] = frozenset()

    async def start(self) -> None:
        """Open the endpoint and tell in `admin.json` where it is."""
        path = self._directory / f"{self._name}.sock"
        if hasattr(socket, "AF_UNIX") and len(os.fsencode(str(path))) <= MAX_SOCKET_PATH:
            self._server = await asyncio.start_unix_server(
                self._serve, sock=_unix_socket(path), limit=MAX_HEAD
            )
            where: dict[str, Any] = {"socket": path.name}
        else:
            self._token = self._world.random.bytes(24).hex()
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD)
            port = self._server.sockets[0].getsockname()[1]
            self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
            where = {"port": port, "token": self._token}
        _write_private(path.with_suffix(".json"), json.dumps({**where, "pid": os.getpid()}))

    async def close(self) -> None:
        """Stop listening and take the signposts away."""
        if self._server is None:
            return  # the signposts, if any, are another process's
        self._server.close()
        self._server = None
        for suffix in ("json", "sock"):
            with contextlib.suppress(OSError):
                (self._directory / f"{self._name}.{suffix}").unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                request, headers = await _read_request(reader)
            self._admit(headers)
            status, value = 200, await self._answer(request)
        except _HttpError as error:
            status, value = error.status, {"error": str(error)}
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        try:
            writer.write(_response(status, value))
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass

    def _admit(self, headers: Mapping[str, str]) -> None:
        if self._token is None:
            return  # the file system decided who may connect
        if headers.get("host", "") not in self._hosts:
            raise _HttpError(403, "This endpoint answers on its own loopback address only.")
        if not hmac.compare_digest(
            headers.get("authorization", "").encode(), f"Bearer {self._token}".encode()
        ):
            raise _HttpError(401, "The token is missing or wrong.")

    async def _answer(self, request: AdminRequest) -> Any:
        handler = self._handlers.get((request.method, request.path))
        if handler is None:
            known = any(path == request.path for _, path in self._handlers)
            raise _HttpError(405 if known else 404, f"No {request.method} {request.path} here.")
        try:
            value = handler(request)
            return await value if inspect.isawaitable(value) else value
        except UserError as error:
            raise _HttpError(400, str(error)) from None
        except Exception as error:
            log.exception("admin request %s %s failed", request.method, request.path)
            raise _HttpError(500, f"{type(error).__name__}: {error}") from None


def _unix_socket(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # of a process that was killed; the nodes' lock files rule out a living one
    old = os.umask(0o177)  # so that the socket is never open to others, not even for a moment
    try:
        sock.bind(str(path))
    finally:
        os.umask(old)
    return sock


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    temporary.replace(path)


async def _read_request(reader: asyncio.StreamReader) -> tuple[AdminRequest, dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _HttpError(431, "The request's head is too large.") from None
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _HttpError(400, "This isn't HTTP/1.1.")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise _HttpError(411, "Send a Content-Length.")
    length = headers.get("content-length", "0")
    if not length.isdigit():
        raise _HttpError(400, "Content-Length isn't a number.")
    if int(length) > MAX_BODY:
        raise _HttpError(413, f"The body is over {MAX_BODY} bytes.")
    body = await reader.readexactly(int(length))
    try:
        url = urlsplit(words[1])
    except ValueError:
        raise _HttpError(400, "The path can't be read.") from None
    return AdminRequest(words[0], url.path, dict(parse_qsl(url.query)), body), headers


def _response(status: int, value: Any) -> bytes:
    body = json.dumps(value, default=str).encode() + b"\n"
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
