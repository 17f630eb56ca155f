"""Transactions on one broker: who sees what and when, time-outs on a turned clock, restarts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from msklite.testing import LocalCluster

PATIENCE_S = 60
QUIET = {"log_level": 0}


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(config={"auto.create.topics.enable": "true"}) as made:
        yield made


def producer(cluster: LocalCluster, tid: str = "t", **more: Any) -> Producer:
    """A transactional producer that may begin."""
    made = Producer(
        {"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": tid, **QUIET, **more}
    )
    made.init_transactions(PATIENCE_S)
    return made


def write(p: Producer, *values: str) -> None:
    """Begin a transaction and have its records in the log."""
    p.begin_transaction()
    for value in values:
        p.produce("topic", value)
    assert p.flush(PATIENCE_S) == 0


def read(cluster: LocalCluster, isolation: str = "read_committed") -> list[str]:
    """All that a reader of that isolation is shown, up to the end that it is told."""
    reader = Consumer({
        "bootstrap.servers": cluster.bootstrap_servers, "group.id": "r", **QUIET,
        "isolation.level": isolation, "enable.partition.eof": True,
    })  # fmt: skip
    found: list[str] = []
    with contextlib.closing(reader):
        reader.assign([TopicPartition("topic", 0, 0)])
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            m = reader.poll(1)
            if m is not None and m.error() is None:
                found.append(m.value().decode())
            elif m is not None:
                return found
    raise AssertionError(f"no end after {found}")


def state(cluster: LocalCluster, tid: str = "t") -> str:
    """What administrators are told of a transaction."""
    broker = next(iter(cluster.zone().brokers.values()))
    for host in broker.txns.hosts.values():
        if tid in host.machine.transactions:
            label: str = host.machine.transactions[tid].state.label
            return label
    return "none"


def until(cluster: LocalCluster, wanted: str) -> None:
    """Markers are written after the client was answered."""
    deadline = time.monotonic() + PATIENCE_S
    while state(cluster) != wanted:
        assert time.monotonic() < deadline, state(cluster)
        time.sleep(0.01)


def test_readers_of_committed_records_see_whole_transactions(cluster: LocalCluster) -> None:
    p = producer(cluster)
    write(p, "a", "b")
    assert read(cluster) == [], "it is open"
    assert read(cluster, "read_uncommitted") == ["a", "b"]
    p.commit_transaction(PATIENCE_S)
    until(cluster, "CompleteCommit")
    write(p, "c")
    p.abort_transaction(PATIENCE_S)
    until(cluster, "CompleteAbort")
    write(p, "d")
    p.commit_transaction(PATIENCE_S)
    until(cluster, "CompleteCommit")
    assert read(cluster) == ["a", "b", "d"]
    assert read(cluster, "read_uncommitted") == ["a", "b", "c", "d"]


def test_a_transaction_that_is_open_for_too_long_is_aborted_without_a_sleep(
    cluster: LocalCluster,
) -> None:
    p = producer(cluster, **{"transaction.timeout.ms": 600_000})
    write(p, "late")
    cluster.clock.advance("9m")
    assert state(cluster) == "Ongoing"
    cluster.clock.advance("2m")
    until(cluster, "CompleteAbort")
    with pytest.raises(KafkaException):
        p.commit_transaction(PATIENCE_S)
    assert read(cluster) == []


def test_ids_that_nobody_uses_are_forgotten(cluster: LocalCluster) -> None:
    p = producer(cluster)
    write(p, "a")
    p.commit_transaction(PATIENCE_S)
    until(cluster, "CompleteCommit")
    cluster.clock.advance("8d")
    until(cluster, "none")


@pytest.mark.parametrize("crash", [True, False])
def test_an_open_transaction_survives_a_restart(tmp_path: Path, crash: bool) -> None:
    with LocalCluster(data_dir=tmp_path, config={"auto.create.topics.enable": "true"}) as made:
        p = producer(made)
        write(p, "before")
        if crash:
            made.crash()
        made.restart()
        assert read(made) == []
        p.produce("topic", "after")
        p.commit_transaction(PATIENCE_S)
        until(made, "CompleteCommit")
        assert read(made) == ["before", "after"]
