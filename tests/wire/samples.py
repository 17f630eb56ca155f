"""Random messages, made from the schema files and not from our generated classes.

`cases()` names every (message, version); `sample()` fills an object of our class with values drawn
from the schema's types, edge values often, fields that the version lacks left alone. So a wrong
type, order, version range or default in a generated class shows up against any other codec.
"""

from __future__ import annotations

import functools
import importlib
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from generate_messages import SCHEMAS, Range, load, snake  # noqa: E402

INT_BITS = {"int8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32, "int64": 64}
TEXTS = ("", "a", "topic-1", "grüße", "日本", "x" * 127, "y" * 300)
BLOBS = (b"", b"\0", b"some bytes", bytes(range(256)))


@dataclass(frozen=True)
class Case:
    """One message at one version."""

    file: str
    name: str
    version: int
    kind: str
    api_key: int | None

    @property
    def module(self) -> Any:
        """Our generated module."""
        return importlib.import_module(f"msklite.wire.messages.{snake(self.file)}")

    @property
    def cls(self) -> Any:
        """Our generated class."""
        return getattr(self.module, self.name)

    def __str__(self) -> str:
        return f"{self.name}-v{self.version}"


@functools.cache
def schema(file: str) -> dict[str, Any]:
    """A schema file's content."""
    return load(SCHEMAS / f"{file}.json")


def cases() -> Iterator[Case]:
    """Every message that we generate, at every version."""
    for path in sorted(SCHEMAS.glob("*.json")):
        spec = schema(path.stem)
        if spec["validVersions"] == "none":
            continue
        valid = Range.parse(spec["validVersions"])
        for version in range(valid.lo, valid.hi + 1):
            yield Case(path.stem, spec["name"], version, spec["type"], spec.get("apiKey"))


class Sampler:
    """Draws objects from one seed. `tame` keeps to values that every other codec can hold."""

    def __init__(self, seed: int, tame: bool) -> None:
        self.rnd = random.Random(seed)
        self.tame = tame

    def sample(self, case: Case) -> Any:
        spec = schema(case.file)
        common = {s["name"]: s["fields"] for s in spec.get("commonStructs", [])}
        return self._struct(case.module, case.name, spec["fields"], common, case.version, spec)

    def _struct(self, module: Any, name: str, fields: Any, common: Any, v: int, spec: Any) -> Any:
        made = getattr(module, name)()
        for f in fields:
            versions = f.get("versions", f.get("taggedVersions", spec["validVersions"]))
            r = Range.parse(versions)
            if not r.lo <= v <= r.hi:
                continue
            tagged = Range.parse(f.get("taggedVersions"))
            if "tag" in f and tagged.lo <= v <= tagged.hi and self.rnd.random() < 0.4:
                continue
            setattr(made, snake(f["name"]), self._value(module, f, common, v, spec))
        return made

    def _value(self, module: Any, f: Any, common: Any, v: int, spec: Any) -> Any:
        nullable = Range.parse(f.get("nullableVersions"))
        if nullable.lo <= v <= nullable.hi and self.rnd.random() < 0.25:
            return None
        if f["type"].startswith("[]"):
            n = self.rnd.choice((0, 1, 1, 2, 3))
            return [self._one(module, f, f["type"][2:], common, v, spec) for _ in range(n)]
        return self._one(module, f, f["type"], common, v, spec)

    def _one(self, module: Any, f: Any, kind: str, common: Any, v: int, spec: Any) -> Any:
        rnd = self.rnd
        if kind in INT_BITS:
            return self._int(f["name"], kind)
        if kind == "bool":
            return rnd.random() < 0.5
        if kind == "float64":
            return rnd.choice((0.0, -1.5, 1e300, 3.25))
        if kind == "uuid":
            return rnd.choice((bytes(16), rnd.randbytes(16)))
        if kind == "string":
            return rnd.choice(TEXTS)
        if kind in ("bytes", "records"):
            return rnd.choice(BLOBS)
        fields = f.get("fields") or common[kind]
        return self._struct(module, kind, fields, common, v, spec)

    def _int(self, name: str, kind: str) -> int:
        bits = INT_BITS[kind]
        if self.tame and "errorcode" in name.lower():
            return self.rnd.randint(-1, 120)
        if self.tame and ("ms" in name.lower() or "time" in name.lower()):
            return self.rnd.choice((-1, 0, 1, 1234)) if bits < 64 else self.rnd.choice((0, 1, 999))
        if kind.startswith("u"):
            return self.rnd.choice((0, 1, 5, 2 ** (bits - 1), 2**bits - 1))
        edge = 2 ** (bits - 1)
        return self.rnd.choice(
            (-1, 0, 1, 2, 77, -edge, edge - 1, self.rnd.randint(-edge, edge - 1))
        )
