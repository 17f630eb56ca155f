"""One service for the session with one cluster that nobody changes; fresh ones on demand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.control.service import Serve, serving, wait_active, wish


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A service for all who clean up behind them."""
    with serving(tmp_path_factory.mktemp("control") / "home") as service:
        yield service


@pytest.fixture
def kafka(shared: Serve) -> Any:
    """boto3's client of the shared service."""
    return shared.client()


@pytest.fixture(scope="session")
def quiet(shared: Serve) -> str:
    """The ARN of an ACTIVE cluster of two zones that tests only look at."""
    kafka = shared.client()
    arn: str = kafka.create_cluster(**wish("quiet", azs=2, Tags={"owner": "tests"}))["ClusterArn"]
    wait_active(kafka, arn)
    return arn


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Serve]:
    """A service with a home of its own, for those who kill it."""
    with serving(tmp_path / "home") as service:
        yield service
