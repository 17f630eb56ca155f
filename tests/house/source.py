"""What the house tests look at: our Python files, parsed once."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "msklite"
GENERATED = PACKAGE / "wire" / "messages"


def package_files() -> list[Path]:
    """Every module of msklite that a person wrote."""
    return sorted(p for p in PACKAGE.rglob("*.py") if GENERATED not in p.parents)


def own_files() -> list[Path]:
    """Every Python file that a person wrote, tests and scripts too."""
    others = [
        p
        for folder in ("tests", "tools", "benchmarks", "examples")
        for p in sorted((ROOT / folder).rglob("*.py"))
    ]
    return package_files() + others


@functools.cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    """The path as people say it."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module's full name with its line, those inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno}: imports are absolute here"
            module = node.module or ""
            yield module, node.lineno
            for alias in node.names:  # `from msklite.zone import spec` imports a module too
                yield f"{module}.{alias.name}", node.lineno
