"""MSK's wire rules: raw paths, bounded JSON, time stamps, pages.

Rules kept here: a path is split on `/` before anything is decoded, as an ARN in it carries encoded
slashes; a body is bounded in bytes and in depth before it is parsed; times are ISO-8601 text that
ends in Z; `nextToken` is opaque and names the last item shown, so that items that come or go
between two pages neither hide nor double others.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from msklite.control.errors import bad_request

MAX_BODY = 1024 * 1024
MAX_DEPTH = 32
MAX_PAGE = 100
T = TypeVar("T")


def segments(raw_path: bytes) -> list[str]:
    """The path's segments, each decoded; BadRequest for bytes that aren't text."""
    try:
        return [unquote_to_bytes(part).decode() for part in raw_path.split(b"/")[1:]]
    except UnicodeDecodeError:
        raise bad_request("The path isn't UTF-8.") from None


def body(data: bytes) -> dict[str, Any]:
    """A JSON object, no deeper than MAX_DEPTH; an empty body is an empty object."""
    if not data.strip():
        return {}
    _check_depth(data)
    try:
        found = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The request body isn't valid JSON: {error}.") from None
    if not isinstance(found, dict):
        raise bad_request("The request body must be a JSON object.")
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _check_depth(data: bytes) -> None:
    """Brackets outside of strings, counted before a parser walks them."""
    depth, inside, escaped = 0, False, False
    for byte in data:
        if inside:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                inside = False
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise bad_request(f"The request body is nested deeper than {MAX_DEPTH} levels.")
        elif byte in b"]}":
            depth -= 1


def iso(ms: int) -> str:
    """Milliseconds since 1970 as MSK writes them."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def page(
    items: Sequence[T], key: Callable[[T], str], query: Mapping[str, str]
) -> tuple[list[T], str | None]:
    """The items that `maxResults` and `nextToken` ask for, in the order of their keys."""
    size = _size(query.get("maxResults"))
    rows = sorted(items, key=key)
    token = query.get("nextToken")
    if token:
        after = _last_shown(token)
        rows = [row for row in rows if key(row) > after]
    shown = rows[:size]
    more = len(rows) > size
    return shown, _token(key(shown[-1])) if more else None


def _size(text: str | None) -> int:
    if text is None:
        return MAX_PAGE
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= MAX_PAGE:
        raise bad_request(f"maxResults must be 1 to {MAX_PAGE}.", "maxResults")
    return int(text)


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(f"after:{last}".encode()).decode()


def _last_shown(token: str) -> str:
    try:
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("after:"):
        raise bad_request("The nextToken isn't one that this service gave.", "nextToken")
    return text.removeprefix("after:")
