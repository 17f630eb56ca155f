"""Small functions and files, docstrings, and the linters' word."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import source

MAX_FUNCTION = 70
MAX_FILE = 500


def _run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=source.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.parametrize("path", source.package_files(), ids=source.name)
def test_functions_are_short(path: Path) -> None:
    long = [
        f"{source.name(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1}"
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("path", source.own_files(), ids=source.name)
def test_files_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_FILE, f"{source.name(path)} has {lines} lines: look for the second noun"


@pytest.mark.parametrize("path", source.package_files(), ids=source.name)
def test_modules_and_public_classes_say_what_they_are(path: Path) -> None:
    tree = source.tree(path)
    missing = [] if ast.get_docstring(tree) or not tree.body else [f"{source.name(path)}"]
    missing += [
        f"{source.name(path)}:{node.lineno} {node.name}"
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not missing, "\n".join(missing)


def test_ruff() -> None:
    _run("-m", "ruff", "check", "--no-cache", ".")


@pytest.mark.slow
def test_mypy() -> None:
    _run("-m", "mypy", "--strict", "msklite")


def test_generated_messages_are_up_to_date() -> None:
    _run("tools/generate_messages.py", "--check")


@pytest.mark.parametrize("script", ["examples/first.sh", "tests/run", ".ci/run"])
def test_scripts_are_bash(script: str) -> None:
    done = subprocess.run(
        ["bash", "-n", str(source.ROOT / script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
