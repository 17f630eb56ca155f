"""The AWS command line, unmodified."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.control.service import Serve, info, wait_for, wait_operation

AWS = Path(sys.executable).with_name("aws")


def _aws(service: Serve, *words: str, ok: bool = True) -> Any:
    done = subprocess.run(
        [AWS, "kafka", *words, "--output", "json"],
        env=service.env(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) is ok, done.stderr
    return json.loads(done.stdout or "{}") if ok else done.stderr


def _update_all(service: Serve, arn: str) -> None:
    """Every update by command, the wrong version and what can't be had, too."""
    kafka = service.client()
    conf = kafka.create_configuration(Name="all-by-cli", ServerProperties=b"num.io.threads=9")
    for command, *options in (
        ("update-broker-count", "--target-number-of-broker-nodes", "4"),
        ("update-broker-storage", "--target-broker-ebs-volume-info",
         "KafkaBrokerNodeId=All,VolumeSizeGB=2"),
        ("update-storage", "--volume-size-gb", "3"),
        ("update-broker-type", "--target-instance-type", "kafka.m5.large"),
        ("update-cluster-configuration", "--configuration-info", f"Arn={conf['Arn']},Revision=1"),
        ("update-cluster-kafka-version", "--target-kafka-version", "4.2.x.kraft"),
        ("update-monitoring", "--enhanced-monitoring", "PER_BROKER"),
        ("update-security", "--encryption-info",
         "EncryptionInTransit={ClientBroker=TLS_PLAINTEXT}"),
        ("update-connectivity", "--connectivity-info", "PublicAccess={Type=DISABLED}"),
    ):  # fmt: skip
        version = info(kafka, arn)["CurrentVersion"]
        told = _aws(service, command, "--cluster-arn", arn, "--current-version", version, *options)
        done = wait_operation(kafka, told["ClusterOperationArn"])
        assert done["OperationState"] == "UPDATE_COMPLETE", done
    told = _aws(service, "reboot-broker", "--cluster-arn", arn, "--broker-ids", "1")
    wait_operation(kafka, told["ClusterOperationArn"])
    said = _aws(
        service, "update-broker-type", "--cluster-arn", arn, "--current-version", version,
        "--target-instance-type", "kafka.m5.xlarge", ok=False,
    )  # fmt: skip
    assert "BadRequestException" in said and "isn't current" in said
    found = _aws(service, "describe-cluster-v2", "--cluster-arn", arn)["ClusterInfo"]["Provisioned"]
    group = found["BrokerNodeGroupInfo"]
    assert found["NumberOfBrokerNodes"] == 4 and found["EnhancedMonitoring"] == "PER_BROKER"
    assert group["InstanceType"] == "kafka.m5.large"
    assert group["StorageInfo"]["EbsStorageInfo"]["VolumeSize"] == 3
    assert found["CurrentBrokerSoftwareInfo"] == {
        "ConfigurationArn": conf["Arn"], "ConfigurationRevision": 1, "KafkaVersion": "4.2.x.kraft",
    }  # fmt: skip
    operations = _aws(service, "list-cluster-operations", "--cluster-arn", arn, "--page-size", "3")
    assert len(operations["ClusterOperationInfoList"]) == 10


def test_the_aws_command_line(shared: Serve, tmp_path: Path) -> None:
    kafka = shared.client()
    text = tmp_path / "server.properties"
    text.write_text("log.retention.hours=1\n")
    conf = _aws(
        shared, "create-configuration", "--name", "by-cli", "--server-properties",
        f"fileb://{text}",
    )  # fmt: skip
    group = tmp_path / "group.json"
    group.write_text(
        json.dumps(
            {
                "InstanceType": "kafka.t3.small",
                "ClientSubnets": ["s-1", "s-2"],
                "StorageInfo": {"EbsStorageInfo": {"VolumeSize": 1}},
            }
        )
    )
    made = _aws(
        shared, "create-cluster", "--cluster-name", "by-cli", "--kafka-version", "3.8.x",
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
    versions = _aws(shared, "list-kafka-versions", "--page-size", "2")["KafkaVersions"]
    known = kafka.list_kafka_versions()["KafkaVersions"]
    assert versions == known and len(known) > 4, "the command itself asks for page after page"
    _update_all(shared, arn)
    told = _aws(shared, "list-replicators", ok=False)
    assert "BadRequestException" in told and "not served" in told
    _aws(shared, "delete-cluster", "--cluster-arn", arn)
    wait_for("the end", lambda: not _aws(shared, "list-clusters", "--cluster-name-filter",
                                         "by-cli")["ClusterInfoList"])  # fmt: skip
    for found in kafka.list_configurations()["Configurations"]:
        if found["Name"] in ("by-cli", "all-by-cli"):
            _aws(shared, "delete-configuration", "--arn", found["Arn"])
