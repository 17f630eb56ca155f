"""A cleaner that is held back by log.cleaner.io.max.bytes.per.second, and let go while it works."""

from __future__ import annotations

import time

from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)

from msklite.log.throttle import Throttle
from msklite.log.worker import WorkerProcess
from msklite.testing import LocalCluster

PATIENCE_S = 60
HELD_S = 1.2
LIMIT = "log.cleaner.io.max.bytes.per.second"
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": "1048576",
    "min.cleanable.dirty.ratio": "0.01",
}


def test_another_limit_counts_at_once() -> None:
    with LocalCluster(config={"log.cleaner.backoff.ms": 100, LIMIT: 1}) as cluster:
        admin = AdminClient({"log_level": 0, "bootstrap.servers": cluster.bootstrap})
        admin.create_topics([NewTopic("t", 1, 1, config=COMPACTED)])["t"].result(PATIENCE_S)
        time.sleep(2 * Throttle.CHECK_MS / 1000)  # what it does before isn't looked at
        producer = Producer(
            {"log_level": 0, "bootstrap.servers": cluster.bootstrap, "linger.ms": 0}
        )
        for n in range(100):
            producer.produce("t", b"x" * 12_000, str(n % 10))
            if n % 10 == 9:
                assert producer.flush(PATIENCE_S) == 0
        zone = cluster.zone()
        (broker,) = zone.brokers.values()
        worker, last = broker.world.worker, broker.replicas.keeper.cleaning.last
        assert isinstance(worker, WorkerProcess)
        deadline = time.monotonic() + PATIENCE_S
        while worker.pid is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(HELD_S)
        assert last.bytes_read == 0, "a byte a second"
        change = ConfigResource("broker", "1")
        change.add_incremental_config(
            ConfigEntry(LIMIT, "1e9", incremental_operation=AlterConfigOpType.SET)
        )
        for done in admin.incremental_alter_configs([change]).values():
            done.result(PATIENCE_S)
        while not last.bytes_read:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert last.seconds >= HELD_S
        assert last.bytes_kept < last.bytes_read / 2
