"""docs/parity.md, rendered from the masks and the table of differences."""

from __future__ import annotations

from pathlib import Path

from tests.parity.differences import ANY, LISTED, Listed
from tests.parity.masks import MASKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "parity.md"

HEAD = """\
# Parity with Apache Kafka 4.2

`tests/parity` asks one script of well over a thousand requests, good and bad, first of Apache
Kafka 4.2 and then of msklite, over raw sockets, and compares the answers field by field. It asks
every API that msklite serves, at every version or at the lowest, the highest and those where
behaviour changes, and some hundred requests drawn at random. A second script is asked of three
brokers on each side, each in a zone of its own, while all are there, while one is stopped, and
after it came back: what each of them says of the cluster, of leaders and in-sync sets, and of who
writes, reads, elects, moves replicas or belongs to a group. This page is made from the tables that
the test uses (`python -m tests.parity.run page`): what isn't on it was answered alike.

    python -m pytest tests/parity          # needs a JDK; takes about two minutes
    python -m tests.parity.run compare groups   # one area, and what differs
    python -m tests.parity.run brokers          # the script of three brokers, and what differs
    python -m tests.parity.run dump groups      # every request of an area with Kafka's answer
"""


def render() -> str:
    """The page's text."""
    masks = [f"| {_fields(m.fields)} | {m.reason} |" for m in MASKS]
    groups: dict[str, list[Listed]] = {}
    for entry in LISTED:
        groups.setdefault(entry.reason, []).append(entry)
    parts = [
        HEAD,
        "## What isn't compared",
        "\n".join(["| fields | why |", "|---|---|", *masks]),
        "## What differs",
        "Steps and fields are shell patterns over the script's own names.",
        *(_group(reason, entries) for reason, entries in groups.items()),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _group(reason: str, entries: list[Listed]) -> str:
    """One reason with all the fields that it is the reason for."""
    titles = list(dict.fromkeys(entry.title for entry in entries))
    rows = [_row(entry) for entry in entries]
    head = ["| step | field | Kafka | msklite |", "|---|---|---|---|"]
    return "\n".join([f"**{'; '.join(titles)}**: {reason}.", "", *head, *rows])


def _fields(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "numbers"


def _row(entry: Listed) -> str:
    path = _patterns(entry.path) if entry.path else "whole reply"
    cells = (_patterns(entry.steps), path, _value(entry.kafka), _value(entry.ours))
    return "| " + " | ".join(cells) + " |"


def _patterns(text: str) -> str:
    return ", ".join(f"`{pattern}`" for pattern in text.split("|"))


def _value(value: object) -> str:
    if value == ANY:
        return "various"
    text = repr(value)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}...`"


def write() -> None:
    """Bring the file up to date."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render())
