"""The AWS command line, unmodified."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.control.service import Serve, wait_for

AWS = Path(sys.executable).with_name("aws")


def _aws(service: Serve, *words: str, ok: bool = True) -> Any:
    done = subprocess.run(
        [AWS, "kafka", *words, "--output", "json"],
        env=service.env(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) is ok, done.stderr
    return json.loads(done.stdout or "{}") if ok else done.stderr


def test_the_aws_command_line(shared: Serve, tmp_path: Path) -> None:
    text = tmp_path / "server.properties"
    text.write_text("log.retention.hours=1\n")
    conf = _aws(
        shared, "create-configuration", "--name", "by-cli", "--server-properties",
        f"fileb://{text}",
    )  # fmt: skip
    group = tmp_path / "group.json"
    group.write_text(
        json.dumps({"InstanceType": "kafka.t3.small", "ClientSubnets": ["s-1", "s-2"]})
    )
    made = _aws(
        shared, "create-cluster", "--cluster-name", "by-cli", "--kafka-version", "4.2.0",
        "--number-of-broker-nodes", "2", "--broker-node-group-info", f"file://{group}",
        "--encryption-info", "EncryptionInTransit={ClientBroker=PLAINTEXT}",
        "--configuration-info", f"Arn={conf['Arn']},Revision=1",
    )  # fmt: skip
    arn = made["ClusterArn"]

    def active() -> bool:
        found = _aws(shared, "describe-cluster", "--cluster-arn", arn)["ClusterInfo"]
        return bool(found["State"] == "ACTIVE")

    wait_for("ACTIVE", active)
    assert _aws(shared, "get-bootstrap-brokers", "--cluster-arn", arn)["BootstrapBrokerString"]
    _aws(shared, "tag-resource", "--resource-arn", arn, "--tags", "k=v")
    tags = _aws(shared, "list-tags-for-resource", "--resource-arn", arn)["Tags"]
    assert tags == {"k": "v"}
    _aws(shared, "untag-resource", "--resource-arn", arn, "--tag-keys", "k")
    listed = _aws(shared, "list-clusters-v2", "--cluster-name-filter", "by-cli")
    assert [c["ClusterArn"] for c in listed["ClusterInfoList"]] == [arn]
    told = _aws(shared, "list-replicators", ok=False)
    assert "BadRequestException" in told and "not served" in told
    _aws(shared, "delete-cluster", "--cluster-arn", arn)
    wait_for("the end", lambda: not _aws(shared, "list-clusters", "--cluster-name-filter",
                                         "by-cli")["ClusterInfoList"])  # fmt: skip
    _aws(shared, "delete-configuration", "--arn", conf["Arn"])
