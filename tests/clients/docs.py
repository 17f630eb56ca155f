"""Writes docs/clients.md: `python -m tests.clients.docs`. A test sees to it that it was done."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import confluent_kafka

from tests.clients import programs
from tests.clients.conftest import LACKS
from tests.support import jvm

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "docs" / "clients.md"
AREAS = {
    "test_produce.py": "Producing",
    "test_consume.py": "Consuming by assignment",
    "test_groups.py": "Consuming by group",
    "test_admin.py": "Administration",
    "test_transactions.py": "Transactions",
}
HEAD = """\
# Real clients against msklite

<!-- written by `python -m tests.clients.docs` from the tests; don't edit -->

`tests/clients` runs one suite of black-box checks with six real clients, each through an adapter
that does what a user of that client would, and Kafka's console tools by their own `main`. The
server is a `LocalCluster` of three brokers; with `MSKLITE_CLIENTS_SERVER=kafka` the same checks run
against Apache Kafka, and with `MSKLITE_CLIENTS_SERVER=HOST:PORT` against any cluster that is set up
alike.

## Versions

| client | version | runs |
|---|---|---|
"""


def checks(module: str) -> Iterator[tuple[str, str]]:
    """The module's tests: name and what its docstring says."""
    tree = ast.parse((HERE / module).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            told = ast.get_docstring(node)
            assert told, f"{module} {node.name} doesn't say what it checks"
            yield node.name, told


def versions() -> dict[str, str]:
    """Each client's version as this project pins it."""
    return {
        "kafka-python": version("kafka-python"),
        "aiokafka": version("aiokafka"),
        "confluent-kafka": version("confluent-kafka"),
        "java": jvm.KAFKA_VERSION,
        "franz-go": programs.franz_go(),
        "kafkajs": programs.kafkajs(),
    }


RUNS = {
    "kafka-python": "in the test's process, blocking",
    "aiokafka": "in the test's process, on asyncio",
    "confluent-kafka": f"in the test's process, by librdkafka {confluent_kafka.libversion()[0]}",
    "java": "Apache Kafka's own clients and console tools, in one JVM",
    "franz-go": "with kadm, in one Go program",
    "kafkajs": "in one Node program; a group and an assigner of its own stand for assignment",
}


def _cell(name: str, client: str, notes: list[str]) -> str:
    """A tick, or the number of the reason why not; a note for single parameters."""
    reasons = [
        reason if key == name else f"{reason} (`{key.removeprefix(name)[1:-1]}`)"
        for key, reason in LACKS[client].items()
        if key.split("[")[0] == name
    ]
    if not reasons:
        return "✓"
    note = f"{client}: {reasons[0]}"
    if note not in notes:
        notes.append(note)
    number = notes.index(note) + 1
    return f"[{number}]" if name in LACKS[client] else f"✓ [{number}]"


def text() -> str:
    """The whole page."""
    parts = [HEAD]
    parts += [f"| {name} | {number} | {RUNS[name]} |\n" for name, number in versions().items()]
    notes: list[str] = []
    for module, title in AREAS.items():
        parts.append(
            f"\n## {title}\n\n| check | {' | '.join(LACKS)} |\n|---|{'---|' * len(LACKS)}\n"
        )
        for name, told in checks(module):
            cells = " | ".join(_cell(name, client, notes) for client in LACKS)
            parts.append(f"| {told} | {cells} |\n")
    parts.append("\nWhat isn't ticked isn't run, because the client doesn't offer it:\n\n")
    parts += [f"{number}. {note}\n" for number, note in enumerate(notes, 1)]
    parts.append("\n## Kafka's console tools\n\n")
    for module in ("test_console.py", "test_txn_tools.py"):
        parts += [f"- {told}\n" for _, told in checks(module)]
    return "".join(parts)


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text(), encoding="utf-8")
