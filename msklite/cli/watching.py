"""What `msklite cluster watch` and `msklite cluster logs` do.

`watch` asks the service again and again, and says what is other than it was: the cluster, in the
few words that people follow, and each operation on it that was under way or has begun since.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from msklite.cli import logs, places
from msklite.errors import UserError
from msklite.zone import spec as specs

if TYPE_CHECKING:
    from msklite.control.client import Client

POLL_S = 0.2


def show_logs(name: str, options: dict[str, Any]) -> None:
    """The logs of a cluster of this home, or of that of the service of `MSKLITE_ENDPOINT`."""
    home, wish = places.home(), os.environ.get("MSKLITE_ENDPOINT")
    if wish:
        from msklite.control.client import Client

        home = Path(Client(wish).facts()["home"])
    place = places.Place(specs.check_name(name), home / "clusters" / name)
    if wish and not place.known:
        raise UserError(
            f"There is no cluster {name} in {home}, where the service at {wish} keeps its own:"
            " on another machine, ask there."
        )
    logs.show(place, **options)


def watch(client: Client, name: str, output: str) -> None:
    """Until the cluster is gone."""
    arn = client.cluster(name)["clusterArn"]
    seen = _Seen()
    seen.operations = {o["operationArn"]: o for o in client.operations(arn) if "endTime" in o}
    while (now := _look(client, name, arn)) is not None:
        for row in seen.news(*now):
            _say(row, output)
        time.sleep(POLL_S)
    _say({"cluster": name, "state": "GONE"}, output)


def _look(
    client: Client, name: str, arn: str
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """The cluster and its operations; None: it is gone."""
    info = client.find(name)
    if info is None or info["clusterArn"] != arn:
        return None
    try:
        return info, client.operations(arn)
    except UserError:
        if client.find(name) is None:  # it has gone this moment
            return None
        raise


class _Seen:
    """What was said last."""

    def __init__(self) -> None:
        self.cluster: dict[str, Any] = {}
        self.operations: dict[str, dict[str, Any]] = {}

    def news(self, info: dict[str, Any], operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A row for each thing that has changed, operations in the order in which they began."""
        rows = []
        now = _facts(info)
        if now != self.cluster:
            rows.append(now)
            self.cluster = now
        for operation in sorted(operations, key=lambda o: str(o["creationTime"])):
            arn = operation["operationArn"]
            if self.operations.get(arn) != operation:
                rows.append(_progress(operation))
                self.operations[arn] = operation
        return rows


def _facts(info: dict[str, Any]) -> dict[str, Any]:
    group = info["brokerNodeGroupInfo"]
    facts = {
        "cluster": info["clusterName"],
        "state": info["state"],
        "brokers": info["numberOfBrokerNodes"],
        "kafkaVersion": info["currentBrokerSoftwareInfo"]["kafkaVersion"],
        "instanceType": group["instanceType"],
        "volumeGb": group.get("storageInfo", {}).get("ebsStorageInfo", {}).get("volumeSize"),
        "currentVersion": info["currentVersion"],
        "why": info.get("stateInfo", {}).get("message"),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _progress(operation: dict[str, Any]) -> dict[str, Any]:
    steps = operation.get("operationSteps", [])
    row = {
        "operation": operation["operationType"],
        "state": operation["operationState"],
        "stepsDone": sum(s["stepInfo"]["stepStatus"] == "COMPLETED" for s in steps),
        "steps": len(steps),
    }
    if "errorInfo" in operation:
        row["why"] = operation["errorInfo"].get("errorString")
    return row


def _say(row: dict[str, Any], output: str) -> None:
    now = datetime.now(UTC).astimezone()
    if output == "json":
        click.echo(json.dumps({"time": now.isoformat(timespec="milliseconds"), **row}))
        return
    click.echo(f"{now:%H:%M:%S}  {_words(row)}")


def _words(row: dict[str, Any]) -> str:
    """A row for people."""
    why = f": {row['why']}" if "why" in row else ""
    if "operation" in row:
        return f"{row['operation']} {row['state']}, {row['stepsDone']}/{row['steps']}{why}"
    if "brokers" not in row:
        return f"{row['cluster']} is gone"
    volume = f", {row['volumeGb']} GiB each" if "volumeGb" in row else ""
    return (
        f"{row['cluster']} is {row['state']}{why}  ({row['brokers']} brokers{volume},"
        f" {row['instanceType']}, Kafka {row['kafkaVersion']}, version {row['currentVersion']})"
    )
