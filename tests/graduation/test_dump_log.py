"""Apache Kafka's dump-log tool reads what brokers write of partitions, without complaint.

Segments with every codec, indexes, snapshots of producers, `__consumer_offsets`: of a cluster that
was stopped cleanly, and of one that crashed, had its files damaged, and was started again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from msklite.log.directories import LIFE
from msklite.testing import LocalCluster
from tests.support.jvm import java, require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
GROUP = "readers"
RECORDS = 400
COMPLAINTS = ("Mismatches", "Non consecutive", "not in order", "isvalid: false", "Could not",
              "not sane", "Found timestamp mismatch", "Found out of order", "Index entries",
              "unexpected", "Exception")  # fmt: skip
_RECORD = re.compile(r"\| offset: (\d+) CreateTime: (\d+) keySize: (-?\d+) valueSize: (-?\d+) (.*)")


@dataclass
class Written:
    """A stopped cluster's broker directory, and what was sent: topic to rows."""

    directory: Path
    rows: dict[str, list[tuple[bytes | None, bytes | None]]] = field(default_factory=dict)


def write(bootstrap: str, out: Written, start: int) -> None:
    """RECORDS records into each codec's topic: null keys, null values, headers."""
    for codec in CODECS:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap, linger_ms=5, batch_size=2000,
            compression_type=None if codec == "none" else codec,
        )  # fmt: skip
        rows = out.rows.setdefault(codec, [])
        for i in range(start, start + RECORDS):
            key = None if i % 5 == 0 else b"k%d" % i
            value = (
                None if i % 7 == 0 and key else b"%s-%d-" % (codec.encode(), i) + b"x" * (i % 50)
            )
            headers = [("h", b"%d" % i), ("empty", b"")] if i % 3 == 0 else []
            producer.send(codec, value, key, headers, partition=0)
            rows.append((key, value))
        producer.flush()
        producer.close()


def write_large(bootstrap: str, out: Written) -> None:
    """Several segments, each with more than one record of a single batch."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, max_request_size=2_000_000)
    rows = out.rows.setdefault("large", [])
    for i in range(12):
        value = (b"%d" % i) * 150_000
        producer.send("large", value, partition=0).get(timeout=60)
        rows.append((None, value))
    producer.close()


def consume(bootstrap: str) -> None:
    """A member joins the group, reads, commits and leaves."""
    consumer = KafkaConsumer(
        "gzip", "zstd", bootstrap_servers=bootstrap, group_id=GROUP, auto_offset_reset="earliest",
        enable_auto_commit=False,
    )  # fmt: skip
    tps = [TopicPartition(t, 0) for t in ("gzip", "zstd")]
    ends: dict[TopicPartition, int] = {}
    while not ends or any(consumer.position(tp) < ends[tp] for tp in tps):
        consumer.poll(timeout_ms=500)
        if set(consumer.assignment()) == set(tps) and not ends:
            ends = consumer.end_offsets(tps)
    consumer.commit()
    consumer.close()


def damage(directory: Path) -> None:
    """As a kill in the middle of writes leaves it: torn tails, and indexes lost."""
    for codec in CODECS:
        folder = directory / f"{codec}-0"
        with sorted(folder.glob("*.log"))[-1].open("ab") as file:
            file.write(b"\0" * 5 + b"torn")
    (directory / "gzip-0" / f"{0:020d}.index").unlink()
    (directory / "zstd-0" / f"{0:020d}.timeindex").write_bytes(b"nonsense")
    (directory / "lz4-0" / "leader-epoch-checkpoint").unlink()


@pytest.fixture(scope="module", params=["stopped", "crashed"])
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    require_jvm()
    folder = tmp_path_factory.mktemp(request.param)
    config = {"log.index.interval.bytes": "500", "log.segment.bytes": "1048576"}
    with LocalCluster(data_dir=str(folder), config=config) as cluster:
        out = Written(Path(cluster.spec.broker_dir(1)))
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.create_topics([NewTopic(t, 1, 1) for t in (*CODECS, "large")])
        admin.close()
        write(cluster.bootstrap_servers, out, 0)
        write_large(cluster.bootstrap_servers, out)
        consume(cluster.bootstrap_servers)
        if request.param == "crashed":
            cluster.crash()
            damage(out.directory)
            cluster.restart()
            write(cluster.bootstrap_servers, out, RECORDS)
            consume(cluster.bootstrap_servers)
    yield out


def dump(files: list[Path], *options: str) -> str:
    names = ",".join(map(str, files))
    done = java("kafka.tools.DumpLogSegments", *options, "--files", names, check=True)
    assert not done.stderr.strip(), done.stderr
    for complaint in COMPLAINTS:
        assert complaint not in done.stdout, done.stdout[done.stdout.index(complaint) - 300 :][:600]
    return done.stdout


def files_of(written: Written, topic: str, *suffixes: str) -> list[Path]:
    folder = written.directory / f"{topic}-0"
    return sorted(p for p in folder.iterdir() if p.suffix in suffixes)


def test_segments(written: Written) -> None:
    """All records, in order, with keys, values and headers, each batch in its codec."""
    files = [f for t in CODECS for f in files_of(written, t, ".log")]
    text = dump(files, "--deep-iteration", "--print-data-log")
    parts = dict(zip(files, re.split(r"^Dumping .*$", text, flags=re.M)[1:], strict=True))
    for codec in CODECS:
        part = "".join(parts[f] for f in files_of(written, codec, ".log"))
        # kafka-python leaves a batch as it is where compressing doesn't make it smaller.
        assert {codec} <= set(re.findall(r"compresscodec: (\w+)", part)) <= {codec, "none"}
        assert "isvalid: true" in part
        found = [m.groups() for m in map(_RECORD.match, part.splitlines()) if m]
        rows = written.rows[codec]
        assert [int(offset) for offset, *_ in found] == list(range(len(rows)))
        for i, ((key, value), (_, _, key_size, value_size, rest)) in enumerate(
            zip(rows, found, strict=True)
        ):
            assert int(key_size) == (-1 if key is None else len(key))
            assert int(value_size) == (-1 if value is None else len(value))
            assert ("headerKeys: [h,empty]" in rest) == (i % 3 == 0), rest
            assert key is None or f"key: {key.decode()}" in rest
            assert value is None or f"payload: {value.decode()}" in rest


def test_indexes_of_all_topics(written: Written) -> None:
    """Every entry points at a batch that has that offset, and every time is the largest so far."""
    for topic in (*CODECS, "large"):
        files = files_of(written, topic, ".index", ".timeindex")
        text = dump(files)
        assert len(re.findall(r"^offset: \d+ position: \d+$", text, flags=re.M)) > 2
        assert len(re.findall(r"^timestamp: \d+ offset: \d+$", text, flags=re.M)) > 2
    assert len(files_of(written, "large", ".log")) > 1
    dump(files_of(written, "large", ".index"), "--index-sanity-check")


def test_snapshots_of_producers(written: Written) -> None:
    """kafka-python's producers are idempotent: each one's last batch is there."""
    for topic in CODECS:
        files = files_of(written, topic, ".snapshot")
        end = len(written.rows[topic])
        assert files[-1].name == f"{end:020d}.snapshot"
        text = dump(files)
        lasts = re.findall(r"producerId: \d+ producerEpoch: 0 .*lastSequence: (\d+) "
                           r"lastOffset: (\d+)", text)  # fmt: skip
        assert (str(RECORDS - 1), str(end - 1)) in lasts, text


def test_consumer_offsets(written: Written) -> None:
    """Group metadata and commits, by Kafka's own decoder."""
    files = sorted(written.directory.glob("__consumer_offsets-*/*.log"))
    text = dump(files, "--deep-iteration", "--offsets-decoder")
    keys = [json.loads(k) for k in re.findall(r"key: (\{.*?\}) payload: ", text)]
    commits = {k["data"]["topic"] for k in keys if k["type"] == "1" and k["data"]["group"] == GROUP}
    assert commits == {"gzip", "zstd"}
    assert any(k["type"] == "2" and k["data"]["group"] == GROUP for k in keys)
    end = len(written.rows["gzip"])
    assert f'"offset":{end}' in text


def test_names_are_kafkas(written: Written) -> None:
    """Nothing in the folders that Kafka wouldn't write, and nothing missing."""
    for topic in (*CODECS, "large"):
        folder = written.directory / f"{topic}-0"
        bases = [p.stem for p in sorted(folder.glob("*.log"))]
        expected = {f"{b}{s}" for b in bases for s in (".log", ".index", ".timeindex")}
        end = f"{len(written.rows[topic]):020d}"
        expected |= {f"{b}.snapshot" for b in [*bases[1:], end]}
        expected |= {"leader-epoch-checkpoint", "partition.metadata"}
        assert {p.name for p in folder.iterdir()} == expected
        epochs = (folder / "leader-epoch-checkpoint").read_text().splitlines()
        assert epochs[0] == "0" and int(epochs[1]) == len(epochs) - 2 >= 1
    # Besides Kafka's files there is ours, which tells a killed process from a power loss.
    top = {p.name for p in written.directory.iterdir() if p.is_file()} - {LIFE}
    assert top == {
        ".kafka_cleanshutdown", ".lock", "bootstrap.checkpoint", "cleaner-offset-checkpoint",
        "meta.properties",
        "log-start-offset-checkpoint", "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
    }  # fmt: skip
    for name in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint"):
        rows = (written.directory / name).read_text().splitlines()[2:]
        for topic in (*CODECS, "large"):
            assert f"{topic} 0 {len(written.rows[topic])}" in rows
