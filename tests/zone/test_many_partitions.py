"""2,000 partitions work in a process that may open 512 files."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from msklite.testing import LocalCluster

TOPICS = [f"t{i}" for i in range(20)]
TPS = [TopicPartition(t, p) for t in TOPICS for p in range(100)]

def read_all(bootstrap):
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    consumer.assign(TPS)
    seen = {}
    while len(seen) < len(TPS):
        for tp, records in consumer.poll(timeout_ms=1000).items():
            assert tp not in seen and len(records) == 1, (tp, records)
            seen[tp] = records[0].value
    consumer.close()
    return seen

with LocalCluster() as cluster:
    bootstrap = cluster.bootstrap_servers
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=60000)
    admin.create_topics([NewTopic(t, 100, 1) for t in TOPICS], timeout_ms=60000)
    admin.close()
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for tp in TPS:
        producer.send(tp.topic, f"{tp.topic}/{tp.partition}".encode(), partition=tp.partition)
    producer.flush()
    producer.close()
    expected = {tp: f"{tp.topic}/{tp.partition}".encode() for tp in TPS}
    assert read_all(bootstrap) == expected
    cluster.crash()
    cluster.restart()
    assert read_all(bootstrap) == expected
    cluster.restart()
    assert read_all(bootstrap) == expected
print("all there")
"""


def test_2000_partitions_under_512_open_files() -> None:
    """Made, written, read; again after a crash and after a clean stop."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all there" in done.stdout
