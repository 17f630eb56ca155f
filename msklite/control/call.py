"""One request to the API, read and checked as far as that needs no cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from msklite.control.errors import bad_request


@dataclass(slots=True)
class Call:
    """What a handler gets."""

    path: Mapping[str, str]
    """The named segments of the path, decoded."""
    query: Mapping[str, str]
    lists: Mapping[str, list[str]]
    """Query parameters that may repeat."""
    body: Any = field(default_factory=BaseModel)
    """The request's model."""
    region: str = "us-east-1"
    host: str = "localhost"
    """The name by which the service was called."""
    own: bool = False
    """Whether it comes from msklite's own command line or fixtures."""

    @property
    def arn(self) -> str:
        """The cluster's ARN, or the configuration's; BadRequest for an empty one."""
        value = self.path.get("clusterArn") or self.path.get("arn") or ""
        if not value:
            raise bad_request("The ARN is empty.", "clusterArn")
        return value


Reply = dict[str, Any] | None
"""None: 204, no body."""
