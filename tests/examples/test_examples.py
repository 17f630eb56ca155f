"""The examples do what they say: data sets come back byte for byte, with three clients each way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from examples import stream_datasets as example
from msklite.testing import LocalCluster
from tests.cli.runner import Msklite
from tests.support.ports import wait_gone

ROOT = Path(__file__).parents[2]
WRITERS = {writer: write for _, writer, write, _, _ in example.STREAMS}
READERS = {reader: read for _, _, _, reader, read in example.STREAMS}
DATASETS = [name for name, *_ in example.STREAMS]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(brokers=3) as running:
        yield running


@pytest.fixture
def msklite(tmp_path: Path) -> Iterator[Msklite]:
    runner = Msklite(tmp_path / "home")
    runner.home.mkdir()
    yield runner
    runner.close()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_data_sets_come_back_byte_for_byte(
    cluster: LocalCluster, dataset: str, writer: str, reader: str
) -> None:
    path, bootstrap = example.DATA / dataset, cluster.bootstrap_servers
    topic = f"{dataset}-{writer}-{reader}"
    example.fresh_topic(bootstrap, topic)
    WRITERS[writer](bootstrap, topic, example.records(path))
    assert READERS[reader](bootstrap, topic) == path.read_bytes()


def killed_on_the_way(msklite: Msklite, lines: list[bytes], times: int) -> Iterator[bytes]:
    """The lines, between which the cluster dies by kill -9 and is started again."""
    every = len(lines) // (times + 1)
    for number, line in enumerate(lines):
        if number and number % every == 0:
            pid = msklite.json("status")["pid"]
            os.kill(pid, signal.SIGKILL)
            wait_gone(pid)
            msklite.ok("up", "-d")
        yield line


@pytest.mark.parametrize("writer", WRITERS)
def test_kill_9_while_a_client_writes(msklite: Msklite, writer: str) -> None:
    """Each line once and in order, though the client has to send some of them again."""
    path = example.DATA / "airports.csv"
    bootstrap = msklite.json("up", "-d")["bootstrap"]
    example.fresh_topic(bootstrap, "airports")
    lines = example.records(path)
    WRITERS[writer](bootstrap, "airports", killed_on_the_way(msklite, lines, times=3))
    for read in READERS.values():
        assert read(bootstrap, "airports") == path.read_bytes()


def test_the_script_says_so(cluster: LocalCluster) -> None:
    for again in ([], ["--again"], []):
        done = subprocess.run(
            [sys.executable, "examples/stream_datasets.py", cluster.bootstrap_servers, *again],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("same bytes") == len(DATASETS)


def test_the_first_command(msklite: Msklite) -> None:
    """What the README tells a newcomer to type, a killed zone included."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "examples/first.sh"],
        cwd=ROOT, env={**msklite.env, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("same bytes") == 2 * len(DATASETS)
    assert "Zone az1 is killed." in done.stdout
    assert "read back: each record once and in order" in done.stdout
    assert done.stdout.endswith("Cluster first has stopped.\n")


def test_the_ci_workflow_runs(msklite: Msklite) -> None:
    """Its shell steps, but for the installation; with them the whole life by boto3."""
    (job,) = yaml.safe_load((ROOT / "examples/ci/workflow.yaml").read_text())["jobs"].values()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**msklite.env, **job["env"], "PATH": path, "MSKLITE_API": "1",
           "EXAMPLE_CLUSTER": "by-boto3"}  # fmt: skip
    steps = [s for s in job["steps"] if "run" in s and s["name"] != "Install"]
    outs = {}
    try:
        for step in steps:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", step["run"]],
                cwd=ROOT, env=env, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (step, done.stdout + done.stderr)
            outs[step["name"]] = done.stdout
    finally:
        subprocess.run([sys.executable, "-m", "msklite", "down"], env=env, check=False,
                       capture_output=True)  # fmt: skip
    told = outs["Run what uses Kafka and the MSK API"].splitlines()
    assert told[1:] == [
        "100 records are there", "scaled: 6 brokers", "upgraded: Kafka 4.0.x.kraft",
        "200 records are there", "deleted",
    ]  # fmt: skip
    assert not (msklite.home / "control.json").exists()


@pytest.mark.parametrize(
    "example", ["test_orders.py", "test_zone_lost.py", "test_year_of_retention.py"]
)
def test_the_pytest_examples_pass(example: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"examples/{example}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
