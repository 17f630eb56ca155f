"""The admin endpoint: who may speak to it, and what it does with what isn't for it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from msklite.errors import UserError
from msklite.log.memory import MemoryStorage
from msklite.world import World
from msklite.zone.admin import MAX_BODY, AdminRequest, AdminServer, NotRunning
from msklite.zone.admin_client import AdminClient
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom


def echo(request: AdminRequest) -> Any:
    return {"query": request.query, "body": request.json()}


def refuse(request: AdminRequest) -> Any:
    raise UserError("Not today: it rains.")


def fail(request: AdminRequest) -> Any:
    raise KeyError("lost")


async def later(request: AdminRequest) -> Any:
    await asyncio.sleep(0)
    return "done"


ROUTES: dict[tuple[str, str], Callable[[AdminRequest], Any | Awaitable[Any]]] = {
    ("POST", "/echo"): echo,
    ("GET", "/refuse"): refuse,
    ("GET", "/fail"): fail,
    ("GET", "/later"): later,
}


def served(directory: Path, talk: Callable[[], Any]) -> Any:
    """Run a blocking `talk` beside the endpoint."""
    world = World(SystemClock(), SocketNetwork(), MemoryStorage(), SystemRandom())

    async def main() -> Any:
        server = AdminServer(world, str(directory), ROUTES)
        await server.start()
        try:
            return await asyncio.to_thread(talk)
        finally:
            await server.close()

    return asyncio.run(main())


@pytest.fixture
def short() -> Iterator[Path]:
    """A path that a unix socket can have, wherever the tests' own folder is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as found:
        yield Path(found)


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A path too long for that: the endpoint takes a port instead."""
    found = tmp_path / ("d" * 120)
    found.mkdir()
    return found


@pytest.fixture(params=["short", "long"])
def directory(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def test_requests_and_answers(directory: Path) -> None:
    client = AdminClient(str(directory))

    def talk() -> None:
        assert client.post("/echo?a=1&b=x%20y", {"c": [1]}) == {
            "query": {"a": "1", "b": "x y"},
            "body": {"c": [1]},
        }
        assert client.post("/echo")["body"] == {}
        assert client.get("/later") == "done"
        with pytest.raises(UserError, match="Not today: it rains"):
            client.get("/refuse")
        with pytest.raises(UserError, match="KeyError"):
            client.get("/fail")
        with pytest.raises(UserError, match="No GET /nowhere"):
            client.get("/nowhere")
        with pytest.raises(UserError, match="No GET /echo"):
            client.get("/echo")

    served(directory, talk)
    assert list(directory.iterdir()) == []
    with pytest.raises(NotRunning):
        client.get("/later")


def signpost(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "admin.json").read_text())
    return found


def test_a_port_wants_the_token_and_a_loopback_host(long: Path) -> None:
    def status(headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", signpost(long)["port"], timeout=20)
        connection.putrequest("GET", "/later", skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        code = connection.getresponse().status
        connection.close()
        return code

    def talk() -> None:
        port, token = signpost(long)["port"], f"Bearer {signpost(long)['token']}"
        assert status({"Host": f"127.0.0.1:{port}", "Authorization": token}) == 200
        assert status({"Host": f"localhost:{port}", "Authorization": token}) == 200
        assert status({"Host": f"127.0.0.1:{port}"}) == 401
        assert status({"Host": f"127.0.0.1:{port}", "Authorization": "Bearer x"}) == 401
        assert status({"Host": f"evil.example:{port}", "Authorization": token}) == 403
        assert status({"Authorization": token}) == 403

    served(long, talk)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x00\x00\x00\x10garbage\r\n\r\n", 400),
        (b"GET /later\r\n\r\n", 400),
        (b"GET /later HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"POST /echo HTTP/1.1\r\nContent-Length: nine\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), 413),
        (b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\n{bad}", 400),
        (b"GET //[ HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_is_no_request(short: Path, sent: bytes, status: int) -> None:
    def talk() -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(20)
            sock.connect(str(short / "admin.sock"))
            try:
                sock.sendall(sent)
            except BrokenPipeError:
                pass  # it has answered and hung up before it had all
            answer = sock.recv(65536)
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer
        assert AdminClient(str(short)).get("/later") == "done"  # the others notice nothing

    served(short, talk)


def test_signposts_of_a_process_that_was_killed(short: Path) -> None:
    """They lead nowhere, and the next process puts up its own."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(short / "admin.sock"))
    (short / "admin.json").write_text('{"socket": "admin.sock", "pid": 1}')
    with pytest.raises(NotRunning):
        AdminClient(str(short)).get("/later")
    assert served(short, lambda: AdminClient(str(short)).get("/later")) == "done"
    for nonsense in ("{", "[]", '"x"'):
        (short / "admin.json").write_text(nonsense)
        with pytest.raises(NotRunning):
            AdminClient(str(short)).get("/later")
