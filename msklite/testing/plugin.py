"""The pytest plugin that installs with msklite: `msk_cluster`, `msk_topic` and the marker `msk`.

    def test_orders(msk_cluster, msk_topic):
        producer = KafkaProducer(bootstrap_servers=msk_cluster.bootstrap_servers)

    @pytest.mark.msk(azs=3, processes=True, config={"min.insync.replicas": 2})
    def test_zone_lost(msk_cluster): ...

Rules kept here: loading this costs a session nothing, as nothing of msklite is loaded before a
fixture is asked for. A cluster is started once for each session and shape, so an xdist worker has
its own; `fresh=True` gives a test one of its own, to break. What the brokers said while a test ran
that failed is in its report.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from msklite.testing import LocalCluster, ProcessCluster

    Cluster = LocalCluster | ProcessCluster

ARGUMENTS = frozenset(
    {"azs", "brokers", "config", "fresh", "kafka_version", "metrics", "processes", "storage",
     "tls", "volume_bytes"}
)  # fmt: skip
_TAIL = 400
"""Lines of the brokers' log in a report."""
_TAIL_BYTES = 64 * 1024
_LOG = pytest.StashKey[dict[Any, int]]()
Shape = tuple[tuple[str, Any], ...]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `msk_cluster` is where no marker says it."""
    parser.addini("msk_azs", "msk_cluster: availability zones, 1 to 3", default="1")
    parser.addini("msk_brokers", "msk_cluster: brokers in all; one for each zone if not given")
    parser.addini("msk_config", "msk_cluster: broker settings, KEY=VALUE", type="linelist")
    parser.addini("msk_kafka_version", "msk_cluster: the version of Kafka that clients find")
    parser.addini("msk_processes", "msk_cluster: zones as real processes", type="bool")


def pytest_configure(config: pytest.Config) -> None:
    """The markers, for --strict-markers."""
    config.addinivalue_line(
        "markers",
        "msk(azs, brokers, config, kafka_version, tls, storage, volume_bytes, metrics, processes,"
        " fresh): what the msk_cluster of a test is to be",
    )
    config.addinivalue_line(
        "markers",
        "msk_topic(partitions=1, replication_factor=-1, config): what its msk_topic is to be",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A marked test gets the cluster of its shape, wherever in its fixtures it is asked for."""
    if "msk_cluster" not in metafunc.fixturenames:
        return
    found = list(metafunc.definition.iter_markers("msk"))
    if not found:
        return
    wanted: dict[str, Any] = {}
    for mark in reversed(found):  # the nearest counts most
        unknown = sorted(set(mark.kwargs) - ARGUMENTS)
        if mark.args or unknown:
            what = ", ".join(unknown) or "something without a name"
            raise pytest.UsageError(
                f"{metafunc.definition.nodeid}: the marker msk doesn't take {what};"
                f" it takes {', '.join(sorted(ARGUMENTS))}"
            )
        wanted |= mark.kwargs
    if wanted.pop("fresh", False):
        wanted["fresh"] = metafunc.definition.nodeid
    hidden: Any = getattr(pytest, "HIDDEN_PARAM", "msk")
    metafunc.parametrize("msk_cluster", [_shape(wanted)], indirect=True, ids=[hidden])


def _shape(wanted: Mapping[str, Any]) -> Shape:
    """Equal for equal wishes."""
    frozen = {k: tuple(sorted(v.items())) if k == "config" else v for k, v in wanted.items()}
    return tuple(sorted(frozen.items()))


def _defaults(config: pytest.Config) -> dict[str, Any]:
    wanted: dict[str, Any] = {"azs": int(config.getini("msk_azs"))}
    if brokers := config.getini("msk_brokers"):
        wanted["brokers"] = int(brokers)
    if version := config.getini("msk_kafka_version"):
        wanted["kafka_version"] = version
    if config.getini("msk_processes"):
        wanted["processes"] = True
    settings = {}
    for line in config.getini("msk_config"):
        key, equals, value = line.partition("=")
        if not equals:
            raise pytest.UsageError(f"msk_config takes KEY=VALUE, not {line!r}")
        settings[key.strip()] = value.strip()
    if settings:
        wanted["config"] = settings
    return wanted


# -- fixtures -----------------------------------------------------------------------------------


class _Pool:
    """The clusters of this session, by shape."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        self._defaults = defaults
        self._running: dict[Shape, Cluster] = {}

    def get(self, shape: Shape) -> Cluster:
        """The one of this shape, started if it isn't yet."""
        found = self._running.get(shape)
        if found is None:
            found = self._running[shape] = self.start(shape)
        return found

    def start(self, shape: Shape) -> Cluster:
        """One that is nobody else's."""
        from msklite.testing import LocalCluster, ProcessCluster

        wanted = {**self._defaults, **dict(shape)}
        wanted["config"] = {**self._defaults.get("config", {}), **dict(wanted.get("config", ()))}
        wanted.pop("fresh", None)
        if "azs" in dict(shape) and "brokers" not in dict(shape):
            wanted.pop("brokers", None)  # the default is of another number of zones
        if wanted.pop("processes", False):
            return ProcessCluster(**wanted).start()
        return LocalCluster(**wanted).start()

    def close(self) -> None:
        """The session is over."""
        for cluster in self._running.values():
            cluster.stop()


@pytest.fixture(scope="session")
def _msk_pool(pytestconfig: pytest.Config) -> Iterator[_Pool]:
    with _Records():
        pool = _Pool(_defaults(pytestconfig))
        yield pool
        pool.close()


@pytest.fixture(scope="session")
def msk_cluster(request: pytest.FixtureRequest, _msk_pool: _Pool) -> Iterator[Cluster]:
    """A running cluster: LocalCluster, or with processes=True a ProcessCluster."""
    shape: Shape = getattr(request, "param", ())
    if "fresh" not in dict(shape):
        yield _msk_pool.get(shape)
        return
    cluster = _msk_pool.start(shape)
    yield cluster
    cluster.stop()


@pytest.fixture
def msk_topic(request: pytest.FixtureRequest, msk_cluster: Cluster) -> Iterator[str]:
    """The name of a fresh topic, which goes with the test."""
    from msklite.testing import topics

    mark = request.node.get_closest_marker("msk_topic")
    name = topics.fresh_name(re.sub(r"\W+", "-", request.node.name))
    topics.create(msk_cluster, name, **(mark.kwargs if mark is not None else {}))
    yield name
    topics.delete(msk_cluster, name)


# -- what the brokers said ----------------------------------------------------------------------


class _Records(logging.Handler):
    """Keeps what msklite's loggers say in this process, and lets on what would be seen anyway.

    They are set to INFO, which a test that looks at its own log must not notice.
    """

    current: _Records | None = None

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
        self.lines: deque[str] = deque(maxlen=_TAIL)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
        self.count += 1
        root = logging.getLogger()
        if record.levelno >= root.getEffectiveLevel():
            root.callHandlers(record)

    def __enter__(self) -> None:
        logger = logging.getLogger("msklite")
        self._before = logger.level, logger.propagate
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(self)
        _Records.current = self

    def __exit__(self, *exc: object) -> None:
        logger = logging.getLogger("msklite")
        logger.removeHandler(self)
        level, logger.propagate = self._before
        logger.setLevel(level)
        _Records.current = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note where the logs stand before the test."""
    marks: dict[Any, int] = {}
    if _Records.current is not None:
        marks[None] = _Records.current.count
    marks |= {path: _size(path) for path in _log_files(item)}
    item.stash[_LOG] = marks
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Attach what was said since."""
    report = yield
    if report.failed and "msk_cluster" in getattr(item, "fixturenames", ()):
        marks = item.stash.get(_LOG, {})
        records = _Records.current
        if records is not None:
            new = records.count - marks.get(None, 0)
            lines = list(records.lines)[-new:] if new else []
            if lines:
                report.sections.append(("msklite brokers", "\n".join(lines)))
        for path in _log_files(item):
            text = _since(path, marks.get(path, 0))
            if text:
                zone = f"{path.parent.parent.name}/" if path.parent.name == "logs" else ""
                report.sections.append((f"msklite {zone}{path.name}", text))
    return report


def _log_files(item: pytest.Item) -> list[Path]:
    cluster = getattr(item, "funcargs", {}).get("msk_cluster")
    found: list[Path] = getattr(cluster, "log_files", [])
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _since(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(start, _size(path) - _TAIL_BYTES) if _size(path) >= start else 0)
            data = file.read()
    except OSError:
        return ""
    return "\n".join(data.decode(errors="replace").splitlines()[-_TAIL:])
