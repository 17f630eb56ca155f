"""The story of the PyFlink job: what it is given, what happens meanwhile, and what must come out.

`python -m tests.flink.words HOST:PORT` runs it on any cluster, to see that the check itself is
right: on Apache Kafka it must pass too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Self

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.flink import environment
from tests.streams.word_count import PARTITIONS, SOURCE, TARGET, create, until, write

TROUBLE, FAILED = "trouble", "failed-once"
"""As in `job`, which can't be imported here."""
PATIENCE_S = 240
JVM_FLAGS = "-Xmx768m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"


class Job:
    """The running job, as a context manager; it and all that it starts end with the test."""

    def __init__(self, bootstrap: str, folder: Path, lines: int) -> None:
        self.folder = folder
        ends = [lines // PARTITIONS + (p == 0) for p in range(PARTITIONS)]  # and the trouble
        python, jars = environment.python(), environment.connector()
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "FLINK"))}
        env.update(
            JVM_ARGS=f"{JVM_FLAGS} -Djava.io.tmpdir={folder}",
            FLINK_LOG_DIR=str(folder), TMPDIR=str(folder),
        )  # fmt: skip
        self._output = open(folder / "output", "w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [python, Path(__file__).with_name("job.py"), bootstrap, jars, folder,
             SOURCE, TARGET, ",".join(map(str, ends))],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output, env=env,
            cwd=folder, start_new_session=True,
        )  # fmt: skip

    @property
    def failed(self) -> bool:
        """Whether it has met the trouble."""
        return (self.folder / FAILED).exists()

    def told(self) -> str:
        """The end of what it printed and logged."""
        paths = (self.folder / "output", *self.folder.glob("*.log"))
        return "\n".join(p.read_text(errors="replace")[-4000:] for p in paths)

    def running(self) -> bool:
        """Whether it goes on; that it ended badly fails the test."""
        assert self.process.poll() in (None, 0), self.told()
        return self.process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its JVM and that one's Python workers
        self.process.wait()
        self._output.close()


class Counts:
    """Reads what the job has told, as far as it is committed."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "counts-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
            }
        )
        self._consumer.assign([TopicPartition(TARGET, p, 0) for p in range(PARTITIONS)])
        self.told: dict[str, list[int]] = defaultdict(list)

    def total(self) -> int:
        """How many there are now."""
        for message in self._consumer.consume(500, 0.2):
            if message.error() is None:
                word, count = message.value().decode().split()
                self.told[word].append(int(count))
        return sum(map(len, self.told.values()))

    def check(self, words: Counter[str]) -> None:
        """Every word was counted from one on, each number once; without keys there is no order."""
        for _ in range(10):
            self.total()  # nothing may come after the last
        wrong = {w: t for w, t in self.told.items() if sorted(t) != [*range(1, words[w] + 1)]}
        assert wrong == {}
        assert set(self.told) == set(words)

    def close(self) -> None:
        """Let go of the cluster."""
        self._consumer.close()


def cause_trouble(bootstrap: str) -> Counter[str]:
    """The line that makes the job fail once."""
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    producer.produce(SOURCE, TROUBLE, partition=0)
    assert producer.flush(120) == 0
    return Counter([TROUBLE])


def run(
    bootstrap: str, replicas: int, lines: int, folder: Path, between: Callable[[], None]
) -> None:
    """The whole story; `between` is called in the middle, while lines are still being counted."""
    create(bootstrap, replicas)
    words = write(bootstrap, 1, lines)
    with Job(bootstrap, folder, 3 * lines) as job, contextlib.closing(Counts(bootstrap)) as counts:
        until(lambda: counts.total() > 0 or not job.running(), job.told)
        words += write(bootstrap, 2, lines)
        between()
        words += cause_trouble(bootstrap)
        words += write(bootstrap, 3, lines)
        until(lambda: counts.total() >= words.total() or not job.running(), job.told)
        assert job.process.wait(PATIENCE_S) == 0, job.told()
        assert job.failed, job.told()
        counts.check(words)


if __name__ == "__main__":
    run(sys.argv[1], 1, 300, Path(tempfile.mkdtemp(prefix="flink-words-")), lambda: None)
    print("exact")
