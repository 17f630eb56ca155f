"""A cluster's whole life by unmodified boto3: made, written to, scaled, upgraded, deleted.

msklite up -d     # or: msklite serve
export AWS_ENDPOINT_URL_KAFKA=http://127.0.0.1:4600
python examples/msk_boto3.py
"""

from __future__ import annotations

import os
import time
from typing import Any

import boto3
from kafka import KafkaConsumer, KafkaProducer

RECORDS = 100


def wait(kafka: Any, arn: str, state: str = "ACTIVE") -> dict[str, Any]:
    """Until the cluster is in that state; MSK has no waiters, so everybody polls."""
    for _ in range(1200):
        found: dict[str, Any] = kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]
        if found["State"] == "FAILED":
            raise SystemExit(f"The cluster has failed: {found.get('StateInfo')}")
        if found["State"] == state:
            return found
        time.sleep(0.1)
    raise SystemExit(f"The cluster didn't become {state}: it is {found['State']}.")


def create(kafka: Any, name: str) -> str:
    """Three zones with a broker each; its ARN when clients can connect."""
    made = kafka.create_cluster(
        ClusterName=name,
        KafkaVersion="3.8.x",
        NumberOfBrokerNodes=3,
        BrokerNodeGroupInfo={
            "InstanceType": "kafka.m5.large",
            "ClientSubnets": ["subnet-a", "subnet-b", "subnet-c"],
            "StorageInfo": {"EbsStorageInfo": {"VolumeSize": 1}},
        },
        EncryptionInfo={"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}},
    )
    wait(kafka, made["ClusterArn"])
    return str(made["ClusterArn"])


def stream(address: str, first: int) -> None:
    """Write records, and read all that there are."""
    producer = KafkaProducer(bootstrap_servers=address, acks="all")
    for number in range(first, first + RECORDS):
        producer.send("orders", str(number).encode())
    producer.flush()
    producer.close()
    consumer = KafkaConsumer(
        "orders", bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=10000
    )
    seen = set()
    for record in consumer:
        seen.add(int(record.value))
        if len(seen) == first + RECORDS:
            break
    consumer.close()
    if seen != set(range(first + RECORDS)):
        raise SystemExit(f"Only {len(seen)} of {first + RECORDS} records were read.")
    print(f"{len(seen)} records are there")


def main() -> None:
    """See the module's text."""
    kafka = boto3.client("kafka")
    arn = create(kafka, os.environ.get("EXAMPLE_CLUSTER", "example"))
    print(f"made: {arn}")
    try:
        kafka.create_topic(
            ClusterArn=arn, TopicName="orders", PartitionCount=3, ReplicationFactor=3
        )
        address = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
        stream(address, 0)
        version = kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]
        kafka.update_broker_count(
            ClusterArn=arn, CurrentVersion=version, TargetNumberOfBrokerNodes=6
        )
        found = wait(kafka, arn)
        print(f"scaled: {found['NumberOfBrokerNodes']} brokers")
        kafka.update_cluster_kafka_version(
            ClusterArn=arn, CurrentVersion=found["CurrentVersion"], TargetKafkaVersion="4.0.x.kraft"
        )
        found = wait(kafka, arn)
        print(f"upgraded: Kafka {found['CurrentBrokerSoftwareInfo']['KafkaVersion']}")
        stream(address, RECORDS)
    finally:
        kafka.delete_cluster(ClusterArn=arn)
        while kafka.list_clusters(ClusterNameFilter=arn.split("/")[1])["ClusterInfoList"]:
            time.sleep(0.1)
    print("deleted")


if __name__ == "__main__":
    main()
