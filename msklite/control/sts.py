"""GetCallerIdentity of STS: Terraform asks who it is before it speaks to MSK."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.responses import Response

from msklite.control import arns
from msklite.control.errors import bad_request

_REPLY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    "<GetCallerIdentityResult><Arn>arn:aws:iam::{0}:user/local</Arn><UserId>AIDALOCAL</UserId>"
    "<Account>{0}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>local</RequestId>"
    "</ResponseMetadata></GetCallerIdentityResponse>"
)


def answer(body: bytes) -> Response:
    """The caller's identity: anybody is the one local user."""
    action = parse_qs(body.decode("latin-1")).get("Action", [""])[0]
    if action != "GetCallerIdentity":
        raise bad_request("Of STS only GetCallerIdentity is served.")
    return Response(_REPLY.format(arns.ACCOUNT), media_type="text/xml")
