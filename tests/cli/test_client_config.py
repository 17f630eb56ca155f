"""What `client-config` prints is put into real clients as it is, over plain text and TLS."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from msklite.cli.client_config import CLIENTS
from tests.cli.runner import Msklite
from tests.clients import programs
from tests.support import jvm

PATIENCE_S = 120
MODES = [(), ("--tls",)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Msklite]:
    """A home with a cluster `both` that serves plain text and TLS, and has the topic `there`."""
    runner = Msklite(tmp_path_factory.mktemp("config") / "home")
    runner.home.mkdir()
    runner.ok("up", "-d", "--name", "both", "--client-broker", "TLS_PLAINTEXT")
    runner.ok("topic", "create", "there", "--name", "both")
    yield runner
    runner.close()
    programs.stop_all()


def config(home: Msklite, client: str, mode: tuple[str, ...]) -> str:
    return home.ok("client-config", "both", "--for", client, *mode).out


def pairs(text: str) -> dict[str, Any]:
    return dict(line.split("=", 1) for line in text.splitlines())


def run_python(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(text, names)
    found: dict[str, Any] = names["config"]
    return found


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("client", ["librdkafka", "kcat", "confluent-kafka"])
def test_librdkafka(home: Msklite, client: str, mode: tuple[str, ...]) -> None:
    text = config(home, client, mode)
    settings = run_python(text) if client == "confluent-kafka" else pairs(text)
    assert (settings["security.protocol"] == "ssl") == bool(mode)
    assert "there" in AdminClient(settings).list_topics(timeout=PATIENCE_S).topics


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_kafka_python(home: Msklite, mode: tuple[str, ...]) -> None:
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(**run_python(config(home, "kafka-python", mode)))
    assert "there" in admin.list_topics()
    admin.close()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_aiokafka(home: Msklite, mode: tuple[str, ...]) -> None:
    async def offset() -> int:
        names: dict[str, Any] = {}
        exec(config(home, "aiokafka", mode), names)
        async with names["AIOKafkaProducer"](**names["config"]) as producer:
            told = await producer.send_and_wait("there", b"x")
            found: int = told.offset
            return found

    assert asyncio.run(offset()) >= 0


@pytest.mark.jvm
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_java(home: Msklite, mode: tuple[str, ...], tmp_path: Path) -> None:
    from tests.clients.test_console import TOPICS, Console

    jvm.require_jvm()
    file = tmp_path / "client.properties"
    file.write_text(config(home, "java", mode))
    told = Console(pairs(file.read_text())["bootstrap.servers"])(
        TOPICS, "--list", "--command-config", str(file)
    )
    assert "there" in told.splitlines()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_spring_names_the_same(home: Msklite, mode: tuple[str, ...]) -> None:
    spring, java = pairs(config(home, "spring", mode)), pairs(config(home, "java", mode))
    assert spring["spring.kafka.bootstrap-servers"] == java["bootstrap.servers"]
    if mode:
        location = spring["spring.kafka.ssl.trust-store-location"]
        assert location == f"file:{java['ssl.truststore.location']}"
        assert Path(java["ssl.truststore.location"]).is_file()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_kafkajs(home: Msklite, mode: tuple[str, ...], tmp_path: Path) -> None:
    program = Path(programs._node()[1])
    script = tmp_path / "list.js"
    script.write_text(
        config(home, "kafkajs", mode) + "const admin = kafka.admin()\n"
        "admin.connect().then(() => admin.listTopics()).then((t) => {\n"
        "  console.log(t.join('\\n')); return admin.disconnect()\n})\n"
    )
    done = subprocess.run(
        ["node", str(script)], capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        env={**os.environ, "NODE_PATH": str(program.parent / "node_modules")},
    )  # fmt: skip
    assert "there" in done.stdout.splitlines()


@pytest.mark.golang
@pytest.mark.slow
def test_franz_go(home: Msklite, tmp_path: Path) -> None:
    """Both in one program, as building one takes long."""
    programs._go()  # says what is missing, and has the modules here
    go = shutil.which("go") or next(p for p in programs.GO_PLACES if Path(p).exists())
    bodies = ""
    for mode in MODES:
        lines = config(home, "franz-go", mode).replace("\n", "\n\t")
        bodies += f"func use{len(mode)}() {{\n\t{lines}\n\task(opts)\n}}\n\n"
    (tmp_path / "main.go").write_text(
        'package main\n\nimport (\n\t"context"\n\t"crypto/tls"\n\t"crypto/x509"\n'
        '\t"fmt"\n\t"os"\n\n'
        '\t"github.com/twmb/franz-go/pkg/kgo"\n)\n\n'
        "func ask(opts []kgo.Opt) {\n\tclient, err := kgo.NewClient(opts...)\n"
        "\tif err != nil {\n\t\tpanic(err)\n\t}\n\tdefer client.Close()\n"
        "\tif err := client.Ping(context.Background()); err != nil {\n\t\tpanic(err)\n\t}\n"
        f'\tfmt.Println("pong")\n}}\n\n{bodies}func main() {{\n\tuse0()\n\tuse1()\n}}\n'
    )
    for name in ("go.mod", "go.sum"):
        shutil.copy(programs.HERE / "go" / name, tmp_path)
    done = subprocess.run(
        [go, "run", "."], cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.stdout == "pong\npong\n", done.stderr


@pytest.mark.parametrize("client", CLIENTS)
def test_json(home: Msklite, client: str) -> None:
    told = home.json("client-config", "--for", client, "--tls", "--name", "both")
    assert told["bootstrap"] == home.ok("bootstrap", "--tls", "--name", "both").out.strip()
    assert told["config"] == config(home, client, ("--tls",))


def test_refusals(msklite: Msklite) -> None:
    assert "no cluster none" in msklite.refused("client-config", "none", "--for", "java")
    assert "--for" in msklite.run("client-config", "none").err
    msklite.ok("up", "-d")
    refused = msklite.refused("client-config", "default", "--for", "java", "--tls")
    assert refused == "Cluster default serves no TLS."


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(msklite: Msklite, shell: str) -> None:
    script = msklite.ok("completion", shell).out
    assert "_MSKLITE_COMPLETE" in script
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr


def test_what_is_completed(home: Msklite) -> None:
    """Commands, options, choices and the names of clusters, as a shell asks for them."""

    def complete(*words: str) -> list[str]:
        env = {
            "_MSKLITE_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["msklite", *words]),
            "COMP_CWORD": str(len(words)),
        }
        asked = Msklite(home.home, env)
        return [line.partition(",")[2] for line in asked.ok().lines]

    assert complete("clie") == ["client-config"]
    assert "describe" in complete("topic", "")
    assert complete("client-config", "--for", "kafka-") == ["kafka-python"]
    assert complete("status", "--name", "b") == ["both"]
    assert complete("client-config", "b") == ["both"]
    assert "--volume-gb" in complete("up", "--vol")
