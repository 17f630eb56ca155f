"""Compaction beside Apache Kafka's own: the same log, cleaned by both, has the same left in it."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from confluent_kafka import Producer
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from msklite.log.checkpoints import read_offsets
from msklite.log.cleaner import CleanResult
from msklite.log.log import Log, LogConfig
from msklite.log.storage import DiskStorage
from msklite.log.txn_index import AbortedTxn, TxnIndex
from msklite.wire.batch import DELETE_HORIZON, check_batches
from msklite.wire.records import iter_records
from tests.graduation.test_dump_compacted import dump
from tests.support.jvm import ApacheKafka, require_jvm
from tests.support.ports import free_ports

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

SEGMENT = 1024 * 1024
TOPIC = {
    "cleanup.policy": "compact", "segment.bytes": str(SEGMENT), "min.cleanable.dirty.ratio": "0.01"
}  # fmt: skip
NEVER, OFTEN = {"log.cleaner.backoff.ms": "3600000"}, {"log.cleaner.backoff.ms": "100"}
FOLDER = "broker-1/k-0"
PORT = free_ports(2)


def kafka_on(folder: Path, *, format: bool, properties: dict[str, str]) -> ApacheKafka:
    return ApacheKafka(
        controller_dir=folder / "controller", broker_dirs={1: folder / "broker-1"}, format=format,
        properties=properties, controller_port=PORT, broker_ports={1: PORT + 1},
    )  # fmt: skip


def write(bootstrap: str) -> None:
    """Keys over and over, tombstones, every codec, transactions that end either way."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic("k", 1, 1, topic_configs=TOPIC)])
    admin.close()
    rng = random.Random(7)

    def some(producer: Producer, count: int, prefix: bytes) -> None:
        for _ in range(count):
            key = prefix + b"%d" % rng.randrange(300) + b"-long-enough" * rng.randrange(2)
            value = None if rng.random() < 0.1 else rng.randbytes(rng.randrange(10, 700))
            producer.produce("k", key=key, value=value)
        producer.flush()

    for codec in ("none", "gzip", "lz4", "snappy", "zstd"):
        settings = {"bootstrap.servers": bootstrap, "compression.type": codec, "linger.ms": 20}
        some(Producer({**settings, "enable.idempotence": True}), 1500, b"")
        txn = Producer({**settings, "transactional.id": f"t-{codec}"})
        txn.init_transactions()
        for turn in range(6):
            txn.begin_transaction()
            some(txn, 60, rng.choice((b"", b"txn")))
            if turn % 3 == 2:
                txn.abort_transaction()
            else:
                txn.commit_transaction()
    some(Producer({"bootstrap.servers": bootstrap, "linger.ms": 20}), 4000, b"")


@dataclass
class Left:
    """What a log's closed segments hold."""

    records: list[tuple[object, ...]] = field(default_factory=list)
    batches: list[tuple[object, ...]] = field(default_factory=list)
    empty: set[tuple[int, int]] = field(default_factory=set)
    aborted: list[AbortedTxn] = field(default_factory=list)


def left_in(folder: Path) -> Left:
    found = Left()
    disk = DiskStorage()
    for path in sorted(folder.glob("*.log"))[:-1]:
        data = path.read_bytes()
        at = 0
        for h in check_batches(data):
            horizon = bool(h.attributes & DELETE_HORIZON)
            if h.count:
                found.batches.append(
                    (h.base_offset, h.last_offset, h.count, h.attributes, h.producer_id,
                     h.producer_epoch, h.base_sequence, h.leader_epoch, h.max_timestamp, horizon)
                )  # fmt: skip
            else:
                found.empty.add((h.base_offset, h.last_offset))
            found.records += [
                (r.offset, r.timestamp, r.key, r.value, str(r.headers))
                for r in iter_records(data, at)
            ]
            at += h.length
        index = str(path.with_suffix(".txnindex"))
        found.aborted += TxnIndex(disk, index, int(path.stem)).entries
    disk.close()
    return found


def clean_here(folder: Path) -> CleanResult:
    """The cleaner, in its worker process, on a directory that Apache Kafka wrote."""
    disk = DiskStorage()
    log = Log.open(
        disk, str(folder), "k", 0, LogConfig(segment_bytes=SEGMENT, cleanup_policy="compact"),
        clean=True, recovery_point=0, log_start_offset=0, now_ms=int(time.time() * 1000),
    )  # fmt: skip
    dirty = log.dirty(int(time.time() * 1000), log.end_offset)
    assert dirty is not None
    task = log.clean_task(dirty, int(time.time() * 1000), 1_000_000)
    worker = disk.worker()
    try:
        answer = asyncio.run(worker.work("clean", task.to_json()))
    finally:
        worker.close()
    assert answer.pop("usage")["peak_kb"] > 0
    result = CleanResult.from_json(answer)
    for group in result.groups:
        assert log.begin_swap(group)
        log.swap_barrier()
        assert log.end_swap(group)
    log.close()
    disk.close()
    return result


def until_clean(kafka: ApacheKafka, broker: Path) -> None:
    """Until Apache Kafka's cleaner has reached the active segment."""
    deadline = time.monotonic() + 120
    while True:
        active = max(int(p.stem) for p in (broker / "k-0").glob("*.log"))
        checkpoint = str(broker / "cleaner-offset-checkpoint")
        if read_offsets(DiskStorage(), checkpoint).get(("k", 0), -1) >= active:
            return
        assert time.monotonic() < deadline, kafka.output()
        time.sleep(0.2)


def test_the_same_is_left(tmp_path: Path) -> None:
    require_jvm()
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    kafka = kafka_on(theirs, format=True, properties=NEVER)
    with kafka:
        write(kafka.bootstrap)
    shutil.copytree(theirs, ours)
    with kafka_on(theirs, format=False, properties=OFTEN) as kafka:
        until_clean(kafka, theirs / "broker-1")
    result = clean_here(ours / FOLDER)
    assert result.passed_on == 0 and 0 < result.kept < result.read / 3
    expected, found = left_in(theirs / FOLDER), left_in(ours / FOLDER)
    assert found.records == expected.records
    assert found.batches == expected.batches
    assert found.empty >= expected.empty
    assert found.aborted == expected.aborted
    files = [f for f in sorted((ours / FOLDER).iterdir()) if f.suffix in (".log", ".txnindex")]
    files += [f for f in sorted((ours / FOLDER).iterdir()) if f.suffix in (".index", ".timeindex")]
    dump(files, "--deep-iteration")
    with kafka_on(ours, format=False, properties=OFTEN) as kafka:  # it goes on with what is left
        until_clean(kafka, ours / "broker-1")
    assert left_in(ours / FOLDER).records[: len(found.records)] == found.records
