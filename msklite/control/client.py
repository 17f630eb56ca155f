"""How the command line speaks to the control API: MSK's own requests, over plain HTTP.

A refusal becomes a `UserError` with the service's sentence. Nothing here needs a library for AWS.
"""

from __future__ import annotations

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from msklite.errors import UserError

TIMEOUT_S = 120.0
POLL_S = 0.1
OWN_HEADER = "X-Msklite"
MOVING = ("CREATING", "UPDATING", "REBOOTING_BROKER", "DELETING", "HEALING")


class Client:
    """See the module's text."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # No proxy of the environment: the service is on this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(
        self, method: str, *path: str, body: dict[str, Any] | None = None, **query: str
    ) -> dict[str, Any]:
        """One request; its answer."""
        url = f"{self.url}/{'/'.join(quote(part, safe='') for part in path)}"
        if query:
            url += f"?{urlencode(query)}"
        try:
            request = urllib.request.Request(
                url, None if body is None else json.dumps(body).encode(), method=method,
                headers={"Content-Type": "application/json", OWN_HEADER: "1"},
            )  # fmt: skip
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise UserError(_sentence(error)) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise UserError(
                f"No control API answers at {self.url or 'an empty address'} ({reason}):"
                " `msklite serve` starts one."
            ) from None
        return dict(json.loads(text)) if text else {}

    def facts(self) -> dict[str, Any]:
        """What the service says of itself."""
        return self.call("GET")

    # -- clusters -----------------------------------------------------------------------------

    def clusters(self) -> list[dict[str, Any]]:
        """All of them, as DescribeCluster shows one."""
        return list(self._pages("clusterInfoList", "v1", "clusters"))

    def find(self, name: str) -> dict[str, Any] | None:
        """The cluster of that name."""
        found = self._pages("clusterInfoList", "v1", "clusters", clusterNameFilter=name)
        return next((c for c in found if c["clusterName"] == name), None)

    def cluster(self, name: str) -> dict[str, Any]:
        """The cluster of that name, or a sentence."""
        found = self.find(name)
        if found is None:
            raise UserError(
                f"There is no cluster {name}: `msklite cluster create {name}` makes one."
            )
        return found

    def update(self, name: str, method: str, path: tuple[str, ...], body: dict[str, Any]) -> str:
        """An update of the cluster as it is now; the operation's ARN."""
        now = self.cluster(name)
        wish = {"currentVersion": now["currentVersion"], **body}
        told = self.call(method, "v1", "clusters", now["clusterArn"], *path, body=wish)
        return str(told["clusterOperationArn"])

    def operations(self, arn: str) -> list[dict[str, Any]]:
        """All operations on a cluster, also those that have ended."""
        return list(self._pages("clusterOperationInfoList", "v1", "clusters", arn, "operations"))

    def topics(self, arn: str) -> set[str]:
        """The names of a cluster's topics."""
        return {t["topicName"] for t in self._pages("topics", "v1", "clusters", arn, "topics")}

    def _pages(self, member: str, *path: str, **query: str) -> Iterator[dict[str, Any]]:
        more = query
        while True:
            told = self.call("GET", *path, body=None, **more)
            yield from told[member]
            if "nextToken" not in told:
                return
            more = {**query, "nextToken": told["nextToken"]}

    # -- configurations -----------------------------------------------------------------------

    def configuration(self, name: str) -> dict[str, Any] | None:
        """The configuration of that name."""
        found = self._pages("configurations", "v1", "configurations")
        return next((c for c in found if c["name"] == name and c["state"] == "ACTIVE"), None)

    def properties(self, arn: str, revision: int) -> str:
        """The text of one revision."""
        told = self.call("GET", "v1", "configurations", arn, "revisions", str(revision))
        return base64.b64decode(told["serverProperties"]).decode()

    def revision(self, name: str, text: str) -> dict[str, Any]:
        """The arn and revision of a configuration with this text, which is made where needed."""
        blob = base64.b64encode(text.encode()).decode()
        found = self.configuration(name)
        if found is None:
            body = {"name": name, "serverProperties": blob}
            found = self.call("POST", "v1", "configurations", body=body)
        else:
            latest = int(found["latestRevision"]["revision"])
            if self.properties(found["arn"], latest) != text:
                body = {"serverProperties": blob}
                found = self.call("PUT", "v1", "configurations", found["arn"], body=body)
        return {"arn": found["arn"], "revision": found["latestRevision"]["revision"]}

    # -- waiting ------------------------------------------------------------------------------

    def wait_cluster(self, name: str, tell: Callable[[str], None]) -> dict[str, Any]:
        """Until nothing moves any more; UserError for one that failed."""
        while True:
            now = self.cluster(name)
            if now["state"] == "FAILED":
                why = now.get("stateInfo", {}).get("message", "its log tells why")
                raise UserError(f"Cluster {name} is FAILED: {why}")
            if now["state"] not in MOVING:
                return now
            tell(f"{name} is {now['state']}")
            time.sleep(POLL_S)

    def wait_operation(self, name: str, arn: str, tell: Callable[[str], None]) -> None:
        """Until the operation has ended; UserError with its reason where it failed."""
        while True:
            told = self.call("GET", "v1", "operations", arn)["clusterOperationInfo"]
            if "endTime" in told:
                break
            steps = told.get("operationSteps", [])
            done = sum(s["stepInfo"]["stepStatus"] == "COMPLETED" for s in steps)
            tell(f"{name}: {told['operationType']} {told['operationState']}, {done}/{len(steps)}")
            time.sleep(POLL_S)
        if "errorInfo" in told:
            why = told["errorInfo"].get("errorString")
            raise UserError(f"{told['operationType']} of cluster {name} failed: {why}")

    def wait_deleted(self, name: str, arn: str, tell: Callable[[str], None]) -> None:
        """Until it is gone."""
        while True:
            found = self.find(name)
            if found is None or found["clusterArn"] != arn:
                return
            tell(f"{name} is {found['state']}")
            time.sleep(POLL_S)


def _sentence(error: urllib.error.HTTPError) -> str:
    """What the service said, for a person."""
    try:
        said = json.loads(error.read())["message"]
    except (ValueError, KeyError, OSError, TypeError):
        return f"The control API answered {error.code} {error.reason}."
    return str(said)
