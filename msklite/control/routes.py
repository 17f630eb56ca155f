"""HTTP in front of the service: which operation a request is, and how its reply looks.

Rules kept here: only a loopback `Host` (or one that was allowed) is answered, and no request of a
page from elsewhere, which a browser marks with `Origin` or `Sec-Fetch-Site`; any credentials are
accepted, and tell the region; every refusal has MSK's shape; what goes wrong in here is a 500 and a
line in the log, and the service goes on.
"""

from __future__ import annotations

import inspect
import json
import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from msklite import __version__
from msklite.control import arns, scaling, sts, wire
from msklite.control.call import Call
from msklite.control.errors import ApiError, bad_request, not_served
from msklite.control.models import parse
from msklite.control.served import LOOPBACK
from msklite.control.service import Service
from msklite.control.table import OPERATIONS, Operation

log = logging.getLogger("msklite.control")

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
OWN_HEADER = "x-msklite"
"""Sent by msklite's own command line, which may ask for clusters of one zone."""
_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")


class Api:
    """The application's one endpoint."""

    def __init__(self, service: Service, hosts: tuple[str, ...]) -> None:
        self._service = service
        self._hosts = {*LOOPBACK, *hosts}

    async def __call__(self, request: Request) -> Response:
        request_id = secrets.token_hex(16)
        try:
            self._admit(request.headers)
            response = await self._answer(request)
        except ApiError as error:
            response = _refusal(error)
        except ClientDisconnect:
            response = Response(status_code=400)
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            response = _refusal(
                ApiError(500, "InternalServerErrorException", "The service failed; see its log.")
            )
        response.headers["x-amzn-RequestId"] = request_id
        return response

    def _admit(self, headers: Mapping[str, str]) -> None:
        host = _host(headers.get("host", ""))
        if host not in self._hosts:
            raise ApiError(
                403,
                "ForbiddenException",
                f"This service doesn't answer to the name {host!r}: `msklite serve --allow-host`"
                " adds one.",
            )
        origin = headers.get("origin")
        if origin is not None and _host(urlsplit(origin).netloc) not in self._hosts:
            raise ApiError(403, "ForbiddenException", "Pages from elsewhere aren't answered.")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise ApiError(403, "ForbiddenException", "Pages from elsewhere aren't answered.")

    async def _answer(self, request: Request) -> Response:
        raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
        segments = wire.segments(raw_path.split(b"?")[0])
        if segments == [""]:
            return await self._root(request)
        operation, path = _find(request.method, segments)
        if operation.refusal:
            raise not_served(operation.refusal)
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        lists: dict[str, list[str]] = {}
        for key, value in query:
            lists.setdefault(key, []).append(value)
        call = Call(
            path=path,
            query={k: v[-1] for k, v in lists.items()},
            lists=lists,
            body=parse(operation.model, wire.body(await _body(request))),
            region=_region(request.headers.get("authorization", "")),
            host=_host(request.headers.get("host", "")),
            own=OWN_HEADER in request.headers,
        )
        reply = operation.load()(self._service, call)
        if inspect.isawaitable(reply):
            reply = await reply
        if operation.status == 204:
            return Response(status_code=204)
        return _json(operation.status, reply)

    async def _root(self, request: Request) -> Response:
        """Not MSK's: what this is, STS's one call that Terraform makes, and storage that grows."""
        if request.method == "POST":
            action = request.headers.get("x-amz-target", "")
            if action.startswith(scaling.PREFIX):
                name = action.removeprefix(scaling.PREFIX)
                return scaling.answer(self._service, name, wire.body(await _body(request)))
            return sts.answer(await _body(request))
        if request.method != "GET":
            raise ApiError(404, "NotFoundException", "There is nothing here.")
        return _json(200, {"service": "msklite", "version": __version__, **self._service.facts()})


def _host(text: str) -> str:
    """A Host header's name without its port."""
    return re.sub(r":\d*$", "", text).lower().rstrip(".")


def _region(authorization: str) -> str:
    found = _SCOPE.search(authorization)
    return found.group(1) if found else arns.REGION


def _find(method: str, segments: list[str]) -> tuple[Operation, Mapping[str, str]]:
    known = False
    for operation in OPERATIONS:
        path = operation.match(segments)
        if path is None:
            continue
        if operation.method == method:
            if any(value == "" for value in path.values()):
                raise bad_request("A part of the path is empty.")
            return operation, path
        known = True
    if known:
        raise ApiError(405, "BadRequestException", f"{method} isn't a method of this path.")
    raise ApiError(404, "NotFoundException", "MSK has no such operation.")


async def _body(request: Request) -> bytes:
    """The body, as long as it isn't too long."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > wire.MAX_BODY:
            raise ApiError(
                413, "BadRequestException", f"The request body is over {wire.MAX_BODY} bytes."
            )
    return bytes(data)


def _json(status: int, value: Any) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, media_type="application/json")


def _refusal(error: ApiError) -> Response:
    found = {"message": error.message}
    if error.parameter is not None:
        found["invalidParameter"] = error.parameter
    response = _json(error.status, found)
    response.headers["x-amzn-ErrorType"] = error.code
    return response


def application(service: Service, hosts: tuple[str, ...] = ()) -> Starlette:
    """The service as an ASGI application."""
    api = Api(service, hosts)

    async def endpoint(request: Request) -> Response:
        return await api(request)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])
