"""`msklite serve` as a process with a home of its own, and boto3 beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from tests.cli.runner import Msklite
from tests.control.model import judge_every_reply

PATIENCE_S = 120
SCRIPT = Path(sys.executable).with_name("msklite")
REGION = "eu-central-1"


def wait_for(what: str, look: Callable[[], Any]) -> Any:
    """Until `look` gives something true; it, or a failure that names what didn't come."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} didn't come in {PATIENCE_S} s"
        time.sleep(0.05)


class Serve:
    """The service: start it, kill it, start it again on the same port."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        self.msklite = Msklite(home)
        self.options = options
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        port = self.url.rsplit(":", 1)[1] if self.url else "0"
        self.process = subprocess.Popen(
            [SCRIPT, "serve", "--port", port, *self.options],
            env=self.msklite.env, cwd=self.home.parent, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first.startswith("MSK's control API listens at "), first
        self.url = first.split()[-1]

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A clean end; clusters go on."""
        runs = self.process is not None
        self._end(signal.SIGTERM)
        assert not (runs and (self.home / "control.json").exists())

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.communicate(timeout=PATIENCE_S)
            self.process = None

    def close(self) -> None:
        """It, and every cluster of its home."""
        self.stop()
        self.msklite.close()

    @property
    def log(self) -> str:
        return (self.home / "control.log").read_text()

    def client(self, region: str = REGION) -> Any:
        """boto3's own client for MSK, unmodified; each reply is held against its model."""
        client = boto3.client(
            "kafka", endpoint_url=self.url, region_name=region,
            aws_access_key_id="any", aws_secret_access_key="thing",
            config=Config(retries={"max_attempts": 1, "mode": "standard"}, read_timeout=60),
        )  # fmt: skip
        judge_every_reply(client)
        return client

    def env(self) -> dict[str, str]:
        """For tools that read AWS's variables."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return clean | {
            "AWS_ENDPOINT_URL_KAFKA": self.url,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "thing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def wish(name: str, azs: int = 3, brokers: int | None = None, **more: Any) -> dict[str, Any]:
    """CreateCluster's arguments for a small cluster."""
    return {
        "ClusterName": name,
        "KafkaVersion": "4.2.0",
        "NumberOfBrokerNodes": azs if brokers is None else brokers,
        "BrokerNodeGroupInfo": {
            "InstanceType": "kafka.m5.large",
            "ClientSubnets": [f"subnet-{n}" for n in range(azs)],
        },
        "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "PLAINTEXT"}},
        **more,
    }


def info(kafka: Any, arn: str) -> dict[str, Any]:
    """DescribeCluster."""
    found: dict[str, Any] = kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]
    return found


def wait_active(kafka: Any, arn: str) -> dict[str, Any]:
    """Until the cluster is ACTIVE; FAILED is a failure."""

    def look() -> dict[str, Any] | None:
        found = info(kafka, arn)
        assert found["State"] != "FAILED", found
        return found if found["State"] == "ACTIVE" else None

    found: dict[str, Any] = wait_for(f"{arn} ACTIVE", look)
    return found


def wait_operation(kafka: Any, arn: str) -> dict[str, Any]:
    """Until the operation has ended; how."""

    def look() -> dict[str, Any] | None:
        found = kafka.describe_cluster_operation(ClusterOperationArn=arn)["ClusterOperationInfo"]
        return found if "EndTime" in found else None

    found: dict[str, Any] = wait_for(f"the end of {arn}", look)
    return found


def wait_deleted(kafka: Any, arn: str) -> None:
    """Until DescribeCluster says NotFound."""

    def look() -> bool:
        try:
            kafka.describe_cluster(ClusterArn=arn)
        except kafka.exceptions.NotFoundException:
            return True
        return False

    wait_for(f"the end of {arn}", look)


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, int, str]:
    """The code, status and message of a call that must be refused."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        meta = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return error.response["Error"]["Code"], meta, error.response["Error"]["Message"]
    raise AssertionError(f"not refused: {answer}")


def broker_settings(address: str, broker: int) -> dict[str, dict[str, Any]]:
    """DescribeConfigs of one broker, by Kafka's own protocol."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        one = ConfigResource(ConfigResourceType.BROKER, str(broker))
        told: dict[str, Any] = admin.describe_configs([one], config_filter="all")
        found: dict[str, dict[str, Any]] = told["broker"][str(broker)]
        return found
    finally:
        admin.close()


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Serve]:
    """A service for the time of the body."""
    service = Serve(home, *options)
    try:
        service.start()
        yield service
    finally:
        service.close()
