"""Server properties: a configuration's text, and the broker settings that it makes.

The text is Java's properties format as people write it for MSK: `name=value` lines, `#` and `!` for
comments, a backslash to go on in the next line. Bad ones are refused in MSK's form, a JSON list of
name, value and messages.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from msklite.control.errors import bad_request
from msklite.errors import UserError
from msklite.zone.plan import check_settings

if TYPE_CHECKING:
    from msklite.control.service import Service

_LINE = re.compile(r"\s*([^\s=:]+)\s*[=:\s]\s*(.*?)\s*")


def decode(text: str) -> bytes:
    """The blob that the caller sent, from its base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise bad_request("serverProperties must be base64.", "serverProperties") from None


def parse(data: bytes) -> dict[str, str]:
    """The settings; BadRequest for lines that aren't any, or settings that can't be had."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise bad_request("serverProperties isn't UTF-8 text.", "serverProperties") from None
    found: dict[str, str] = {}
    for line in re.sub(r"\\\r?\n\s*", "", text).splitlines():
        if not line.strip() or line.lstrip()[0] in "#!":
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise _bad([(line.strip(), "", "This is no name=value line.")])
        found[match.group(1)] = match.group(2)
    check(found)
    return found


def check(settings: dict[str, str]) -> None:
    """BadRequest that names every setting which can't be had."""
    wrong = []
    for name, value in settings.items():
        try:
            check_settings({name: value})
        except UserError as error:
            wrong.append((name, value, str(error)))
    if wrong:
        raise _bad(wrong)


def _bad(wrong: list[tuple[str, str, str]]) -> Exception:
    rows = [{"name": n, "value": v, "errorMessages": [text]} for n, v, text in wrong]
    return bad_request(json.dumps(rows), "serverProperties")


def of_revision(service: Service, info: dict[str, Any] | None) -> dict[str, str]:
    """The settings of the revision that a cluster is to have."""
    if info is None:
        return {}
    doc = service.store.get("configuration", info["arn"])
    if doc is None or doc["state"] != "ACTIVE":
        raise bad_request("The specified configuration ARN does not exist.", "configurationInfo")
    for revision in doc["revisions"]:
        if revision["revision"] == info["revision"]:
            return parse(base64.b64decode(revision["serverProperties"]))
    raise bad_request("The specified configuration revision does not exist.", "configurationInfo")
