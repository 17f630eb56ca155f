"""Printing: tables for people, JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click


def as_json(value: Any) -> None:
    """One JSON document, indented."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str = "none") -> None:
    """Columns as wide as their widest cell; numbers to the right."""
    if not rows:
        click.echo(f"({empty})")
        return
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(c), *(len(row[i]) for row in cells)) for i, c in enumerate(columns)]
    right = [all(isinstance(row[i], int | float) or row[i] is None for row in rows)
             for i in range(len(columns))]  # fmt: skip
    for line in [[c.upper() for c in columns], *cells]:
        padded = [
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(line, widths, right, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def pairs(values: Mapping[str, Any]) -> None:
    """`name  value` lines."""
    width = max((len(k) for k in values), default=0)
    for key, value in values.items():
        click.echo(f"{key.ljust(width)}  {_text(value)}")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value)) or "-"
    return str(value)


def size(n: int | None) -> str:
    """Bytes for people."""
    if n is None:
        return "-"
    amount = float(n)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def duration(ms: int) -> str:
    """A span of time for people: the two largest units."""
    seconds = max(0, ms) // 1000
    for unit, length, lower, short in (
        ("d", 86400, "h", 3600),
        ("h", 3600, "m", 60),
        ("m", 60, "s", 1),
    ):
        if seconds >= length:
            return f"{seconds // length}{unit} {seconds % length // short}{lower}"
    return f"{seconds}s"
