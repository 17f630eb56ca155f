"""Configurations and their revisions."""

from __future__ import annotations

import json
from typing import Any

from tests.control.service import (
    broker_settings,
    refusal,
    wait_active,
    wait_deleted,
    wish,
)

TEXT = b"# mine\nauto.create.topics.enable = true\nnum.partitions=4\n"


def test_the_life_of_a_configuration(kafka: Any) -> None:
    made = kafka.create_configuration(
        Name="conf", ServerProperties=TEXT, Description="first", KafkaVersions=["4.2.0"]
    )
    arn = made["Arn"]
    assert made["State"] == "ACTIVE" and made["LatestRevision"]["Revision"] == 1
    found = kafka.describe_configuration(Arn=arn)
    assert (found["Name"], found["KafkaVersions"]) == ("conf", ["4.2.0"])
    second = kafka.update_configuration(Arn=arn, ServerProperties=b"num.partitions=5")
    assert second["LatestRevision"]["Revision"] == 2
    first = kafka.describe_configuration_revision(Arn=arn, Revision=1)
    assert first["ServerProperties"] == TEXT and first["Description"] == "first"
    revisions = kafka.list_configuration_revisions(Arn=arn)["Revisions"]
    assert [r["Revision"] for r in revisions] == [1, 2]
    assert refusal(kafka.describe_configuration_revision, Arn=arn, Revision=3)[1] == 404
    assert refusal(kafka.create_configuration, Name="conf", ServerProperties=b"")[:2] == (
        "ConflictException",
        409,
    )
    assert "conf" in [c["Name"] for c in kafka.list_configurations()["Configurations"]]
    assert kafka.delete_configuration(Arn=arn)["State"] == "DELETING"
    code, status, message = refusal(kafka.describe_configuration, Arn=arn)
    assert (code, status) == ("BadRequestException", 400)
    assert "Configuration ARN does not exist" in message  # Terraform waits for these words


def test_bad_properties_are_named(kafka: Any) -> None:
    for text, name in (
        (b"num.partitions=many", "num.partitions"),
        (b"no.such.setting=1", "no.such.setting"),
        (b"listeners=PLAINTEXT://:9092", "listeners"),
    ):
        code, status, message = refusal(
            kafka.create_configuration, Name="bad", ServerProperties=text
        )
        assert (code, status) == ("BadRequestException", 400)
        (row,) = json.loads(message)
        assert row["name"] == name and row["errorMessages"]
    assert refusal(kafka.create_configuration, Name="bad", ServerProperties=b"\xff")[1] == 400


def test_a_cluster_gets_its_configuration_and_holds_it(kafka: Any) -> None:
    conf = kafka.create_configuration(Name="held", ServerProperties=TEXT)
    made = kafka.create_cluster(
        **wish("holder", azs=2, ConfigurationInfo={"Arn": conf["Arn"], "Revision": 1})
    )
    found = wait_active(kafka, made["ClusterArn"])
    assert found["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 1
    code, status, message = refusal(kafka.delete_configuration, Arn=conf["Arn"])
    assert (code, status) == ("BadRequestException", 400) and "in use" in message
    address = kafka.get_bootstrap_brokers(ClusterArn=made["ClusterArn"])["BootstrapBrokerString"]
    told = broker_settings(address, 1)
    assert told["num.partitions"]["value"] == "4"
    assert told["num.partitions"]["config_source"] == "STATIC_BROKER_CONFIG"
    assert told["default.replication.factor"]["value"] == "2"  # MSK's, for two zones
    kafka.delete_cluster(ClusterArn=made["ClusterArn"])
    wait_deleted(kafka, made["ClusterArn"])
    kafka.delete_configuration(Arn=conf["Arn"])
