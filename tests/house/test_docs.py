"""What the documents name is there: files, folders, and each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house import source

PAGES = [source.ROOT / "README.md", *sorted((source.ROOT / "docs").glob("*.md"))]
FOLDERS = {p.name for top in (source.ROOT, source.PACKAGE) for p in top.iterdir() if p.is_dir()}
NAMED = re.compile(r"`([a-z_.]+(?:/[A-Za-z0-9_.]+)+)`")


def _exists(path: str) -> bool:
    places = (source.ROOT / path, source.PACKAGE / path)
    return any(p.exists() or p.with_name(f"{p.name}.py").exists() for p in places)


@pytest.mark.parametrize("page", PAGES, ids=source.name)
def test_files_that_are_named_exist(page: Path) -> None:
    named = set(NAMED.findall(page.read_text(encoding="utf-8")))
    ours = {path for path in named if path.split("/")[0] in FOLDERS}
    assert not {path for path in ours if not _exists(path)}


@pytest.mark.parametrize("page", PAGES, ids=source.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_checker_sees_a_missing_file() -> None:
    assert _exists("log/recovery")
    assert not _exists("log/nowhere")
    assert NAMED.findall("`log/recovery` and `tests/run`, not `a b/c`") == [
        "log/recovery",
        "tests/run",
    ]
