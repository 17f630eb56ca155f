"""Updates with real effect, by unmodified boto3: what brokers tell is the judge."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from tests.control.service import (
    Serve,
    broker_settings,
    info,
    refusal,
    wait_active,
    wait_deleted,
    wait_for,
    wait_operation,
    wish,
)


@pytest.fixture(scope="module")
def changing(shared: Serve) -> Iterator[tuple[Any, str]]:
    """A cluster of three zones at Kafka 3.8 that these tests change, one after another."""
    kafka = shared.client()
    group = wish("x")["BrokerNodeGroupInfo"]
    group["StorageInfo"] = {"EbsStorageInfo": {"VolumeSize": 1}}
    made = kafka.create_cluster(
        **{**wish("changing"), "KafkaVersion": "3.8.x", "BrokerNodeGroupInfo": group}
    )
    wait_active(kafka, made["ClusterArn"])
    yield kafka, made["ClusterArn"]
    kafka.delete_cluster(ClusterArn=made["ClusterArn"])
    wait_deleted(kafka, made["ClusterArn"])


def update(kafka: Any, arn: str, call: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """One update, to its good end: the version is new, and the operation tells all."""
    before = info(kafka, arn)
    told = call(ClusterArn=arn, CurrentVersion=before["CurrentVersion"], **arguments)
    done = wait_operation(kafka, told["ClusterOperationArn"])
    assert done["OperationState"] == "UPDATE_COMPLETE", done
    assert {s["StepInfo"]["StepStatus"] for s in done["OperationSteps"]} == {"COMPLETED"}
    after = wait_active(kafka, arn)
    assert after["CurrentVersion"] != before["CurrentVersion"]
    assert "ActiveOperationArn" not in after
    code, status, message = refusal(
        call, ClusterArn=arn, CurrentVersion=before["CurrentVersion"], **arguments
    )
    assert (code, status) == ("BadRequestException", 400) and "isn't current" in message
    return after


def address(kafka: Any, arn: str) -> str:
    found: str = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
    return found


def test_topics_are_the_brokers_truth(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    configs = base64.b64encode(json.dumps({"retention.ms": 60000}).encode()).decode()
    made = kafka.create_topic(
        ClusterArn=arn, TopicName="t.1", PartitionCount=2, ReplicationFactor=3, Configs=configs
    )
    assert made["TopicArn"].endswith("/t.1") and made["Status"] == "CREATING"
    found = kafka.describe_topic(ClusterArn=arn, TopicName="t.1")
    assert (found["PartitionCount"], found["ReplicationFactor"]) == (2, 3)
    assert json.loads(base64.b64decode(found["Configs"])) == {"retention.ms": "60000"}
    kafka.update_topic(ClusterArn=arn, TopicName="t.1", PartitionCount=4)
    parts = kafka.describe_topic_partitions(ClusterArn=arn, TopicName="t.1")["Partitions"]
    assert [p["Partition"] for p in parts] == [0, 1, 2, 3]
    assert all(sorted(p["Isr"]) == [1, 2, 3] and p["Leader"] in (1, 2, 3) for p in parts)
    (row,) = kafka.list_topics(ClusterArn=arn, TopicNameFilter="t.")["Topics"]
    assert (row["PartitionCount"], row["OutOfSyncReplicaCount"]) == (4, 0)
    for call, code, status in (
        (lambda: kafka.create_topic(ClusterArn=arn, TopicName="t.1", PartitionCount=1,
                                    ReplicationFactor=3), "TopicExistsException", 409),
        (lambda: kafka.describe_topic(ClusterArn=arn, TopicName="no"), "NotFoundException", 404),
        (lambda: kafka.delete_topic(ClusterArn=arn, TopicName="no"),
         "UnknownTopicOrPartitionException", 404),
        (lambda: kafka.update_topic(ClusterArn=arn, TopicName="t.1", PartitionCount=1),
         "KafkaRequestException", 400),
        (lambda: kafka.create_topic(ClusterArn=arn, TopicName="../x", PartitionCount=1,
                                    ReplicationFactor=3), "KafkaRequestException", 400),
        (lambda: kafka.create_topic(ClusterArn=arn, TopicName="c", PartitionCount=1,
                                    ReplicationFactor=3, Configs="e30"),
         "BadRequestException", 400),
    ):  # fmt: skip
        assert refusal(call)[:2] == (code, status)
    kafka.delete_topic(ClusterArn=arn, TopicName="t.1")
    assert kafka.list_topics(ClusterArn=arn, TopicNameFilter="t.")["Topics"] == []


def test_a_configuration_takes_effect(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    conf = kafka.create_configuration(Name="moving", ServerProperties=b"log.retention.ms=777000")
    epochs = _lives(kafka, arn)
    attach = {"ConfigurationInfo": {"Arn": conf["Arn"], "Revision": 1}}
    update(kafka, arn, kafka.update_cluster_configuration, **attach)
    for broker in (1, 2, 3):
        told = broker_settings(address(kafka, arn), broker)["log.retention.ms"]
        assert (told["value"], told["config_source"]) == ("777000", "STATIC_BROKER_CONFIG")
    assert _lives(kafka, arn) == epochs  # what Kafka changes live restarted nobody
    kafka.update_configuration(Arn=conf["Arn"], ServerProperties=b"num.partitions=7")
    attach = {"ConfigurationInfo": {"Arn": conf["Arn"], "Revision": 2}}
    after = update(kafka, arn, kafka.update_cluster_configuration, **attach)
    assert after["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 2
    for broker in (1, 2, 3):
        told = broker_settings(address(kafka, arn), broker)
        assert told["num.partitions"]["value"] == "7"
        assert told["log.retention.ms"]["config_source"] != "STATIC_BROKER_CONFIG"
    assert not set(_lives(kafka, arn).items()) & set(epochs.items())


def _lives(kafka: Any, arn: str) -> dict[int, Any]:
    """The epoch of each broker's life, from the cluster's own status."""
    from msklite.zone.admin_client import AdminClient

    status = AdminClient(str(_folder(kafka, arn)), 30).get("/status")
    return {b["id"]: b["epoch"] for b in status["brokers"]}


def _folder(kafka: Any, arn: str) -> Any:
    from pathlib import Path

    with urllib.request.urlopen(kafka.meta.endpoint_url, timeout=30) as answer:
        home = json.load(answer)["home"]
    return Path(home) / "clusters" / info(kafka, arn)["ClusterName"]


def test_reboot(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    before, version = _lives(kafka, arn), info(kafka, arn)["CurrentVersion"]
    told = kafka.reboot_broker(ClusterArn=arn, BrokerIds=["2"])
    assert info(kafka, arn)["State"] in ("REBOOTING_BROKER", "ACTIVE")
    done = wait_operation(kafka, told["ClusterOperationArn"])
    assert (done["OperationType"], done["OperationState"]) == ("REBOOT_NODE", "REBOOT_COMPLETE")
    after = _lives(kafka, arn)
    assert after[2] > before[2] and (after[1], after[3]) == (before[1], before[3])
    assert wait_active(kafka, arn)["CurrentVersion"] == version
    assert refusal(kafka.reboot_broker, ClusterArn=arn, BrokerIds=["9"])[1] == 400


def test_brokers_join_and_empty_ones_leave(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    kafka.create_topic(ClusterArn=arn, TopicName="stay", PartitionCount=3, ReplicationFactor=3)
    for wrong in (4, 3):
        got = refusal(kafka.update_broker_count, ClusterArn=arn, TargetNumberOfBrokerNodes=wrong,
                      CurrentVersion=info(kafka, arn)["CurrentVersion"])  # fmt: skip
        assert got[:2] == ("BadRequestException", 400)
    after = update(kafka, arn, kafka.update_broker_count, TargetNumberOfBrokerNodes=6)
    assert after["NumberOfBrokerNodes"] == 6
    admin = KafkaAdminClient(bootstrap_servers=address(kafka, arn))
    brokers = {b["broker_id"]: b["rack"] for b in admin.describe_cluster()["brokers"]}
    admin.close()
    assert brokers == {1: "az1", 2: "az2", 3: "az3", 4: "az1", 5: "az2", 6: "az3"}
    parts = kafka.describe_topic_partitions(ClusterArn=arn, TopicName="stay")["Partitions"]
    assert all(sorted(p["Replicas"]) == [1, 2, 3] for p in parts)
    kafka.create_topic(ClusterArn=arn, TopicName="wide", PartitionCount=6, ReplicationFactor=3)
    version = info(kafka, arn)["CurrentVersion"]
    code, status, message = refusal(
        kafka.update_broker_count, ClusterArn=arn, CurrentVersion=version,
        TargetNumberOfBrokerNodes=3,
    )  # fmt: skip
    assert (code, status) == ("BadRequestException", 400) and "wide-" in message, message
    kafka.delete_topic(ClusterArn=arn, TopicName="wide")
    after = update(kafka, arn, kafka.update_broker_count, TargetNumberOfBrokerNodes=3)
    nodes = kafka.list_nodes(ClusterArn=arn)["NodeInfoList"]
    ids = sorted(n["BrokerNodeInfo"]["BrokerId"] for n in nodes if "BrokerNodeInfo" in n)
    assert ids == [1.0, 2.0, 3.0]
    folder = _folder(kafka, arn)
    assert sorted(p.name for p in folder.glob("az*/broker-*")) == [
        "broker-1", "broker-2", "broker-3",
    ]  # fmt: skip


def test_version_goes_up_and_never_down(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    version = info(kafka, arn)["CurrentVersion"]
    for target in ("3.7.x", "3.8.x", "2.8.1", "9.9.9"):
        got = refusal(kafka.update_cluster_kafka_version, ClusterArn=arn,
                      CurrentVersion=version, TargetKafkaVersion=target)  # fmt: skip
        assert got[:2] == ("BadRequestException", 400), target
    targets = kafka.get_compatible_kafka_versions(ClusterArn=arn)["CompatibleKafkaVersions"]
    assert "4.0.x.kraft" in targets[0]["TargetVersions"]
    assert "3.8.x.kraft" not in targets[0]["TargetVersions"]
    assert "zookeeperConnectString" not in info(kafka, arn)
    after = update(kafka, arn, kafka.update_cluster_kafka_version, TargetKafkaVersion="4.0.x.kraft")
    assert after["CurrentBrokerSoftwareInfo"]["KafkaVersion"] == "4.0.x.kraft"
    from msklite.zone.admin_client import AdminClient

    status = AdminClient(str(_folder(kafka, arn)), 30).get("/status")
    assert {b["kafka_version"] for b in status["brokers"]} == {"4.0"}


def test_a_volume_that_was_made_larger_stays_so(shared: Serve) -> None:
    """MSK takes one size for all; what `broker resize` gave a single broker is never taken away."""
    kafka = shared.client()
    group = wish("x", azs=2)["BrokerNodeGroupInfo"]
    group["StorageInfo"] = {"EbsStorageInfo": {"VolumeSize": 1}}
    made = kafka.create_cluster(**{**wish("volumes", azs=2), "BrokerNodeGroupInfo": group})
    arn = made["ClusterArn"]
    first = wait_active(kafka, arn)["CurrentVersion"]

    def told(expected: dict[int, int], shown: int) -> None:
        status = shared.msklite.json("status", "--name", "volumes")
        gib = {b["id"]: b["volume_bytes"] / 1024**3 for b in status["brokers"]}
        file = json.loads((_folder(kafka, arn) / "cluster.json").read_text())
        assert gib == expected
        assert {int(b): size / 1024**3 for b, size in file["volumes"].items()} == expected
        storage = info(kafka, arn)["BrokerNodeGroupInfo"]["StorageInfo"]["EbsStorageInfo"]
        assert storage["VolumeSize"] == shown

    def volumes(broker: str, size: int) -> list[dict[str, Any]]:
        return [{"KafkaBrokerNodeId": broker, "VolumeSizeGB": size}]

    shared.msklite.ok("broker", "resize", 2, "--volume-gb", 5, "--name", "volumes")
    wait_for("that the service sees it", lambda: info(kafka, arn)["CurrentVersion"] != first)
    told({1: 1, 2: 5}, 1)
    update(kafka, arn, kafka.update_broker_type, TargetInstanceType="kafka.m7g.xlarge")
    told({1: 1, 2: 5}, 1)
    update(kafka, arn, kafka.update_broker_count, TargetNumberOfBrokerNodes=4)
    told({1: 1, 2: 5, 3: 1, 4: 1}, 1)
    for size, expected in ((4, {1: 4, 2: 5, 3: 4, 4: 4}), (6, {1: 6, 2: 6, 3: 6, 4: 6})):
        update(
            kafka, arn, kafka.update_broker_storage, TargetBrokerEBSVolumeInfo=volumes("All", size)
        )
        told(expected, size)
    version = info(kafka, arn)["CurrentVersion"]
    for wrong in (volumes("1", 9), volumes("1", 9) + volumes("2", 8)):
        got = refusal(
            kafka.update_broker_storage, ClusterArn=arn, CurrentVersion=version,
            TargetBrokerEBSVolumeInfo=wrong,
        )  # fmt: skip
        assert got[:2] == ("BadRequestException", 400) and "All" in got[2]
    told({1: 6, 2: 6, 3: 6, 4: 6}, 6)
    kafka.delete_cluster(ClusterArn=arn)
    wait_deleted(kafka, arn)


def test_monitoring_storage_type_security(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    prometheus = {"JmxExporter": {"EnabledInBroker": True},
                  "NodeExporter": {"EnabledInBroker": False}}  # fmt: skip
    after = update(kafka, arn, kafka.update_monitoring, EnhancedMonitoring="PER_BROKER",
                   OpenMonitoring={"Prometheus": prometheus})  # fmt: skip
    assert after["EnhancedMonitoring"] == "PER_BROKER"
    cluster_file = json.loads((_folder(kafka, arn) / "cluster.json").read_text())
    port = cluster_file["exporters"]["jmx"]["1"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        assert b"kafka_server_ReplicaManager_Value" in answer.read()
    version = info(kafka, arn)["CurrentVersion"]
    got = refusal(kafka.update_storage, ClusterArn=arn, CurrentVersion=version, VolumeSizeGB=-1)
    assert got[1] == 400
    volume = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 3}]
    after = update(kafka, arn, kafka.update_broker_storage, TargetBrokerEBSVolumeInfo=volume)
    told = after["BrokerNodeGroupInfo"]["StorageInfo"]["EbsStorageInfo"]["VolumeSize"]
    assert told == 3
    from msklite.zone.admin_client import AdminClient

    status = AdminClient(str(_folder(kafka, arn)), 30).get("/status")
    assert {b["volume_bytes"] for b in status["brokers"]} == {3 * 1024**3}
    after = update(kafka, arn, kafka.update_broker_type, TargetInstanceType="kafka.m7g.xlarge")
    assert after["BrokerNodeGroupInfo"]["InstanceType"] == "kafka.m7g.xlarge"
    both = {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}}
    update(kafka, arn, kafka.update_security, EncryptionInfo=both)
    found = kafka.get_bootstrap_brokers(ClusterArn=arn)
    assert {k for k in found if k.startswith("Boot")} == {
        "BootstrapBrokerString", "BootstrapBrokerStringTls",
    }  # fmt: skip
    producer = KafkaProducer(
        bootstrap_servers=found["BootstrapBrokerStringTls"], security_protocol="SSL",
        ssl_cafile=str(_folder(kafka, arn) / "tls" / "ca.pem"),
    )  # fmt: skip
    producer.send("stay", b"over TLS").get(timeout=60)
    producer.close()
    for wrong in ({"EncryptionInfo": {"EncryptionInTransit": {"InCluster": False}}},
                  {"ClientAuthentication": {"Sasl": {"Scram": {"Enabled": True}}}}):  # fmt: skip
        version = info(kafka, arn)["CurrentVersion"]
        got = refusal(kafka.update_security, ClusterArn=arn, CurrentVersion=version, **wrong)
        assert got[:2] == ("BadRequestException", 400)


def test_policy(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    assert refusal(kafka.get_cluster_policy, ClusterArn=arn)[:2] == ("NotFoundException", 404)
    text = json.dumps({"Version": "2012-10-17", "Statement": []})
    first = kafka.put_cluster_policy(ClusterArn=arn, Policy=text)["CurrentVersion"]
    assert refusal(kafka.put_cluster_policy, ClusterArn=arn, Policy=text)[1] == 400
    kafka.put_cluster_policy(ClusterArn=arn, Policy=text, CurrentVersion=first)
    assert kafka.get_cluster_policy(ClusterArn=arn)["Policy"] == text
    kafka.delete_cluster_policy(ClusterArn=arn)


def test_the_operations_are_listed(changing: tuple[Any, str]) -> None:
    kafka, arn = changing
    rows = kafka.list_cluster_operations(ClusterArn=arn)["ClusterOperationInfoList"]
    kinds = [r["OperationType"] for r in rows]
    assert "INCREASE_BROKER_COUNT" in kinds and "UPDATE_SECURITY" in kinds
    v2 = kafka.list_cluster_operations_v2(ClusterArn=arn)["ClusterOperationInfoList"]
    assert [r["OperationType"] for r in v2] == kinds
    one = kafka.describe_cluster_operation_v2(ClusterOperationArn=v2[0]["OperationArn"])
    assert one["ClusterOperationInfo"]["OperationState"] == "UPDATE_COMPLETE"


def test_the_service_is_killed_in_the_middle_of_a_rolling_update(own: Serve) -> None:
    kafka = own.client()
    conf = kafka.create_configuration(Name="c", ServerProperties=b"num.io.threads=9")
    arn = kafka.create_cluster(**wish("killed", azs=2, brokers=4))["ClusterArn"]
    version = wait_active(kafka, arn)["CurrentVersion"]
    told = kafka.update_cluster_configuration(
        ClusterArn=arn, CurrentVersion=version,
        ConfigurationInfo={"Arn": conf["Arn"], "Revision": 1},
    )  # fmt: skip
    for _ in range(3):  # wherever it is by then: between two brokers, or within one's restart
        time.sleep(0.15)
        own.kill()
        own.start()
    kafka = own.client()
    done = wait_operation(kafka, told["ClusterOperationArn"])
    assert done["OperationState"] == "UPDATE_COMPLETE"
    found = wait_active(kafka, arn)
    assert found["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 1
    for broker in (1, 2, 3, 4):
        assert broker_settings(address(kafka, arn), broker)["num.io.threads"]["value"] == "9"
