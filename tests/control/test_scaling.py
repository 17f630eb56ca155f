"""Volumes that grow by themselves, set up as for MSK: by Application Auto Scaling's own client."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from kafka import KafkaProducer

from msklite.control.scaling import next_size
from tests.control.service import REGION, Serve, info, refusal, wait_deleted, wait_for, wish

PLACE = {"ServiceNamespace": "kafka", "ScalableDimension": "kafka:broker-storage:VolumeSize"}
TRACKING = {
    "TargetValue": 10.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "KafkaBrokerStorageUtilization"},
    "DisableScaleIn": True,
}
MEBIBYTE = 2**20


@pytest.mark.parametrize(
    ("have", "most", "share", "wanted"),
    [
        (1, 100, 0.099, None),
        (1, 100, 0.1, 11),
        (1, 5, 0.5, 5),
        (5, 5, 0.99, None),
        (9, 5, 0.99, None),
        (99, 1000, 0.2, 109),
        (1000, 16384, 1.0, 1100),
    ],
)
def test_how_much_they_grow(have: int, most: int, share: float, wanted: int | None) -> None:
    assert next_size(have, most, 10, {1: 0.0, 2: share}) == wanted


def _scaler(service: Serve) -> Any:
    return boto3.client(
        "application-autoscaling", endpoint_url=service.url, region_name=REGION,
        aws_access_key_id="any", aws_secret_access_key="thing",
        config=Config(retries={"max_attempts": 1, "mode": "standard"}),
    )  # fmt: skip


def test_volumes_grow_when_their_share_is_used(shared: Serve) -> None:
    kafka, scaler = shared.client(), _scaler(shared)
    group = wish("x", azs=2)["BrokerNodeGroupInfo"]
    group["StorageInfo"] = {"EbsStorageInfo": {"VolumeSize": 1}}
    arn = kafka.create_cluster(**{**wish("growing", azs=2), "BrokerNodeGroupInfo": group})[
        "ClusterArn"
    ]
    policy = {**PLACE, "ResourceId": arn, "PolicyName": "grow",
              "PolicyType": "TargetTrackingScaling"}  # fmt: skip
    code, _, _ = refusal(
        scaler.put_scaling_policy, **policy, TargetTrackingScalingPolicyConfiguration=TRACKING
    )
    assert code == "ObjectNotFoundException"
    target = scaler.register_scalable_target(**PLACE, ResourceId=arn, MaxCapacity=20)
    assert target["ScalableTargetARN"].startswith("arn:aws:application-autoscaling:")
    for wrong in (5.0, 81.0):
        bad = {**TRACKING, "TargetValue": wrong}
        code, status, _ = refusal(
            scaler.put_scaling_policy, **policy, TargetTrackingScalingPolicyConfiguration=bad
        )
        assert (code, status) == ("ValidationException", 400)
    scaler.put_scaling_policy(**policy, TargetTrackingScalingPolicyConfiguration=TRACKING)
    (shown,) = scaler.describe_scaling_policies(ServiceNamespace="kafka", ResourceId=arn)[
        "ScalingPolicies"
    ]
    assert shown["TargetTrackingScalingPolicyConfiguration"] == TRACKING
    (row,) = scaler.describe_scalable_targets(ServiceNamespace="kafka")["ScalableTargets"]
    assert (row["ResourceId"], row["MaxCapacity"]) == (arn, 20)

    def size() -> int:
        found: int = info(kafka, arn)["BrokerNodeGroupInfo"]["StorageInfo"]["EbsStorageInfo"][
            "VolumeSize"
        ]
        return found

    wait_for("ACTIVE", lambda: info(kafka, arn)["State"] == "ACTIVE")
    kafka.create_topic(ClusterArn=arn, TopicName="t", PartitionCount=1, ReplicationFactor=1)
    address = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
    assert size() == 1
    producer = KafkaProducer(bootstrap_servers=address, batch_size=MEBIBYTE // 2)
    for _ in range(220):
        producer.send("t", bytes(MEBIBYTE // 2))
    producer.flush()
    producer.close()
    wait_for("growth", lambda: size() == 11)
    (done,) = kafka.list_cluster_operations(ClusterArn=arn)["ClusterOperationInfoList"]
    assert done["OperationType"] == "UPDATE_BROKER_STORAGE"
    wait_for("ACTIVE", lambda: info(kafka, arn)["State"] == "ACTIVE")
    scaler.delete_scaling_policy(**PLACE, ResourceId=arn, PolicyName="grow")
    scaler.deregister_scalable_target(**PLACE, ResourceId=arn)
    assert scaler.describe_scalable_targets(ServiceNamespace="kafka")["ScalableTargets"] == []
    kafka.delete_cluster(ClusterArn=arn)
    wait_deleted(kafka, arn)
