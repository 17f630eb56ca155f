"""The examples do what they say: data sets come back byte for byte, with three clients each way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import stream_datasets as example
from msklite.testing import LocalCluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(brokers=3) as running:
        yield running


WRITERS = {writer: write for _, writer, write, _, _ in example.STREAMS}
READERS = {reader: read for _, _, _, reader, read in example.STREAMS}
DATASETS = [name for name, *_ in example.STREAMS]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_data_sets_come_back_byte_for_byte(
    cluster: LocalCluster, dataset: str, writer: str, reader: str
) -> None:
    path = example.DATA / dataset
    topic = f"{dataset}-{writer}-{reader}"
    back = example.stream(cluster.bootstrap_servers, topic, path, WRITERS[writer], READERS[reader])
    assert back == path.read_bytes()


def test_the_script_says_so(cluster: LocalCluster) -> None:
    done = subprocess.run(
        [sys.executable, "examples/stream_datasets.py", cluster.bootstrap_servers],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("same bytes") == len(DATASETS)


def test_the_pytest_example_passes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "examples/test_orders.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
