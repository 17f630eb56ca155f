"""Clusters by unmodified boto3: made, described, used, deleted; what is refused and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer

from tests.control.service import (
    Serve,
    info,
    refusal,
    serving,
    wait_active,
    wait_deleted,
    wait_operation,
    wish,
)
from tests.support.ports import is_open


def test_a_cluster_is_made_used_and_deleted(kafka: Any, shared: Serve) -> None:
    made = kafka.create_cluster(**wish("life", Tags={"team": "a"}))
    arn = made["ClusterArn"]
    assert made["State"] == "CREATING" and made["ClusterName"] == "life"
    assert arn.startswith("arn:aws:kafka:eu-central-1:123456789012:cluster/life/")
    found = wait_active(kafka, arn)
    assert found["Tags"] == {"team": "a"}
    assert found["EnhancedMonitoring"] == "DEFAULT" and found["StorageMode"] == "LOCAL"
    assert found["EncryptionInfo"]["EncryptionInTransit"] == {
        "ClientBroker": "PLAINTEXT",
        "InCluster": True,
    }
    for unasked in ("OpenMonitoring", "LoggingInfo", "ClientAuthentication", "ActiveOperationArn"):
        assert unasked not in found
    answer = kafka.get_bootstrap_brokers(ClusterArn=arn)
    assert [k for k in answer if k.startswith("Bootstrap")] == ["BootstrapBrokerString"]
    address = answer["BootstrapBrokerString"]
    assert len(address.split(",")) == 3 and is_open(address)
    assert "auto.create.topics.enable" not in found  # MSK's default is false: a topic must be made
    shared.msklite.ok("topic", "create", "t", "--bootstrap", address)
    producer = KafkaProducer(bootstrap_servers=address)
    producer.send("t", b"one").get(timeout=30)
    producer.close()
    consumer = KafkaConsumer("t", bootstrap_servers=address, auto_offset_reset="earliest")
    assert next(iter(consumer)).value == b"one"
    consumer.close()

    kafka.delete_cluster(ClusterArn=arn, CurrentVersion=found["CurrentVersion"])
    wait_deleted(kafka, arn)
    assert not is_open(address)
    assert not (shared.home / "clusters" / "life").exists()
    again = kafka.create_cluster(**wish("life", azs=2))["ClusterArn"]
    assert again != arn
    wait_active(kafka, again)
    kafka.delete_cluster(ClusterArn=again)
    wait_deleted(kafka, again)


def test_both_versions_of_the_api_show_the_same_cluster(kafka: Any, quiet: str) -> None:
    flat = info(kafka, quiet)
    nested = kafka.describe_cluster_v2(ClusterArn=quiet)["ClusterInfo"]
    assert nested["ClusterType"] == "PROVISIONED"
    inner = nested.pop("Provisioned")
    both = {**nested, **inner}
    both.pop("ClusterType")
    assert both == flat


def test_nodes_are_spread_over_the_subnets(kafka: Any, quiet: str) -> None:
    nodes = kafka.list_nodes(ClusterArn=quiet)["NodeInfoList"]
    brokers = [n for n in nodes if "BrokerNodeInfo" in n]
    assert [n["BrokerNodeInfo"]["BrokerId"] for n in brokers] == [1.0, 2.0]
    assert [n["BrokerNodeInfo"]["ClientSubnet"] for n in brokers] == ["subnet-0", "subnet-1"]
    assert {n["InstanceType"] for n in brokers} == {"m5.large"}
    assert sum("ControllerNodeInfo" in n for n in nodes) == 2


def test_lists_come_in_pages(kafka: Any, quiet: str) -> None:
    first = kafka.list_nodes(ClusterArn=quiet, MaxResults=1)
    seen = [first["NodeInfoList"][0]["NodeARN"]]
    token = first["NextToken"]
    while token:
        answer = kafka.list_nodes(ClusterArn=quiet, MaxResults=1, NextToken=token)
        seen += [n["NodeARN"] for n in answer["NodeInfoList"]]
        token = answer.get("NextToken")
    assert len(seen) == len(set(seen)) == 4
    code, status, _ = refusal(kafka.list_nodes, ClusterArn=quiet, NextToken="none of yours")
    assert (code, status) == ("BadRequestException", 400)
    assert refusal(kafka.list_nodes, ClusterArn=quiet, NextToken="YWZ0ZXI")[1] == 400


def test_clusters_are_found_by_the_beginning_of_their_names(kafka: Any, quiet: str) -> None:
    listed = kafka.list_clusters(ClusterNameFilter="qui")["ClusterInfoList"]
    assert [c["ClusterArn"] for c in listed] == [quiet]
    assert kafka.list_clusters(ClusterNameFilter="uiet")["ClusterInfoList"] == []
    v2 = kafka.list_clusters_v2(ClusterTypeFilter="PROVISIONED")["ClusterInfoList"]
    assert quiet in [c["ClusterArn"] for c in v2]
    assert kafka.list_clusters_v2(ClusterTypeFilter="SERVERLESS")["ClusterInfoList"] == []


def test_tags(kafka: Any, quiet: str) -> None:
    kafka.tag_resource(ResourceArn=quiet, Tags={"a": "1", "b": "ö/ü"})
    assert kafka.list_tags_for_resource(ResourceArn=quiet)["Tags"] == {
        "owner": "tests", "a": "1", "b": "ö/ü",
    }  # fmt: skip
    kafka.untag_resource(ResourceArn=quiet, TagKeys=["a", "b"])
    assert info(kafka, quiet)["Tags"] == {"owner": "tests"}
    assert refusal(kafka.list_tags_for_resource, ResourceArn=f"{quiet}x")[0] == "NotFoundException"


def _group(**changes: Any) -> dict[str, Any]:
    group: dict[str, Any] = wish("x")["BrokerNodeGroupInfo"]
    return {"BrokerNodeGroupInfo": {**group, **changes}}


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"ClusterName": "quiet"}, "ConflictException", "A resource with this name already"),
        ({"ClusterName": "../../etc"}, "BadRequestException", "letters, digits and hyphens"),
        ({"ClusterName": "a.b"}, "BadRequestException", "letters, digits and hyphens"),
        ({"ClusterName": "-a"}, "BadRequestException", "hyphen"),
        ({"NumberOfBrokerNodes": 4}, "BadRequestException", "multiple of Availability Zones"),
        ({"KafkaVersion": "2.8.1"}, "BadRequestException", "Unsupported KafkaVersion [2.8.1]"),
        (_group(ClientSubnets=["a"]), "BadRequestException", "two or three"),
        (_group(ClientSubnets=["a", "a", "b"]), "BadRequestException", "two or three"),
        (_group(InstanceType="kafka.x1.huge"), "BadRequestException", "Unsupported InstanceType"),
        (_group(InstanceType="express.m7g.large"), "BadRequestException", "not served"),
        ({"StorageMode": "TIERED"}, "BadRequestException", "not served"),
        ({"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}},
         "BadRequestException", "not served"),
        ({"ClientAuthentication": {"Tls": {"Enabled": True}}}, "BadRequestException", "not served"),
        ({"ConfigurationInfo": {"Arn": "arn:aws:kafka:x:y:configuration/n/u", "Revision": 1}},
         "BadRequestException", "does not exist"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused_and_makes_nothing(
    kafka: Any, shared: Serve, quiet: str, change: dict[str, Any], code: str, words: str
) -> None:
    before = sorted(p.name for p in (shared.home / "clusters").iterdir())
    got, status, message = refusal(kafka.create_cluster, **{**wish("refused"), **change})
    assert got == code and status == (409 if code == "ConflictException" else 400)
    assert words in message
    assert sorted(p.name for p in (shared.home / "clusters").iterdir()) == before
    assert not kafka.list_clusters(ClusterNameFilter="refused")["ClusterInfoList"]


def test_serverless_is_refused(kafka: Any) -> None:
    code, status, message = refusal(
        kafka.create_cluster_v2,
        ClusterName="s",
        Serverless={"VpcConfigs": [{"SubnetIds": ["a", "b"]}]},
    )
    assert (code, status) == ("BadRequestException", 400)
    assert "Serverless is not served" in message


def test_in_the_wrong_state_all_is_refused(tmp_path: Path) -> None:
    """While it is made and updated: 400 for every change; 409 for where clients connect."""
    with serving(tmp_path / "home", "--settle", "6") as service:
        kafka = service.client()
        arn = kafka.create_cluster(**wish("busy", azs=2))["ClusterArn"]
        volumes = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 2}]
        prometheus = {"Prometheus": {"JmxExporter": {"EnabledInBroker": True}}}
        in_transit = {"EncryptionInTransit": {"ClientBroker": "TLS"}}
        changes: list[tuple[str, dict[str, Any]]] = [
            ("update_broker_count", {"TargetNumberOfBrokerNodes": 4}),
            ("update_broker_storage", {"TargetBrokerEBSVolumeInfo": volumes}),
            ("update_storage", {"VolumeSizeGB": 2}),
            ("update_broker_type", {"TargetInstanceType": "kafka.m7g.large"}),
            ("update_cluster_configuration", {"ConfigurationInfo": {"Arn": "x", "Revision": 1}}),
            ("update_cluster_kafka_version", {"TargetKafkaVersion": "4.2.x.kraft"}),
            ("update_monitoring", {"OpenMonitoring": prometheus}),
            ("update_security", {"EncryptionInfo": in_transit}),
            ("update_connectivity", {"ConnectivityInfo": {"PublicAccess": {"Type": "DISABLED"}}}),
            ("reboot_broker", {"BrokerIds": ["1"]}),
        ]

        def refused(state: str) -> None:
            before = info(kafka, arn)
            assert before["State"] == state
            for name, arguments in changes:
                if name != "reboot_broker":
                    arguments = {**arguments, "CurrentVersion": before["CurrentVersion"]}
                code, status, said = refusal(getattr(kafka, name), ClusterArn=arn, **arguments)
                assert (code, status) == ("BadRequestException", 400), name
                assert state in said, (name, said)
            code, status, said = refusal(kafka.delete_cluster, ClusterArn=arn)
            assert (code, status) == ("BadRequestException", 400) and state in said
            assert info(kafka, arn) == before, "nothing has changed meanwhile"

        refused("CREATING")
        code, status, _ = refusal(kafka.get_bootstrap_brokers, ClusterArn=arn)
        assert (code, status) == ("ConflictException", 409)
        wait_active(kafka, arn)
        told = kafka.update_monitoring(
            ClusterArn=arn, CurrentVersion=info(kafka, arn)["CurrentVersion"],
            EnhancedMonitoring="PER_BROKER",
        )  # fmt: skip
        refused("UPDATING")
        assert kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
        assert wait_operation(kafka, told["ClusterOperationArn"])["OperationState"] == (
            "UPDATE_COMPLETE"
        )


def test_a_cluster_of_the_second_api(kafka: Any) -> None:
    body = wish("second", azs=2)
    name = body.pop("ClusterName")
    made = kafka.create_cluster_v2(ClusterName=name, Provisioned=body)
    assert made["ClusterType"] == "PROVISIONED"
    wait_active(kafka, made["ClusterArn"])
    code, _, message = refusal(
        kafka.delete_cluster, ClusterArn=made["ClusterArn"], CurrentVersion="K1"
    )
    assert code == "BadRequestException" and "version of the cluster isn't current" in message
    kafka.delete_cluster(ClusterArn=made["ClusterArn"])
    wait_deleted(kafka, made["ClusterArn"])


def test_what_is_not_there(kafka: Any, quiet: str) -> None:
    other = quiet.replace("/quiet/", "/other/")
    for call in (kafka.describe_cluster, kafka.get_bootstrap_brokers, kafka.list_nodes):
        assert refusal(call, ClusterArn=other)[:2] == ("NotFoundException", 404)
    assert refusal(kafka.describe_cluster, ClusterArn="no-arn")[:2] == ("BadRequestException", 400)
    assert refusal(kafka.describe_cluster_operation, ClusterOperationArn=quiet)[1] == 404


def test_it_adopts_what_up_has_made_and_forgets_what_down_deleted(own: Serve) -> None:
    own.msklite.ok("up", "-d", "--name", "mine")
    kafka = own.client()
    from tests.control.service import wait_for

    # It may have been seen while it started.
    (found,) = wait_for(
        "mine",
        lambda: [c for c in kafka.list_clusters()["ClusterInfoList"] if c["State"] == "ACTIVE"],
    )
    assert found["State"] == "ACTIVE" and found["ClusterName"] == "mine"
    address = kafka.get_bootstrap_brokers(ClusterArn=found["ClusterArn"])["BootstrapBrokerString"]
    assert address == own.msklite.ok("bootstrap", "--name", "mine").out.strip()
    own.msklite.ok("down", "--name", "mine")
    wait_for("MAINTENANCE", lambda: info(kafka, found["ClusterArn"])["State"] == "MAINTENANCE")
    own.msklite.ok("down", "--delete", "--name", "mine")
    wait_deleted(kafka, found["ClusterArn"])


def test_a_cluster_lives_on_when_the_service_is_killed(own: Serve, tmp_path: Path) -> None:
    kafka = own.client()
    arn = kafka.create_cluster(**wish("lasting", azs=2))["ClusterArn"]
    own.kill()  # most likely before the cluster is there
    own.start()
    kafka = own.client()
    before = wait_active(kafka, arn)
    address = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
    own.kill()
    assert is_open(address)
    own.start()
    kafka = own.client()
    assert info(kafka, arn) == before
    kafka.delete_cluster(ClusterArn=arn)
    own.kill()
    own.start()
    wait_deleted(own.client(), arn)
    assert not is_open(address)
