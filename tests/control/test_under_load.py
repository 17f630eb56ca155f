"""A cluster is scaled, grown, reconfigured and upgraded while clients of three libraries work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from tests.control.load import Crowd
from tests.control.service import Serve, info, wait_active, wait_deleted, wait_operation, wish

PARTITIONS = 6


def _update(kafka: Any, arn: str, call: Callable[..., Any], **arguments: Any) -> None:
    version = info(kafka, arn)["CurrentVersion"]
    told = call(ClusterArn=arn, CurrentVersion=version, **arguments)
    done = wait_operation(kafka, told["ClusterOperationArn"])
    assert done["OperationState"] == "UPDATE_COMPLETE", done


def ends(bootstrap: str) -> dict[int, int]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        places = [TopicPartition("load", p) for p in range(PARTITIONS)]
        return {place.partition: end for place, end in consumer.end_offsets(places).items()}
    finally:
        consumer.close()


@pytest.mark.timeout(600)
def test_every_update_under_load(shared: Serve) -> None:
    kafka = shared.client()
    group = wish("x")["BrokerNodeGroupInfo"]
    group["StorageInfo"] = {"EbsStorageInfo": {"VolumeSize": 1}}
    arn = kafka.create_cluster(
        **{**wish("loaded"), "KafkaVersion": "3.6.0", "BrokerNodeGroupInfo": group}
    )["ClusterArn"]
    wait_active(kafka, arn)
    conf = kafka.create_configuration(Name="loaded", ServerProperties=b"num.io.threads=9")
    kafka.create_topic(
        ClusterArn=arn, TopicName="load", PartitionCount=PARTITIONS, ReplicationFactor=3
    )
    address = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
    volumes = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 2}]
    steps: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (kafka.update_broker_storage, {"TargetBrokerEBSVolumeInfo": volumes}),
        (kafka.update_broker_count, {"TargetNumberOfBrokerNodes": 6}),
        (kafka.update_monitoring, {"EnhancedMonitoring": "PER_BROKER"}),
        (kafka.update_cluster_configuration,
         {"ConfigurationInfo": {"Arn": conf["Arn"], "Revision": 1}}),
        (kafka.update_cluster_kafka_version, {"TargetKafkaVersion": "3.8.x"}),
        (kafka.update_cluster_kafka_version, {"TargetKafkaVersion": "4.2.x.kraft"}),
        (kafka.update_broker_count, {"TargetNumberOfBrokerNodes": 3}),
    ]  # fmt: skip
    with Crowd(address, "load", PARTITIONS) as crowd:
        crowd.wait_for_records()
        for call, arguments in steps:
            _update(kafka, arn, call, **arguments)
            crowd.wait_for_records()
        count = crowd.end(lambda: ends(address))
        pauses = {r.name: round(r.worst_s, 2) for r in crowd.readers}
        print(f"{count} records, each once and in order; longest pause of a reader: {pauses}")
    kafka.delete_cluster(ClusterArn=arn)
    wait_deleted(kafka, arn)
