"""A Kafka Streams application with exactly_once_v2, what it is given, and what must come out.

`python -m tests.streams.word_count HOST:PORT` runs it on any cluster, to see that the check itself
is right: on Apache Kafka it must pass too.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Self

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.support import jvm

ARTIFACTS = (("org.apache.kafka", "kafka-streams", jvm.KAFKA_VERSION),)
SOURCE, TARGET, APPLICATION = "lines", "counts", "word-count"
PARTITIONS = 3
PATIENCE_S = 240.0
WORDS = [f"word{n}" for n in range(40)]


class Application:
    """The running application, as a context manager; it ends with the test."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        streams = jvm.libs("kafka-streams", ARTIFACTS)
        classes = jvm.compile_java(Path(__file__).parent / "java" / "WordCount.java", more=streams)
        command = jvm.java_command(
            "WordCount", bootstrap, APPLICATION, SOURCE, TARGET, str(folder),
            classes=classes, more=streams,
        )  # fmt: skip
        self._errors = open(folder / "errors", "w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self.states: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.states.append(line.strip())

    def running(self) -> bool:
        assert self.process.poll() is None, self.told()
        return "RUNNING" in self.states[-1:]

    def told(self) -> str:
        """Its states and the end of what it complained of."""
        self._errors.seek(0)
        return f"{self.states}\n{self._errors.read()[-4000:]}"

    def close(self) -> None:
        """A clean end, by the end of its input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(90) == 0, self.told()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self._errors):
            if pipe is not None and not pipe.closed:
                pipe.close()


def until(ready: Callable[[], bool], told: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)


def create(bootstrap: str, replicas: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topics = [NewTopic(t, PARTITIONS, replicas) for t in (SOURCE, TARGET)]
    for done in admin.create_topics(topics).values():
        done.result(60)


def write(bootstrap: str, seed: int, lines: int) -> Counter[str]:
    """So many lines of five words each, each line written once; how often each word is in them."""
    rng = random.Random(seed)
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    words: Counter[str] = Counter()
    failed: list[object] = []
    for n in range(lines):
        line = rng.choices(WORDS, k=5)
        words.update(line)
        producer.produce(
            SOURCE, " ".join(line), str(n), partition=n % PARTITIONS,
            on_delivery=lambda error, _: error and failed.append(error),
        )  # fmt: skip
    assert producer.flush(120) == 0 and not failed, failed
    return words


class Counts:
    """Reads what was told of words, as far as it is committed."""

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

    def entry(self, message: Message) -> tuple[str, int]:
        """A word, and how often it has come so far."""
        key, value = message.key(), message.value()
        assert key is not None and value is not None
        return key.decode(), int.from_bytes(value, "big")

    def judged(self, told: list[int]) -> list[int]:
        """What must be one, two, three and so on: here as it came."""
        return told

    def read(self) -> None:
        for message in self._consumer.consume(500, 0.2):
            if message.error() is None:
                word, count = self.entry(message)
                self.told[word].append(count)

    def total(self) -> int:
        self.read()
        return sum(map(len, self.told.values()))

    def check(self, words: Counter[str]) -> None:
        """Every word was counted from one on, each number once, and in order if `judged` is."""
        for _ in range(10):
            self.read()  # nothing may come after the last
        right = {w: [*range(1, words[w] + 1)] for w in self.told}
        assert {w: t for w, t in self.told.items() if self.judged(t) != right[w]} == {}
        assert set(self.told) == set(words)

    def close(self) -> None:
        self._consumer.close()


def run(
    bootstrap: str, replicas: int, lines: int, folder: Path, between: Callable[[], None]
) -> None:
    """The whole story; `between` is called in the middle, while lines are still being counted."""
    create(bootstrap, replicas)
    words = write(bootstrap, 1, lines)
    with Application(bootstrap, folder) as application:
        counts = Counts(bootstrap)
        try:
            until(lambda: counts.total() > 0, application.told)
            words += write(bootstrap, 2, lines)
            between()
            words += write(bootstrap, 3, lines)
            until(
                lambda: counts.total() >= words.total(),
                lambda: f"{counts.told}{application.told()}",
            )
            counts.check(words)
            application.close()
        finally:
            counts.close()


if __name__ == "__main__":
    run(sys.argv[1], 1, 300, Path(tempfile.mkdtemp(prefix="word-count-")), lambda: None)
    print("exact")
