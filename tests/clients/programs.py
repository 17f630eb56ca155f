"""The Java, Go and Node clients: programs that do the verbs as lines of JSON, each started once.

A request is one line, {"verb": ..., arguments}; the answer is one line, {"ok": value},
{"refused": error name, "text": ...} or {"failed": text}. Bytes travel in base64.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from tests.clients.client import Refused
from tests.support import jvm

HERE = Path(__file__).parent
GO_PLACES = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go")
BUILD_SECONDS = 300

_running: dict[str, Program] = {}


class Program:
    """A running client program."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def call(self, verb: str, **arguments: Any) -> Any:
        """Ask for one verb; raises Refused when the broker refused it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps({"verb": verb, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.name} ended with {self._process.wait()} in {verb}")
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(answer["refused"], answer.get("text", ""))
        if "failed" in answer:
            raise AssertionError(f"{self.name} failed in {verb}: {answer['failed']}")
        return answer["ok"]

    def stop(self) -> None:
        """The program ends when its input does; what doesn't is killed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def running(name: str) -> Program:
    """The program of that client, started on first use."""
    if name not in _running:
        command = {"java": _java, "franz-go": _go, "kafkajs": _node}[name]
        _running[name] = Program(name, command())
    return _running[name]


def stop_all() -> None:
    while _running:
        _running.popitem()[1].stop()


def _java() -> list[str]:
    jvm.require_jvm()
    classes = jvm.compile_java(*sorted((HERE / "java").glob("*.java")))
    return jvm.java_command("Driver", classes=classes)


def _go() -> list[str]:
    """The Go program, built once for each state of its source."""
    go = shutil.which("go") or next((place for place in GO_PLACES if Path(place).exists()), None)
    if go is None:
        jvm.skip_or_fail("needs Go for franz-go: go isn't on PATH")
    assert go is not None
    digest = hashlib.sha256()
    for source in sorted((HERE / "go").iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    target = jvm.cache_dir() / f"franz-go-{digest.hexdigest()[:16]}"
    with jvm.file_lock("franz-go"):
        if not target.exists():
            part = target.with_suffix(".part")
            done = subprocess.run(
                [go, "build", "-o", str(part), "."],
                cwd=HERE / "go",
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
            )
            if done.returncode != 0:
                raise AssertionError(f"go build failed:\n{done.stderr}")
            os.replace(part, target)
    return [str(target)]


def _node() -> list[str]:
    """The Node program beside its packages, installed once for each state of its source."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            jvm.skip_or_fail(f"needs Node for kafkajs: {tool} isn't on PATH")
    sources = [path for path in sorted((HERE / "node").iterdir()) if path.is_file()]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    target = jvm.cache_dir() / f"kafkajs-{digest.hexdigest()[:16]}"
    with jvm.file_lock("kafkajs"):
        if not target.exists():
            part = Path(tempfile.mkdtemp(prefix="npm-", dir=jvm.cache_dir()))
            for source in sources:
                shutil.copy(source, part)
            done = subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=part,
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
            )
            if done.returncode != 0:
                shutil.rmtree(part)
                raise AssertionError(f"npm ci failed:\n{done.stderr}")
            os.replace(part, target)
    return ["node", str(target / "main.js")]


def kafkajs() -> str:
    """kafkajs's version, which package.json fixes."""
    wanted: str = json.loads((HERE / "node" / "package.json").read_text())["dependencies"][
        "kafkajs"
    ]
    return wanted


def franz_go() -> str:
    """franz-go's version, which go.mod fixes."""
    version = re.search(r"twmb/franz-go v(\S+)", (HERE / "go" / "go.mod").read_text())
    assert version is not None
    return version[1]


def pinned() -> list[str]:
    """Their versions, without starting them."""
    return [f"java {jvm.KAFKA_VERSION}", f"franz-go {franz_go()}", f"kafkajs {kafkajs()}"]
