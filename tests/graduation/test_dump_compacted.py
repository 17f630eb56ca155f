"""Kafka's DumpLogSegments reads what the cleaner leaves: batches, tombstones with their horizon,
indexes."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from kafka import KafkaProducer

from msklite.testing import LocalCluster
from tests.graduation.test_dump_log import COMPLAINTS
from tests.support.jvm import java, require_jvm
from tests.testing.test_compaction import COMPACT, OFTEN, create, until

pytestmark = [pytest.mark.jvm, pytest.mark.slow]


def dump(files: list[Path], *options: str) -> str:
    """What the tool says; that offsets have gaps is no complaint of a compacted log."""
    names = ",".join(map(str, files))
    done = java("kafka.tools.DumpLogSegments", *options, "--files", names, check=True)
    gap = re.compile(r"Non-consecutive offsets in .*|  \d+ is followed by \d+|")
    said = [line for line in done.stderr.splitlines() if not gap.fullmatch(line)]
    assert not said, said
    for complaint in COMPLAINTS:
        assert complaint not in done.stdout, done.stdout[-2000:]
    return done.stdout


def test_what_is_left_is_sound(tmp_path: Path) -> None:
    require_jvm()
    rng = random.Random(5)
    folder = tmp_path / "az1" / "broker-1" / "t-0"
    last: dict[bytes, bytes | None] = {}
    with LocalCluster(data_dir=str(tmp_path), config=OFTEN) as cluster:
        create(cluster.bootstrap_servers, "t", **COMPACT)
        for codec in (None, "gzip", "lz4", "snappy", "zstd"):
            producer = KafkaProducer(
                bootstrap_servers=cluster.bootstrap_servers, compression_type=codec, linger_ms=5
            )
            for _ in range(2000):
                key = b"key%d" % rng.randrange(200)
                value = None if rng.random() < 0.1 else rng.randbytes(300)
                producer.send("t", key=key, value=value)
                last[key] = value
            producer.flush()
            producer.close()
        checkpoint = folder.parent / "cleaner-offset-checkpoint"

        def clean() -> bool:
            active = max(int(f.stem) for f in folder.glob("*.log"))
            said = re.search(rb"^t 0 (\d+)$", checkpoint.read_bytes(), re.M) if active else None
            return said is not None and int(said[1]) >= active

        until(lambda: checkpoint.exists() and clean())
    logs = sorted(folder.glob("*.log"))
    text = dump(logs, "--deep-iteration", "--print-data-log")
    closed = text.split("Dumping ")[1:-1]
    assert len(closed) == len(logs) - 1
    keys = re.findall(r" key: (key\d+)", "".join(closed))
    assert len(keys) == len(set(keys)) <= 200
    assert re.search(r"deleteHorizonMs: OptionalLong\[\d+\]", "".join(closed))
    assert sum(f.stat().st_size for f in logs[:-1]) < 300_000
    indexes = [f for f in sorted(folder.iterdir()) if f.suffix in (".index", ".timeindex")]
    dump(indexes)
