"""Real Terraform with AWS's own provider: apply, plan 0, one apply that changes all, destroy.

A producer and a consumer are at work while all is changed.

It can't be installed from package registries: where it or a mirror of the provider is missing, this
is skipped. `MSKLITE_TERRAFORM_MIRROR` names the mirror where it isn't found.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import processes
from tests.control.load import Crowd, LibrdkafkaReader, SlowLibrdkafka
from tests.control.service import Serve
from tests.control.test_under_load import PARTITIONS, ends

EXAMPLE = Path(__file__).parents[2] / "examples" / "terraform" / "main.tf"
PROVIDER = "registry.terraform.io/hashicorp/aws"


def _mirror() -> Path | None:
    told = os.environ.get("MSKLITE_TERRAFORM_MIRROR")
    roots = [Path(told)] if told else [
        *Path("/opt").glob("*"), Path("/usr/share/terraform/plugins"),
        Path("/usr/local/share/terraform/plugins"), Path.home() / ".terraform.d" / "plugins",
    ]  # fmt: skip
    return next((root for root in roots if (root / PROVIDER).is_dir()), None)


class Terraform:
    """One working folder."""

    def __init__(self, folder: Path, service: Serve, mirror: Path) -> None:
        self.folder = folder
        folder.mkdir()
        shutil.copy(EXAMPLE, folder)
        settings = folder / "terraform.rc"
        settings.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        )
        self.env = {**os.environ, "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1",
                    "CHECKPOINT_DISABLE": "1", "TF_VAR_endpoint": service.url}  # fmt: skip

    def run(self, *words: str, code: int = 0) -> str:
        """One command; its output."""
        done = subprocess.run(
            ["terraform", *words], cwd=self.folder, env=self.env, capture_output=True, text=True,
            timeout=280, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def outputs(self) -> dict[str, Any]:
        """What the example tells."""
        return {k: v["value"] for k, v in json.loads(self.run("output", "-json")).items()}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_terraform(shared: Serve, tmp_path: Path) -> None:
    mirror = _mirror()
    if shutil.which("terraform") is None or mirror is None:
        pytest.skip("Terraform with a mirror of hashicorp/aws isn't here")
    terraform = Terraform(tmp_path / "tf", shared, mirror)
    terraform.run("init", "-no-color")
    terraform.run("apply", "-auto-approve", "-no-color")
    terraform.run("plan", "-detailed-exitcode", "-no-color")
    told = terraform.outputs()
    assert told["brokers"] >= 3 and told["bootstrap"] and told["bootstrap_tls"]

    kafka = shared.client()
    kafka.create_topic(
        ClusterArn=told["arn"], TopicName="load", PartitionCount=PARTITIONS, ReplicationFactor=3
    )
    changes = {
        "brokers": 6, "volume_gb": 2, "kafka_version": "4.0.x.kraft",
        "properties": "num.partitions=4\nlog.retention.hours=2\n", "monitoring": "PER_BROKER",
        "tags": {"team": "orders", "stage": "test"},
    }  # fmt: skip
    (terraform.folder / "change.auto.tfvars.json").write_text(json.dumps(changes))
    at = told["bootstrap"]
    with Crowd(at, "load", PARTITIONS, (SlowLibrdkafka,), (LibrdkafkaReader,)) as crowd:
        crowd.wait_for_records()
        terraform.run("apply", "-auto-approve", "-no-color")
        crowd.wait_for_records()
        count = crowd.end(lambda: ends(at))
        print(f"{count} records while Terraform changed all, each once and in order")
    terraform.run("plan", "-detailed-exitcode", "-no-color")
    found = kafka.describe_cluster(ClusterArn=told["arn"])["ClusterInfo"]
    assert found["NumberOfBrokerNodes"] == 6
    assert found["CurrentBrokerSoftwareInfo"]["KafkaVersion"] == "4.0.x.kraft"
    assert found["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 2
    terraform.run("destroy", "-auto-approve", "-no-color")
    assert not kafka.list_clusters(ClusterNameFilter="terraform")["ClusterInfoList"]
    assert "terraform" not in [c["Name"] for c in kafka.list_configurations()["Configurations"]]
    folder = shared.home / "clusters" / "terraform"
    assert not folder.exists() and not processes(folder)
