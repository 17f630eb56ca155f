"""docs/clients.md says what these tests do, with the versions that they run."""

from __future__ import annotations

import tomllib

from tests.clients import docs
from tests.clients.client import Client
from tests.clients.conftest import LACKS


def test_the_page_is_up_to_date() -> None:
    found = docs.TARGET.read_text(encoding="utf-8")
    assert found == docs.text(), "run python -m tests.clients.docs"


def test_what_a_client_lacks_is_a_check() -> None:
    names = {name for module in docs.AREAS for name, _ in docs.checks(module)}
    for client, lacking in LACKS.items():
        unknown = {key.split("[")[0] for key in lacking} - names
        assert not unknown, f"{client} lacks {unknown}, which nobody checks"


def test_the_versions_are_pinned() -> None:
    project = tomllib.loads((docs.HERE.parents[1] / "pyproject.toml").read_text())
    pinned = project["project"]["optional-dependencies"]["test"]
    for name in ("kafka-python", "aiokafka", "confluent-kafka"):
        assert f"{name}=={docs.versions()[name]}" in pinned


def test_the_client_runs_in_its_version(client: Client) -> None:
    """The library that really runs is of the version that the page names."""
    assert client.version().split()[0] == docs.versions()[client.name]
