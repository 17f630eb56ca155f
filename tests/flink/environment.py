"""What the job needs and the tests' own environment can't have: PyFlink, which pins old libraries,
in a virtual environment of its own in the cache, and Flink's Kafka connector from Maven."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import jvm

CONNECTOR = (("org.apache.flink", "flink-sql-connector-kafka", "5.0.0-2.2"),)
"""With Kafka's client inside, under the name by which PyFlink calls it."""
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
COMPILED = "apache-flink,apache-beam,grpcio,numpy,pandas,pyarrow"
"""Never built from source here: that would take longer than all tests."""
INSTALL_S = 900


def connector() -> Path:
    """The folder with the connector's jar."""
    return jvm.libs("flink-connector", CONNECTOR)


def python() -> Path:
    """The Python that has PyFlink; where it can't be had the test is skipped (fails in CI)."""
    key = hashlib.sha256(sys.version.encode() + REQUIREMENTS.read_bytes()).hexdigest()[:8]
    home = jvm.cache_dir() / f"flink-{key}"
    with jvm.file_lock("flink"):
        if not home.is_dir():
            work = Path(tempfile.mkdtemp(prefix="flink-", dir=jvm.cache_dir()))
            try:
                _make(work)
                os.replace(work, home)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return home / "bin" / "python"


def _make(work: Path) -> None:
    pip = (
        work / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile",
        "--disable-pip-version-check", "--only-binary", COMPILED, "-r", REQUIREMENTS,
    )  # fmt: skip
    for command in ((sys.executable, "-m", "venv", work), pip):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S)
        if done.returncode != 0:
            told = (done.stdout + done.stderr)[-2000:]
            jvm.skip_or_fail(f"needs PyFlink, and pip couldn't install it: {told}")
