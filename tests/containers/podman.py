"""podman as the tests use it: its configuration, a base image from Debian's packages, our image.

No image registry is needed: mmdebstrap makes the base (once, kept in the tests' cache), and the
packages that the image installs are taken from a folder into which pip has put them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support import jvm

ROOT = Path(__file__).parents[2]
BASE = "localhost/msklite-test-base"
IMAGE = "localhost/msklite-test"
PACKAGES = "python3,python3-venv,ca-certificates"
BUILD_SECONDS = 900
CONFIGURATION = """\
[containers]
default_ulimits=["nofile=10000:10000","nproc=10000:10000"]
[engine]
runtime="runc"
[network]
network_backend="netavark"
"""


def require() -> None:
    """Skip where containers can't be had: it takes root, podman and mmdebstrap."""
    missing = [tool for tool in ("podman", "mmdebstrap") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)} (apt-get install podman mmdebstrap ...)")
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a base image and to cut networks")
    done = run("info", check=False)
    if done.returncode:
        pytest.skip(f"podman doesn't work here: {done.stderr.strip()[-300:]}")


@cache
def environment() -> dict[str, str]:
    """With limits and a runtime that work without systemd."""
    file = jvm.cache_dir() / "containers.conf"
    file.write_text(CONFIGURATION)
    return {**os.environ, "CONTAINERS_CONF": str(file), "MSKLITE_IMAGE": IMAGE}


def run(*args: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """`podman ARGS`."""
    return _call(["podman", *args], check, timeout)


def compose(
    project: str, file: Path, *args: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """`podman-compose ARGS` for that file, with these variables in its environment."""
    tool = str(Path(sys.executable).with_name("podman-compose"))
    return _call([tool, "-p", project, "-f", str(file), *args], True, 300, variables)


def _call(
    command: list[str], check: bool, timeout: float, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, cwd=ROOT,
        env={**environment(), **(variables or {})},
    )  # fmt: skip
    if check and done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr[-3000:]}")
    return done


def image() -> str:
    """Our image, made of the tree as it is."""
    if run("image", "exists", BASE, check=False).returncode:
        run("import", str(_base()), BASE, timeout=BUILD_SECONDS)
    wheels = _wheels()
    run(
        "build", "--isolation=chroot", f"--build-arg=BASE={BASE}", "-v", f"{wheels}:/wheels:ro",
        "--env=PIP_FIND_LINKS=/wheels", "--env=PIP_NO_INDEX=1",
        "-f", "docker/Dockerfile", "-t", IMAGE, ".",
        timeout=BUILD_SECONDS,
    )  # fmt: skip
    return IMAGE


def _base() -> Path:
    """A root file system of Debian with Python."""
    target = jvm.cache_dir() / f"debian-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:8]}.tar"
    with jvm.file_lock("debian-base"):
        if not target.exists():
            part = target.with_suffix(".part.tar")
            _call(
                ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(part)],
                True,
                BUILD_SECONDS,
            )
            part.replace(target)
    return target


def _wheels() -> Path:
    """What `pip install .` needs in the image, for Debian's Python 3.11."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()[:12]
    target = jvm.cache_dir() / f"wheels-{digest}"
    with jvm.file_lock("wheels"):
        if not target.exists():
            part = target.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            _call(
                [sys.executable, "-m", "pip", "download", "-q", "-d", str(part),
                 "--python-version", "3.11", "--only-binary=:all:",
                 *_dependencies(), "hatchling>=1.25"],
                True,
                BUILD_SECONDS,
            )  # fmt: skip
            part.replace(target)
    return target


def _dependencies() -> list[str]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: list[str] = project["dependencies"]
    return found
