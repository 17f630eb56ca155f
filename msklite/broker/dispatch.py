"""From a frame to its handler and back: header, version check, decode, handle, reply, errors.

Rules:
- An unknown API, a version outside the row in `wire/apis`, or a body that doesn't decode closes the
  connection, as in Kafka; only ApiVersions answers an unknown version, in version 0 (KIP-511).
- A handler that returns a value is answered in the same call; one that returns an awaitable gets a
  task, and its connection waits.
- A handler that returns `Committed` is answered when that is there. The connection keeps the
  answer's place, and may go on with more of the kind.
- `KafkaError` and unexpected exceptions become an error reply here and nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from msklite.broker.channel import CLIENT
from msklite.broker.commit_wait import Committed
from msklite.broker.connections import Connections
from msklite.broker.context import Context
from msklite.broker.meters import Waits
from msklite.errors import Code, KafkaError
from msklite.metadata.configs import BrokerConfig
from msklite.wire.apis import API_VERSIONS, APIS, Api
from msklite.wire.frames import HEADER, Frame, encode_reply, read_client_id
from msklite.wire.primitives import MALFORMED, Buffer, Message
from msklite.world import World

if TYPE_CHECKING:
    from msklite.broker.connection import Connection

Handler = Callable[[Any, Context, Any], "Message | Committed | Awaitable[Message | None] | None"]

Failed = Callable[[Any, Code, "str | None"], Message]
Reader = Callable[[Buffer, int, int], tuple[Any, int]]
Writer = Callable[[Any, bytearray, int], None]
Quick = Callable[[Any, memoryview, int, int, int, int], Frame | None]


class Route:
    """A row of the table with its request class and handler, loaded on first use."""

    __slots__ = ("api", "count", "failed", "handle", "quick", "read", "response", "waits", "write")

    def __init__(self, api: Api, handlers: str) -> None:
        module = import_module(handlers)
        self.api = api
        self.count = 0
        self.waits = Waits()
        self.response: Any = api.response_class()
        # A module with a hand-written codec names it `read` and `write`.
        request: Any = api.request_class()
        self.read: Reader = getattr(module, "read", request.read)
        self.write: Writer = getattr(module, "write", None) or self.response.write
        self.handle: Handler = module.handle
        # One with a short way for the usual case names it `quick`; None from it: go the long way.
        self.quick: Quick | None = getattr(module, "quick", None)
        self.failed: Failed | None = getattr(module, "failed", None)


class NoReply(Exception):
    """Raised by a handler whose client waits for no answer (acks=0); `close` hangs up."""

    def __init__(self, close: bool = False) -> None:
        super().__init__()
        self.close = close


class Node(Protocol):
    """What dispatch needs of the broker or controller that it works for."""

    world: World
    config: BrokerConfig
    log: logging.Logger


class Receiver(Protocol):
    """What a connection needs of the dispatcher, or of whoever stands before it."""

    def connected(self, conn: Connection) -> None: ...

    def disconnected(self, conn: Connection) -> None: ...

    def bad_frame(self, conn: Connection, length: int) -> None: ...

    def request(self, conn: Connection, view: memoryview) -> None: ...


class Client(Protocol):
    """What dispatch needs of a connection, whether there is a socket behind it or not."""

    listener: str
    peer: str
    last_mono_ms: int
    task: asyncio.Task[None] | None

    def wait(self) -> None:
        """The current request goes on asynchronously."""
        ...

    def resume(self) -> None: ...

    def send(self, frame: Frame) -> bool:
        """False: it is still going out, and `resume` comes by itself."""
        ...

    def keep_place(self, promised: Committed) -> object:
        """A reply comes later: keep its place among the others."""
        ...

    def redeem(self, place: object, frame: Frame | None) -> None:
        """Here it is; None: there is none."""
        ...

    def close(self) -> None: ...


class Dispatcher:
    """Answers the requests of all of a broker's connections."""

    def __init__(
        self,
        broker: Node,
        apis: Mapping[int, Api] = APIS,
        module_of: Callable[[Api], str] = lambda api: f"msklite.broker.api.{api.module}",
        tags: Callable[[], bytes] | None = None,
    ) -> None:
        """`tags` gives the tagged fields of reply headers, where a node has any."""
        self._broker = broker
        self.apis = apis
        self._module_of = module_of
        self._tags = tags
        self._routes: dict[int, Route] = {}
        self.connections = Connections(broker)
        self._clock = broker.world.clock
        self._lookout = broker.world.lookout
        self._links = broker.world.links
        self._muted: dict[Client, None] = {}
        self.stopped = False
        self.on_disconnect: Callable[[], object] | None = None

    def connected(self, conn: Connection) -> None:
        conn.last_mono_ms = self._clock.mono_ms()
        self.connections.add(conn, conn.descriptor)

    def disconnected(self, conn: Connection) -> None:
        self.connections.remove(conn)
        if self.on_disconnect is not None:
            self.on_disconnect()

    def bad_frame(self, conn: Connection, length: int) -> None:
        """A frame length that can't be: most often another protocol on this port."""
        self._broker.log.warning(
            "closing the connection from %s: it announced a request of %d bytes; "
            "the limit is socket.request.max.bytes=%d (is this client speaking Kafka?)",
            conn.peer,
            length,
            conn._max_frame,
        )

    def route(self, key: int) -> Route | None:
        """The route for an API key, loading its modules the first time."""
        route = self._routes.get(key)
        if route is None and key in self.apis:
            api = self.apis[key]
            route = self._routes[key] = Route(api, self._module_of(api))
        return route

    @property
    def routes(self) -> list[Route]:
        """Those that were asked for so far."""
        return list(self._routes.values())

    def request(self, conn: Client, view: memoryview) -> None:
        """Work on one frame; replies now, or makes the connection wait."""
        key, version, correlation_id = HEADER.unpack_from(view, 0)
        route = self._routes.get(key) or self.route(key)
        if route is None:
            self._refuse(conn, f"API key {key} is not served")
            return
        api = route.api
        if not api.lowest <= version <= api.highest:
            if key == API_VERSIONS:
                self._old_api_versions(conn, route, correlation_id)
                return
            if not self._between_nodes(api, version, view):
                self._refuse(conn, f"{api.name} version {version} is not served")
                return
        route.count += 1
        clock = self._clock
        now = clock.mono_ms()
        now_ms = clock.now_ms()
        conn.last_mono_ms = now
        if route.quick is not None:
            frame = route.quick(self._broker, view, version, correlation_id, now, now_ms)
            if frame is not None:
                conn.send(frame)
                if self._lookout is not None:
                    self._lookout.served()
                return
        try:
            client_id, pos = read_client_id(view, version >= api.flexible)
            request, _ = route.read(view, pos, version)
        except MALFORMED as e:
            self._refuse(conn, f"a {api.name} request of version {version} is malformed: {e}")
            return
        links = self._links
        if (links.into or links.out) and self._cut(conn, client_id):
            return
        ctx = Context(version, client_id, conn.peer, conn.listener, "User:ANONYMOUS", now, now_ms)
        try:
            reply = route.handle(self._broker, ctx, request)
        except NoReply as e:
            if e.close:
                conn.close()
            return
        except Exception as e:
            reply = self._failure(conn, route, request, e)
        if isinstance(reply, Message):
            self._reply(conn, route, version, correlation_id, reply)
        elif isinstance(reply, Committed):
            place = conn.keep_place(reply)
            reply.then(partial(self._redeem, conn, place, route, ctx, correlation_id))
        elif reply is not None:
            conn.wait()
            conn.task = asyncio.ensure_future(
                self._finish(conn, route, ctx, correlation_id, request, reply)
            )

    def _between_nodes(self, api: Api, version: int, view: memoryview) -> bool:
        """Whether another node asks: they speak the newest versions, whatever clients are told."""
        newest = APIS.get(api.key)
        if newest is None or not newest.lowest <= version <= newest.highest:
            return False
        try:
            client_id, _ = read_client_id(view, False)
        except MALFORMED:
            return False
        return client_id is not None and client_id.startswith(CLIENT)

    def _cut(self, conn: Client, client_id: str | None) -> bool:
        """Whether a request of another zone's node gets lost; see `world.Links`."""
        if client_id is None or not client_id.startswith(CLIENT):
            return False
        zone = client_id.removeprefix(CLIENT)
        if zone in self._links.out:
            self._muted[conn] = None
        if zone not in self._links.into:
            return False
        self._muted[conn] = None
        conn.wait()
        return True

    def heal(self) -> None:
        """No zone is cut off any more: connections on which something got lost begin anew."""
        muted, self._muted = self._muted, {}
        for conn in muted:
            conn.close()

    async def _finish(
        self,
        conn: Client,
        route: Route,
        ctx: Context,
        correlation_id: int,
        request: Message,
        reply: Awaitable[Message | None],
    ) -> None:
        try:
            body = await reply
        except NoReply as e:
            body = None
            if e.close:
                conn.close()
        except Exception as e:
            body = self._failure(conn, route, request, e)
        conn.task = None
        route.waits.add(self._clock.mono_ms() - ctx.mono_ms)
        if body is None or self._reply(conn, route, ctx.api_version, correlation_id, body):
            conn.resume()

    def _reply(
        self, conn: Client, route: Route, version: int, correlation_id: int, body: Message
    ) -> bool:
        """Send a reply; what can't be written (a name that no int16 counts) ends the connection."""
        frame = self._encode(conn, route, version, correlation_id, body)
        return True if frame is None else conn.send(frame)

    def _redeem(
        self,
        conn: Client,
        place: object,
        route: Route,
        ctx: Context,
        correlation_id: int,
        body: Message,
    ) -> None:
        route.waits.add(self._clock.mono_ms() - ctx.mono_ms)
        conn.redeem(place, self._encode(conn, route, ctx.api_version, correlation_id, body))

    def _encode(
        self, conn: Client, route: Route, version: int, correlation_id: int, body: Message
    ) -> Frame | None:
        if self._muted and conn in self._muted:
            return None  # cut on purpose: the reply gets lost
        try:
            tags = None if self._tags is None else self._tags()
            return encode_reply(route.api, version, correlation_id, body, route.write, tags)
        except Exception as e:
            self._broker.log.error(
                "closing the connection from %s: the reply to its %s can't be sent",
                conn.peer, route.api.name, exc_info=e,
            )  # fmt: skip
            conn.close()
            return None

    def _failure(
        self, conn: Client, route: Route, request: Message, error: Exception
    ) -> Message | None:
        """The error reply for a request that failed as a whole; None closes the connection."""
        if isinstance(error, KafkaError):
            code, text = error.code, error.message
        else:
            self._broker.log.error(
                "%s from %s failed unexpectedly", route.api.name, conn.peer, exc_info=error
            )
            code, text = Code.UNKNOWN_SERVER_ERROR, None
        if route.failed is not None:
            return self._failed(conn, route.failed, request, code, text)
        body = route.response()
        if hasattr(body, "error_code"):
            body.error_code = code
            if hasattr(body, "error_message"):
                body.error_message = text
            return cast("Message", body)
        conn.close()
        return None

    def _failed(
        self, conn: Client, failed: Failed, request: Message, code: Code, text: str | None
    ) -> Message | None:
        try:
            return failed(request, code, text)
        except Exception as e:
            self._broker.log.error("no error reply for %s", type(request).__name__, exc_info=e)
            conn.close()
            return None

    def _refuse(self, conn: Client, why: str) -> None:
        self._broker.log.warning("closing the connection from %s: %s", conn.peer, why)
        conn.close()

    def _old_api_versions(self, conn: Client, route: Route, correlation_id: int) -> None:
        """A client newer than we are: tell it what we serve of ApiVersions, in version 0."""
        body = route.response(error_code=Code.UNSUPPORTED_VERSION)
        entry = import_module("msklite.wire.messages.api_versions_response").ApiVersion
        api = route.api
        body.api_keys = [entry(api_key=api.key, min_version=api.lowest, max_version=api.highest)]
        conn.send(encode_reply(api, 0, correlation_id, body))
