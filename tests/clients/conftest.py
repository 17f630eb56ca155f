"""Which clients there are, what they talk to, and which checks each one runs.

Every test that takes `client` is run once per client, but for what the client has no call for
(its LACKS). By default the server is a LocalCluster of three brokers. To see that the checks
themselves are right, MSKLITE_CLIENTS_SERVER=kafka runs them against Apache Kafka, and
MSKLITE_CLIENTS_SERVER=HOST:PORT against any cluster (started with the settings below).
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from msklite.testing import LocalCluster
from tests.clients import programs
from tests.clients.adapter_aiokafka import Aiokafka
from tests.clients.adapter_confluent import Confluent
from tests.clients.adapter_kafka_python import KafkaPython
from tests.clients.adapter_process import FranzGo, JavaClient, KafkaJs
from tests.clients.client import PATIENCE, Client, Refused
from tests.support import jvm

IN_PROCESS: dict[str, Callable[[str], Client]] = {
    cls.name: cls for cls in (KafkaPython, Aiokafka, Confluent)
}
PROGRAMS = {cls.name: cls for cls in (JavaClient, FranzGo, KafkaJs)}
LACKS = {name: cls.LACKS for name, cls in {**IN_PROCESS, **PROGRAMS}.items()}

SETTINGS = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.num.partitions": "6",
    "offsets.topic.replication.factor": "1",
    "num.partitions": "3",
    "transaction.state.log.num.partitions": "6",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "300",
}
CREATING = {**SETTINGS, "auto.create.topics.enable": "true"}
BROKERS = 3


@dataclass(frozen=True)
class Server:
    """A running cluster."""

    bootstrap: str
    brokers: int


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "client" in metafunc.fixturenames:
        metafunc.parametrize("client", list(LACKS), indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a client has no call for, by the test's name or name[parameters]."""
    out = [item for item in items if isinstance(item, pytest.Function) and _lacking(item)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def _lacking(item: pytest.Function) -> bool:
    spec = getattr(item, "callspec", None)
    if spec is None or spec.params.get("client") not in LACKS:
        return False
    client = spec.params["client"]
    others = item.name.replace(f"{client}-", "", 1).replace(f"-{client}", "", 1)
    return item.originalname in LACKS[client] or others in LACKS[client]


# -- servers ------------------------------------------------------------------------------------


def _start(stack: ExitStack, settings: dict[str, str], brokers: int) -> Server:
    where = os.environ.get("MSKLITE_CLIENTS_SERVER", "")
    if where == "kafka":
        kafka = stack.enter_context(jvm.ApacheKafka(properties=settings))
        return Server(kafka.bootstrap, 1)
    if where:
        return Server(where, len(where.split(",")))
    cluster = stack.enter_context(LocalCluster(brokers=brokers, config=settings))
    return Server(cluster.bootstrap_servers, brokers)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The cluster that nearly all checks share; it doesn't create topics by itself."""
    with ExitStack() as stack:
        yield _start(stack, SETTINGS, BROKERS)


@pytest.fixture(scope="session")
def creating() -> Iterator[Server]:
    """A cluster that creates topics when they are first asked for."""
    with ExitStack() as stack:
        yield _start(stack, CREATING, 1)


# -- clients ------------------------------------------------------------------------------------


def connect(name: str, bootstrap: str) -> Client:
    """The client of that name; a missing JDK, Go or Node skips the test, in CI it fails it."""
    if name in IN_PROCESS:
        return IN_PROCESS[name](bootstrap)
    return PROGRAMS[name](bootstrap, programs.running(name))


@pytest.fixture(scope="session")
def client(request: pytest.FixtureRequest, server: Server) -> Iterator[Client]:
    """One client, connected to the server."""
    connected = connect(request.param, server.bootstrap)
    yield connected
    connected.close()


@pytest.fixture(scope="session", autouse=True)
def _programs_end() -> Iterator[None]:
    yield
    programs.stop_all()


# -- names and topics ---------------------------------------------------------------------------


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> Callable[..., str]:
    """Makes names that nobody uses yet, for topics and groups."""
    base = request.node.originalname.removeprefix("test_")

    def name(suffix: str = "t") -> str:
        return f"{base}-{suffix}-{uuid.uuid4().hex[:8]}"

    return name


@pytest.fixture
def make(client: Client, fresh: Callable[..., str]) -> Callable[..., str]:
    """Creates a topic with the client itself and returns its name once it has leaders."""

    def topic(partitions: int = 1, **configs: str) -> str:
        name = fresh()
        client.create_topic(
            name,
            partitions,
            configs={key.replace("_", "."): value for key, value in configs.items()},
        )
        await_leaders(client, name, partitions)
        return name

    return topic


def await_leaders(client: Client, topic: str, partitions: int) -> None:
    """Wait until the topic is known with a leader for each partition."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            leaders = [leader for leader, *_ in client.describe_topic(topic).partitions.values()]
        except Refused as refused:
            if refused.error not in ("UNKNOWN_TOPIC_OR_PARTITION", "LEADER_NOT_AVAILABLE"):
                raise
            leaders = []
        if len(leaders) == partitions and all(leader >= 0 for leader in leaders):
            return
        time.sleep(0.02)
    raise AssertionError(f"{topic} has no leaders after {PATIENCE:.0f} s")


# -- the versions -------------------------------------------------------------------------------


def pytest_report_header() -> str:
    """The versions of the clients that this run can have without starting anything."""
    parts = [f"{name} {make('').version()}" for name, make in IN_PROCESS.items()]
    return "clients: " + ", ".join([*parts, *programs.pinned()])
