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
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Self

from confluent_kafka import Message, Producer

from tests.flink import environment
from tests.streams import word_count
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


class Counts(word_count.Counts):
    """The job tells "word count", without keys: so there is no order among partitions."""

    def entry(self, message: Message) -> tuple[str, int]:
        """A word, and how often it has come so far."""
        value = message.value()
        assert value is not None
        word, count = value.decode().split()
        return word, int(count)

    def judged(self, told: list[int]) -> list[int]:
        """Each number once, whenever it came."""
        return sorted(told)


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
