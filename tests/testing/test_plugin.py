"""The pytest plugin as users have it: found by its entry point, in sessions of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from tests.support.ports import is_alive

pytest_plugins = "pytester"
ROOT = Path(__file__).parents[2]
PATIENCE_S = 120
HEAD = """
    import pytest
    from kafka import KafkaConsumer, KafkaProducer, TopicPartition

    def there_and_back(cluster, topic, value=b"hello"):
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
        producer.send(topic, value, partition=0).get(60)
        producer.close()
        consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap_servers,
                                 auto_offset_reset="earliest", consumer_timeout_ms=60_000)
        consumer.assign([TopicPartition(topic, 0)])
        found = next(consumer).value
        consumer.close()
        return found
"""


@pytest.fixture
def user(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder of a user's tests, where the tree under test is installed with its entry point."""
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    site = pytester.mkdir("site")
    info = site / "installed-1.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: installed\nVersion: 1.0\n")
    lines = [f"{name} = {module}" for name, module in entry["pytest11"].items()]
    info.joinpath("entry_points.txt").write_text("[pytest11]\n" + "\n".join(lines) + "\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(site)]))
    for name in [n for n in os.environ if n.startswith(("PYTEST_", "COV_"))]:
        monkeypatch.delenv(name)
    pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider -ra\n")
    return pytester


def run(user: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    user.makepyfile(test_users=HEAD + source)
    return user.runpytest_subprocess(*args, timeout=PATIENCE_S)


def test_a_topic_for_each_test_on_one_cluster(user: pytest.Pytester) -> None:
    done = run(user, """
    seen = []

    @pytest.mark.parametrize("n", [1, 2])
    def test_it(msk_cluster, msk_topic, n):
        assert there_and_back(msk_cluster, msk_topic, b"%d" % n) == b"%d" % n
        seen.append((msk_cluster.bootstrap_servers, msk_topic))

    @pytest.mark.msk_topic(partitions=3, config={"retention.ms": 1000})
    def test_topics_are_made_to_measure(msk_cluster, msk_topic):
        image = msk_cluster.zone().image
        assert len(image.topics[msk_topic].partitions) == 3
        assert image.config(2, msk_topic)["retention.ms"] == "1000"
        seen.append((msk_cluster.bootstrap_servers, msk_topic))

    def test_they_are_gone(msk_cluster):
        assert len({servers for servers, _ in seen}) == 1
        assert len({topic for _, topic in seen}) == 3
        assert not {topic for _, topic in seen} & set(msk_cluster.zone().image.topics)
    """)  # fmt: skip
    done.assert_outcomes(passed=4)


def test_markers_shape_the_cluster(user: pytest.Pytester) -> None:
    done = run(user, """
    where = {}

    @pytest.fixture(scope="module")
    def address(msk_cluster):
        return msk_cluster.bootstrap_servers

    @pytest.mark.msk(azs=3, brokers=6, config={"num.partitions": 4})
    def test_six(msk_cluster, address):
        assert len(address.split(",")) == 6
        assert msk_cluster.spec.config["num.partitions"] == "4"
        where["six"] = address

    @pytest.mark.msk(config={"num.partitions": 4}, brokers=6, azs=3)
    def test_the_same_six(address):
        assert where["six"] == address

    def test_one(address):
        assert len(address.split(",")) == 1
        where["one"] = address

    @pytest.mark.msk(kafka_version="3.6.0", tls=True)
    def test_old_and_secure(msk_cluster, msk_topic):
        assert msk_cluster.spec.kafka_version == "3.6.0"
        assert msk_cluster.ca_file

    @pytest.mark.msk(fresh=True)
    def test_fresh(msk_cluster):
        assert msk_cluster.bootstrap_servers != where["one"]
        msk_cluster.crash()

    @pytest.mark.msk(fresh=True)
    class TestFresh:
        def test_own(self, msk_cluster, msk_topic):
            assert there_and_back(msk_cluster, msk_topic) == b"hello"

    def test_one_again(address, msk_topic, msk_cluster):
        assert address == where["one"]
        assert there_and_back(msk_cluster, msk_topic) == b"hello"
    """, "-v")  # fmt: skip
    done.assert_outcomes(passed=7)
    if hasattr(pytest, "HIDDEN_PARAM"):  # since pytest 8.4
        done.stdout.fnmatch_lines(["*::test_six PASSED*"])


def test_settings_of_the_project(user: pytest.Pytester) -> None:
    user.makeini(
        "[pytest]\nmsk_azs = 3\nmsk_kafka_version = 3.8.x\n"
        "msk_config =\n  num.partitions=2\n  auto.create.topics.enable=false\n"
    )
    done = run(user, """
    def test_it(msk_cluster):
        assert sorted(msk_cluster.spec.zones) == [1, 2, 3]
        assert msk_cluster.spec.kafka_version == "3.8.x"
        assert msk_cluster.spec.config["num.partitions"] == "2"

    @pytest.mark.msk(azs=1, config={"num.partitions": 5})
    def test_that(msk_cluster):
        assert not msk_cluster.spec.zones
        assert msk_cluster.spec.config["num.partitions"] == "5"
        assert msk_cluster.spec.config["auto.create.topics.enable"] == "false"
    """)  # fmt: skip
    done.assert_outcomes(passed=2)


def test_a_wrong_marker_is_named(user: pytest.Pytester) -> None:
    done = run(user, """
    @pytest.mark.msk(broker=3)
    def test_it(msk_cluster): ...
    """)  # fmt: skip
    done.stdout.fnmatch_lines(["*test_it: the marker msk doesn't take broker; it takes azs, *"])
    assert done.ret != 0


def test_brokers_words_are_in_the_report_of_a_test_that_fails(user: pytest.Pytester) -> None:
    done = run(user, """
    import socket

    def upset(cluster):
        host, port = cluster.bootstrap_servers.split(":")
        with socket.create_connection((host, int(port)), 60) as sock:
            sock.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
            assert sock.recv(1) == b""

    def test_good(msk_cluster, caplog):
        upset(msk_cluster)
        assert [r.levelname for r in caplog.records if r.levelname == "INFO"] == []

    def test_bad(msk_cluster):
        upset(msk_cluster)
        assert 0

    def test_bad_without(): assert 0
    """)  # fmt: skip
    done.assert_outcomes(passed=1, failed=2)
    text = done.stdout.str()
    assert text.count("msklite brokers") == 1
    section = text.split("msklite brokers")[1].split("\n____")[0]
    assert section.count("is this client speaking Kafka?") == 1, "of this test alone"


def test_a_session_that_asks_for_nothing_loads_nothing(user: pytest.Pytester) -> None:
    done = run(user, """
    import sys

    def test_it():
        assert "msklite.testing.plugin" in sys.modules
        ours = {m for m in sys.modules if m.split(".")[0] == "msklite"}
        assert ours == {"msklite", "msklite.testing", "msklite.testing.plugin"}
    """)  # fmt: skip
    done.assert_outcomes(passed=1)


def test_loading_takes_less_than_five_milliseconds() -> None:
    """CPU time of the best of some tries: what a busy machine adds isn't the plugin's."""
    code = (
        "import pytest, time; t = time.process_time(); import msklite.testing.plugin;"
        "print(time.process_time() - t)"
    )
    tries = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
        )
        for _ in range(5)
    ]
    best = min(float(done.stdout) for done in tries)
    assert best < 0.005


@pytest.mark.slow
def test_four_workers_of_xdist(user: pytest.Pytester) -> None:
    """Each has clusters of its own, and nothing of one is seen by another."""
    done = run(user, """
    import os

    @pytest.mark.parametrize("n", range(12))
    def test_it(msk_cluster, msk_topic, n, tmp_path_factory):
        assert there_and_back(msk_cluster, msk_topic, b"%d" % n) == b"%d" % n
        topics = set(msk_cluster.zone().image.topics) - {"__consumer_offsets"}
        assert topics == {msk_topic}
        shared = tmp_path_factory.getbasetemp().parent / "seen"
        with shared.open("a") as out:
            out.write(f"{os.environ['PYTEST_XDIST_WORKER']} {msk_cluster.bootstrap_servers}\\n")

    @pytest.mark.msk(azs=3)
    @pytest.mark.parametrize("n", range(4))
    def test_three(msk_cluster, msk_topic, n):
        assert there_and_back(msk_cluster, msk_topic) == b"hello"
    """, "-n", "4", "--basetemp", str(user.path / "base"))  # fmt: skip
    done.assert_outcomes(passed=16)
    seen = {tuple(line.split()) for line in (user.path / "base" / "seen").read_text().splitlines()}
    assert len({worker for worker, _ in seen}) == len(seen) == len({at for _, at in seen}) == 4


@pytest.mark.slow
def test_zones_as_processes(user: pytest.Pytester) -> None:
    done = run(user, """
    import os, signal

    pytestmark = pytest.mark.msk(azs=3, processes=True,
                                 config={"default.replication.factor": 3})

    def test_real_processes(msk_cluster, msk_topic):
        pids = {z["pid"] for z in msk_cluster.status()["zones"]}
        assert len(pids) == 3 and os.getpid() not in pids
        msk_cluster.freeze_zone(2)
        msk_cluster.thaw_zone(2)
        msk_cluster.cut_zone(3)
        msk_cluster.heal()
        msk_cluster.kill_zone(1)
        assert there_and_back(msk_cluster, msk_topic) == b"hello"
        msk_cluster.start_zone(1)

    def test_logs(msk_cluster):
        msk_cluster.reboot_broker(2)
        msk_cluster.cut_zone(2)
        msk_cluster.heal()
        assert 0
    """)  # fmt: skip
    done.assert_outcomes(passed=1, failed=1)
    text = done.stdout.str()
    assert "is cut off from" in text.split("msklite supervisor.log")[1]
    assert "healed: was cut off from" in text.split("msklite az2/zone.log")[1]
    assert "is killed" not in text, "of this test alone"


@pytest.mark.slow
def test_processes_end_with_a_session_that_is_killed(user: pytest.Pytester) -> None:
    user.makepyfile(
        test_users="""
        import pathlib, time, pytest

        @pytest.mark.msk(azs=2, processes=True)
        def test_it(msk_cluster):
            status = msk_cluster.status()
            pids = [status["pid"], *(z["pid"] for z in status["zones"])]
            told = pathlib.Path("told.new")
            told.write_text(" ".join(map(str, pids)) + "\\n" + msk_cluster.data_dir)
            told.rename("told")
            time.sleep(600)
        """
    )
    session = subprocess.Popen([sys.executable, "-m", "pytest", "-q"], cwd=user.path)
    told = user.path / "told"
    deadline = time.monotonic() + PATIENCE_S
    try:
        while not told.exists():
            assert time.monotonic() < deadline
            assert session.poll() is None
            time.sleep(0.05)
    finally:
        session.send_signal(signal.SIGKILL)
        session.wait()
    pids, folder = told.read_text().splitlines()
    while any(is_alive(int(pid)) for pid in pids.split()) or Path(folder).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
