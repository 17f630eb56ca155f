"""Producers with a transactional id, of each client: begin, send, commit, abort, send offsets.

`connect` gives the one of a client by its name. What the client or the broker refuses is `Refused`:
clients put a fenced producer each in words of their own, so the checks judge by what readers see.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer as RdConsumer
from confluent_kafka import KafkaException
from confluent_kafka import Producer as RdProducer
from kafka import KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from tests.clients import adapter_aiokafka, adapter_confluent, adapter_kafka_python, programs
from tests.clients.adapter_process import at_offsets, to_text
from tests.clients.client import TP, Record, Refused

WAIT = 60.0


class Transactional(Protocol):
    """A transactional producer of some client."""

    def init(self) -> None:
        """Ask the coordinator for an epoch; the one before is fenced. (kafkajs: in `begin`.)"""

    def begin(self) -> None: ...

    def send(self, topic: str, records: Sequence[Record]) -> None:
        """Send, and wait until the broker has them."""

    def send_offsets(self, group: str, offsets: Mapping[TP, int]) -> None: ...
    def commit(self) -> None: ...
    def abort(self) -> None: ...

    def close(self) -> None:
        """Let go of everything, whatever state it is in; an open transaction stays open."""


def connect(name: str, bootstrap: str, tid: str, timeout_ms: int = 60_000) -> Transactional:
    """A transactional producer of the client of that name."""
    made = {
        "kafka-python": _KafkaPython,
        "aiokafka": _Aiokafka,
        "confluent-kafka": _Confluent,
    }.get(name)
    if made is not None:
        return made(bootstrap, tid, timeout_ms)
    return _Process(programs.running(name), bootstrap, tid, timeout_ms)


@contextlib.contextmanager
def _any_refusal() -> Iterator[None]:
    """What Python clients raise of a fenced producer isn't always one of their broker errors."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise Refused(type(error).__name__, str(error)) from error


class _KafkaPython:
    def __init__(self, bootstrap: str, tid: str, timeout_ms: int) -> None:
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            transactional_id=tid,
            transaction_timeout_ms=timeout_ms,
            enable_idempotence=True,
        )

    def init(self) -> None:
        with _any_refusal(), adapter_kafka_python.refusing():
            self._producer.init_transactions()

    def begin(self) -> None:
        with _any_refusal():
            self._producer.begin_transaction()

    def send(self, topic: str, records: Sequence[Record]) -> None:
        with _any_refusal(), adapter_kafka_python.refusing():
            sent = [
                self._producer.send(topic, value=r.value, key=r.key, partition=r.partition)
                for r in records
            ]
            for future in sent:
                future.get(WAIT)

    def send_offsets(self, group: str, offsets: Mapping[TP, int]) -> None:
        with _any_refusal(), adapter_kafka_python.refusing():
            found = {TopicPartition(*k): OffsetAndMetadata(v, "", -1) for k, v in offsets.items()}
            self._producer.send_offsets_to_transaction(found, group)

    def commit(self) -> None:
        with _any_refusal(), adapter_kafka_python.refusing():
            self._producer.commit_transaction()

    def abort(self) -> None:
        with _any_refusal(), adapter_kafka_python.refusing():
            self._producer.abort_transaction()

    def close(self) -> None:
        self._producer.close(timeout=1)


class _Aiokafka:
    def __init__(self, bootstrap: str, tid: str, timeout_ms: int) -> None:
        self._loop = adapter_aiokafka.Loop()

        async def make() -> AIOKafkaProducer:
            return AIOKafkaProducer(
                bootstrap_servers=bootstrap, transactional_id=tid, transaction_timeout_ms=timeout_ms
            )

        self._producer = self._run(make())

    def _run(self, job: Any) -> Any:
        with _any_refusal():
            return self._loop.run(job)

    def init(self) -> None:
        self._run(self._producer.start())

    def begin(self) -> None:
        self._run(self._producer.begin_transaction())

    def send(self, topic: str, records: Sequence[Record]) -> None:
        async def send() -> None:
            sent = [
                await self._producer.send(topic, r.value, r.key, partition=r.partition)
                for r in records
            ]
            for future in sent:
                await future

        self._run(send())

    def send_offsets(self, group: str, offsets: Mapping[TP, int]) -> None:
        from aiokafka import TopicPartition as Place

        found = {Place(*tp): at for tp, at in offsets.items()}
        self._run(self._producer.send_offsets_to_transaction(found, group))

    def commit(self) -> None:
        self._run(self._producer.commit_transaction())

    def abort(self) -> None:
        self._run(self._producer.abort_transaction())

    def close(self) -> None:
        import asyncio

        try:
            with contextlib.suppress(Refused):
                self._run(asyncio.wait_for(self._producer.stop(), 10))
        finally:
            self._loop.close()


class _Confluent:
    def __init__(self, bootstrap: str, tid: str, timeout_ms: int) -> None:
        self._bootstrap = bootstrap
        self._producer = RdProducer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": tid,
                "transaction.timeout.ms": timeout_ms,
                "message.timeout.ms": min(timeout_ms, 60_000),
                "log_level": 0,
            }
        )

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        with _any_refusal():
            try:
                yield
            except KafkaException as error:
                raise adapter_confluent.refused(error.args[0]) from error

    def init(self) -> None:
        with self._refusing():
            self._producer.init_transactions(WAIT)

    def begin(self) -> None:
        with self._refusing():
            self._producer.begin_transaction()

    def send(self, topic: str, records: Sequence[Record]) -> None:
        failed: list[Any] = []
        with self._refusing():
            for r in records:
                self._producer.produce(
                    topic,
                    r.value,
                    r.key,
                    partition=0 if r.partition is None else r.partition,
                    on_delivery=lambda error, _: error and failed.append(error),
                )
            left = self._producer.flush(WAIT)
            assert left == 0
        if failed:
            raise adapter_confluent.refused(failed[0])

    def send_offsets(self, group: str, offsets: Mapping[TP, int]) -> None:
        consumer = RdConsumer(
            {"bootstrap.servers": self._bootstrap, "group.id": group, "log_level": 0}
        )
        try:
            with self._refusing():
                self._producer.send_offsets_to_transaction(
                    adapter_confluent.at_offsets(offsets), consumer.consumer_group_metadata(), WAIT
                )
        finally:
            consumer.close()

    def commit(self) -> None:
        with self._refusing():
            self._producer.commit_transaction(WAIT)

    def abort(self) -> None:
        with self._refusing():
            self._producer.abort_transaction(WAIT)

    def close(self) -> None:
        with self._refusing():
            self._producer.purge()
            self._producer.flush(1)


class _Process:
    """The Java, Go and Node clients, by the number that their program gives."""

    def __init__(
        self, program: programs.Program, bootstrap: str, tid: str, timeout_ms: int
    ) -> None:
        self._program = program
        self._id = program.call("txn_open", bootstrap=bootstrap, name=tid, timeout_ms=timeout_ms)

    def _call(self, verb: str, **arguments: Any) -> None:
        try:
            self._program.call(verb, id=self._id, **arguments)
        except AssertionError as failed:  # the client's own error, not the broker's
            raise Refused(self._program.name, str(failed)) from failed

    def init(self) -> None:
        self._call("txn_init")

    def begin(self) -> None:
        self._call("txn_begin")

    def send(self, topic: str, records: Sequence[Record]) -> None:
        rows = [
            {
                "key": to_text(r.key),
                "value": to_text(r.value),
                "headers": [],
                "timestamp": None,
                "partition": r.partition,
            }
            for r in records
        ]
        self._call("txn_send", topic=topic, records=rows)

    def send_offsets(self, group: str, offsets: Mapping[TP, int]) -> None:
        self._call("txn_offsets", group=group, at=at_offsets(offsets))

    def commit(self) -> None:
        self._call("txn_commit")

    def abort(self) -> None:
        self._call("txn_abort")

    def close(self) -> None:
        self._call("txn_close")
