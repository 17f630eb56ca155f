"""Kafka's message schemas (msklite/wire/schema) as objects, for generate_messages.py.

`load` reads a file; `F` is a field with its version ranges and what it is in Python.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

FIXED = {
    "bool": ("?", "bool", 1),
    "int8": ("b", "int", 1),
    "int16": ("h", "int", 2),
    "uint16": ("H", "int", 2),
    "int32": ("i", "int", 4),
    "uint32": ("I", "int", 4),
    "int64": ("q", "int", 8),
    "float64": ("d", "float", 8),
    "uuid": ("16s", "bytes", 16),
}
KINDS = ("string", "bytes", "records")
BIG = 32767


def snake(name: str) -> str:
    """topicId -> topic_id, KRaftVersion -> kraft_version, clusterID -> cluster_id."""
    name = name.replace("KRaft", "Kraft").replace("kRaft", "kraft")
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    out = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return out + "_" if out in {"from", "global", "class", "in"} else out


@dataclass
class Range:
    lo: int
    hi: int

    @staticmethod
    def parse(text: str | None, within: Range | None = None) -> Range:
        if text is None or text == "none":
            return Range(1, 0)
        if text.endswith("+"):
            r = Range(int(text[:-1]), BIG)
        elif "-" in text:
            a, b = text.split("-")
            r = Range(int(a), int(b))
        else:
            r = Range(int(text), int(text))
        return r.cut(within) if within else r

    def cut(self, other: Range) -> Range:
        return Range(max(self.lo, other.lo), min(self.hi, other.hi))

    @property
    def empty(self) -> bool:
        return self.lo > self.hi

    def covers(self, other: Range) -> bool:
        return other.empty or (self.lo <= other.lo and self.hi >= other.hi)

    def test(self, valid: Range) -> str:
        """A Python condition for `version` in this range, given that it is in `valid`."""
        if self.covers(valid):
            return "True"
        r = self.cut(valid)
        if r.empty:
            return "False"
        if r.lo <= valid.lo:
            return f"version <= {r.hi}"
        if r.hi >= valid.hi:
            return f"version >= {r.lo}"
        return f"version == {r.lo}" if r.lo == r.hi else f"{r.lo} <= version <= {r.hi}"


@dataclass
class F:
    name: str
    type: str
    versions: Range
    nullable: Range
    tag: int | None
    tagged: Range
    default: object
    never_flexible: bool

    @property
    def array(self) -> bool:
        return self.type.startswith("[]")

    @property
    def inner(self) -> str:
        return self.type[2:] if self.array else self.type

    @property
    def fixed(self) -> bool:
        return self.type in FIXED

    @property
    def plain(self) -> bool:
        return self.inner in FIXED or self.inner in KINDS

    def annotation(self) -> str:
        base = {"string": "str", "bytes": "bytes", "records": "Buffer"}.get(self.inner)
        if base is None:
            base = FIXED[self.inner][1] if self.inner in FIXED else self.inner
        if self.array:
            base = f"list[{base}]"
        return base if self.nullable.empty else f"{base} | None"

    def default_text(self) -> str:
        d = self.default
        if d == "null":
            return "None"
        if self.array:
            return "[]"
        if self.type == "bool":
            return "True" if d in (True, "true") else "False"
        if self.type == "uuid":
            return "ZERO_UUID"
        if self.type == "float64":
            return str(float(str(d or 0)))
        if self.type in FIXED:
            return str(int(str(d), 0)) if d not in (None, "") else "0"
        if self.type == "string":
            return json.dumps(d if d is not None else "")
        if self.type in ("bytes", "records"):
            return 'b""'
        return f"{self.type}()"

    @property
    def shared(self) -> bool:
        """A tagged struct: its default is one object for all (replace it, never change it)."""
        return self.tag is not None and self.default_text().endswith("()")

    @property
    def mutable(self) -> bool:
        t = self.default_text()
        return t == "[]" or (t.endswith("()") and not self.shared)

    def default_code(self) -> str:
        t = self.default_text()
        return f"DEFAULT_{self.type}" if self.shared else t


@dataclass
class Struct:
    name: str
    fields: list[F]
    valid: Range


def load(path: Path) -> dict:
    """A schema file: JSON with // comments."""
    text = "\n".join(re.sub(r"^\s*//.*$", "", line) for line in path.read_text().splitlines())
    text = re.sub(r'(?m)(?<=[\]},0-9"])\s+//.*$', "", text)
    return json.loads(text)
