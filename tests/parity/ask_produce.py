"""Produce and InitProducerId."""

from __future__ import annotations

from msklite.wire.messages import produce_request as pr
from msklite.wire.messages.init_producer_id_request import InitProducerIdRequest
from tests.parity.batches import T0, batch, message_set, opened, packed, record
from tests.parity.shapes import STRANGE, fetch, fill, fill_ready, make_topic, produce
from tests.parity.talk import SHORT, Talk


def versions(talk: Talk) -> None:
    topic_id = make_topic(talk, "p-versions", 2)
    fill(talk, "p-versions", partition=1)
    for version in range(3, 14):
        topic = topic_id if version >= 13 else "p-versions"
        nobody = STRANGE if version >= 13 else "p-nobody"
        talk.ask("good", produce(topic, batch(b"v%d" % version)), version)
        talk.ask("no such partition", produce(topic, batch(b"x"), 7), version)
        talk.ask("negative partition", produce(topic, batch(b"x"), -1), version)
        talk.ask("no such topic", produce(nobody, batch(b"x")), version)
        talk.ask("bad CRC", produce(topic, batch(b"x", crc=1)), version)
    talk.ask("by zero id", produce(bytes(16), batch(b"x")), 13)
    talk.ask("read back", fetch("p-versions"), 11)


def acks(talk: Talk) -> None:
    make_topic(talk, "p-acks")
    fill(talk, "p-acks")
    for version in (3, 9, 12):
        talk.ask(f"1 v{version}", produce("p-acks", batch(b"1"), acks=1), version)
        talk.ask(f"all v{version}", produce("p-acks", batch(b"-1"), acks=-1), version)
        talk.ask(f"2 v{version}", produce("p-acks", batch(b"2"), acks=2), version)
        talk.ask(f"-2 v{version}", produce("p-acks", batch(b"2"), acks=-2), version)
    talk.ask("0", produce("p-acks", batch(b"0"), acks=0), 9, no_reply=True)
    talk.ask("after 0", produce("p-acks", batch(b"1"), acks=1), 9)
    talk.send("0 with an error closes", produce("p-none", batch(b"0"), acks=0), 9)
    talk.ask("after 0 with an error", produce("p-acks", batch(b"1"), acks=1), 9)
    talk.ask("2 and no such topic", produce("p-none", batch(b"2"), acks=2), 9)
    talk.ask(
        "0 with a transactional id",
        produce("p-acks", batch(b"2"), acks=0, transactional_id="t"),
        9,
        no_reply=True,
    )
    talk.ask(
        "1 with a transactional id", produce("p-acks", batch(b"2"), acks=1, transactional_id="t"), 9
    )
    talk.ask("no topics", pr.ProduceRequest(acks=-1, timeout_ms=1000), 9)
    talk.ask(
        "no partitions",
        pr.ProduceRequest(acks=-1, timeout_ms=1000, topic_data=[pr.TopicProduceData("p-acks")]),
        9,
    )


def bad_batches(talk: Talk) -> None:
    make_topic(talk, "p-bad")
    fill(talk, "p-bad")
    good = batch(b"hello")
    cases: dict[str, bytes] = {
        "empty records": b"",
        "one byte": b"\0",
        "garbage": bytes(range(61)),
        "cut at 60": good[:60],
        "cut at the end": good[:-1],
        "trailing byte": good + b"\0",
        "trailing 20 bytes": good + bytes(20),
        "CRC": batch(b"x", crc=12345),
        "magic 0": message_set(b"old", 0),
        "magic 1": message_set(b"old", 1),
        "magic 3": batch(b"x", magic=3),
        "magic -1": batch(b"x", magic=-1),
        "length 0": batch(b"x", length=0),
        "length 13": batch(b"x", length=13),
        "length -1": batch(b"x", length=-1),
        "length too long": batch(b"x", length=5000),
        "length huge": batch(b"x", length=2**31 - 1),
        "length too short": batch(b"x" * 40, length=60),
        "two batches": batch(b"a") + batch(b"b"),
        "two batches with a producer id": batch(b"a", producer=(1, 0, 0))
        + batch(b"b", producer=(1, 0, 1)),
        "no record": batch(count=0, last_delta=0),
        "no record, last delta -1": batch(count=0, last_delta=-1),
        "count too low": batch(b"a", b"b", count=1),
        "count negative": batch(b"a", count=-1),
        "last delta too high": batch(b"a", last_delta=5),
        "last delta negative": batch(b"a", last_delta=-5),
        "base offset is 77": batch(b"a", base_offset=77),
        "base offset is -1": batch(b"a", base_offset=-1),
        "a leader epoch": batch(b"a", epoch=9),
        "control batch": batch((b"\0\0\0\1", b"\0\0\0\0\0\0"), attributes=0x20),
        "transactional without an id": batch(b"a", attributes=0x10, producer=(5, 0, 0)),
        "delete horizon flag, no record": batch(attributes=0x40, count=0, last_delta=0),
        "transactional without a producer": batch(b"a", attributes=0x10),
        "log append time in a batch": batch(b"a", attributes=8),
        "delete horizon flag": batch(b"a", attributes=0x40),
        "unknown attribute bits": batch(b"a", attributes=0x1000),
        "codec 5": batch(b"a", attributes=5),
        "codec 7": batch(b"a", attributes=7),
        "negative sequence": batch(b"a", producer=(5, 0, -1)),
        "negative epoch": batch(b"a", producer=(5, -1, 0)),
        "no value": batch((b"k", None)),
        "no key, no value": batch((None, None)),
    }
    for step, raw in cases.items():
        talk.ask(step, produce("p-bad", raw), 9)
    for acks in (-1, 1):
        talk.ask(
            f"transactional, with an id, acks {acks}",
            produce("p-bad", batch(b"a", attributes=0x10, producer=(5, 0, 0)), 0, acks, "tx"),
            9,
        )
    talk.ask("null records", produce("p-bad", None), 9, patience=SHORT)
    talk.ask("end", fetch("p-bad", 0, partition_bytes=1), 11)
    many = produce("p-bad", batch(b"a"))
    many.topic_data[0].partition_data.append(pr.PartitionProduceData(5, batch(b"b")))
    talk.ask("one good and one bad partition", many, 9, unordered=True)
    twice = produce("p-bad", batch(b"a"))
    twice.topic_data[0].partition_data.append(pr.PartitionProduceData(0, batch(b"b")))
    talk.ask("a partition twice", twice, 9)


def insides(talk: Talk) -> None:
    """Batches whose header is sound and whose records aren't, each on a partition of its own."""
    cases: dict[str, bytes] = {
        "count too high": batch(b"a", count=2, last_delta=1),
        "count huge": batch(b"a", count=2**31 - 1, last_delta=2**31 - 2),
        "deltas start at 1": batch(b"a", b"b", deltas=(1, 2)),
        "deltas twice the same": batch(b"a", b"b", deltas=(0, 0)),
        "codec gzip with plain records": batch(b"a", attributes=1),
        "codec snappy with plain records": batch(b"a", attributes=2),
        "codec lz4 with plain records": batch(b"a", attributes=3),
        "codec zstd with plain records": batch(b"a", attributes=4),
        "max timestamp wrong": batch(b"a", max_time=5),
        "records are garbage": batch(count=1, last_delta=0, body=b"\xff" * 20),
        "record longer than the batch": batch(count=1, last_delta=0, body=b"\x7e\0\0\0"),
        "record with bytes left": batch(count=1, last_delta=0, body=record(0, None, b"a") + b"\0"),
        "negative header count": batch(
            count=1, last_delta=0, body=record(0, None, b"a", headers=b"\1")
        ),
        "too many headers": batch(
            count=1, last_delta=0, body=record(0, None, b"a", headers=b"\x20")
        ),
        "good": batch(b"a", b"b"),
        "good gzip": packed(1, b"a", b"b"),
        "good snappy": packed(2, b"a", b"b"),
        "good lz4": packed(3, b"a", b"b"),
        "good zstd": packed(4, b"a", b"b"),
        "gzip, count too high": packed(1, b"a", count=2, last_delta=1),
        "gzip, count too low": packed(1, b"a", b"b", count=1, last_delta=0),
        "gzip, cut": packed(1, b"a" * 500, cut=10),
        "zstd, nothing inside": packed(4, count=1, last_delta=0),
        "gzip, deltas start at 1": packed(1, b"a", b"b", deltas=(1, 2)),
        "gzip, max timestamp wrong": packed(1, b"a", max_time=5),
    }
    make_topic(talk, "p-inside", len(cases))
    for partition, (step, raw) in enumerate(cases.items()):
        fill_ready(talk, "p-inside", partition)
        talk.ask(step, produce("p-inside", raw, partition), 9)


def codecs(talk: Talk) -> None:
    """Every codec with every version that knows it, and topics that recompress."""
    make_topic(talk, "p-codec")
    fill_ready(talk, "p-codec", 0)
    for codec in range(5):
        for version in (3, 6, 7, 9, 12):
            raw = packed(codec, b"one", b"two")
            talk.ask(f"codec {codec}", produce("p-codec", raw), version)
    talk.ask("read back", fetch("p-codec"), 12)
    talk.ask("read back, zstd before version 10", fetch("p-codec"), 9)
    for name in ("uncompressed", "gzip", "snappy", "lz4", "zstd"):
        topic = f"p-to-{name}"
        make_topic(talk, topic, compression_type=name)
        fill_ready(talk, topic, 0)
        for codec in range(5):
            talk.ask(f"codec {codec} to {name}", produce(topic, packed(codec, b"a", b"b")), 9)
        reply = talk.ask("read", fetch(topic), 12, quiet=True)
        talk.note(f"as stored, {name}", opened(reply.responses[0].partitions[0].records))


def sizes_and_times(talk: Talk) -> None:
    make_topic(talk, "p-small", max_message_bytes="200", segment_bytes="1048576")
    make_topic(talk, "p-seg", segment_bytes="1048576", max_message_bytes="4000000")
    make_topic(talk, "p-append", message_timestamp_type="LogAppendTime")
    make_topic(
        talk,
        "p-window",
        message_timestamp_before_max_ms="1000",
        message_timestamp_after_max_ms="1000",
    )
    make_topic(talk, "p-compact", cleanup_policy="compact")
    for name in ("p-small", "p-append", "p-compact", "p-window", "p-seg"):
        talk.until(fetch(name), 11, lambda r: r.responses[0].partitions[0].error_code == 0)
    edge = 200 - len(batch(b"")) - 1
    for size in (100, edge, edge + 1, edge + 2, 150, 400):
        talk.ask(f"value of {size}", produce("p-small", batch(b"x" * size)), 9)
    talk.ask("two batches under the limit each", produce("p-small", batch(b"x" * 80) * 2), 9)
    talk.ask("larger than a segment", produce("p-seg", batch(b"x" * 2_000_000)), 9)
    make_topic(talk, "p-default")
    talk.until(fetch("p-default"), 11, lambda r: r.responses[0].partitions[0].error_code == 0)
    base = len(batch(b""))
    for size in (1048588 - base - 8, 1048588 - base, 1100000):
        talk.ask(f"default limit, {size}", produce("p-default", batch(b"x" * size)), 9)
    talk.ask("append time", produce("p-append", batch(b"a", b"b")), 9)
    talk.ask("append time, no record", produce("p-append", b""), 9)
    talk.ask("append time, bad CRC", produce("p-append", batch(b"a", crc=7)), 9)
    talk.ask("append time, old", produce("p-append", batch(b"a", time=1)), 9)
    talk.ask("too old", produce("p-window", batch(b"a")), 9)
    talk.ask("too old, v7", produce("p-window", batch(b"a")), 7)
    talk.ask("too old, v8", produce("p-window", batch(b"a", b"b")), 8)
    talk.ask("too new", produce("p-window", batch(b"a", time=4_000_000_000_000)), 9)
    talk.ask("time -1", produce("p-window", batch(b"a", time=-1)), 9)
    talk.ask(
        "far future, default window", produce("p-default", batch(b"a", time=4_000_000_000_000)), 9
    )
    talk.ask("time -1, default", produce("p-default", batch(b"a", time=-1)), 9)
    talk.ask("time -2, default", produce("p-default", batch(b"a", time=-2)), 9)
    talk.ask("time 0, default", produce("p-default", batch(b"a", time=0)), 9)
    talk.ask("compacted, null key", produce("p-compact", batch(b"a")), 9)
    talk.ask(
        "compacted, a null key among keys",
        produce("p-compact", batch((b"k", b"v"), (None, b"w"))),
        9,
    )
    talk.ask("compacted, empty key", produce("p-compact", batch((b"", b"v"))), 9)
    talk.ask("compacted, null value", produce("p-compact", batch((b"k", None))), 9)


def producer_ids(talk: Talk) -> None:
    # The first id needs a block of them from the controller.
    talk.until(InitProducerIdRequest(None, 60_000), 4, lambda r: r.error_code == 0)
    for version in range(6):
        reply = talk.ask("new", InitProducerIdRequest(None, 60_000), version, quiet=True)
        talk.note(
            f"new v{version}", [reply.error_code, reply.producer_epoch, reply.producer_id >= 0]
        )
    pid = reply.producer_id
    talk.call_it(pid, "producer")
    for step, request in {
        "bump": InitProducerIdRequest(None, 60_000, pid, 0),
        "timeout 0": InitProducerIdRequest(None, 0),
        "timeout -1": InitProducerIdRequest(None, -1),
        "only an id": InitProducerIdRequest(None, 60_000, pid, -1),
        "only an epoch": InitProducerIdRequest(None, 60_000, -1, 3),
        "empty transactional id": InitProducerIdRequest("", 60_000),
        "transactional id": InitProducerIdRequest("tx", 60_000),
        "transactional id and only an id": InitProducerIdRequest("tx", 60_000, pid, -1),
        "transactional id and only an epoch": InitProducerIdRequest("tx", 60_000, -1, 3),
    }.items():
        got = talk.ask(step, request, 4, quiet=True)
        talk.note(
            step, got if got is None else [got.error_code, got.producer_epoch, got.producer_id >= 0]
        )
    make_topic(talk, "p-idem")
    fill(talk, "p-idem")

    # Ids that no broker gave: it takes them, and batches read back are alike on both sides.
    pid = 98_000_000

    def put(step: str, epoch: int, sequence: int, n: int = 1, who: int = pid) -> None:
        values = [b"%d" % i for i in range(n)]
        talk.ask(step, produce("p-idem", batch(*values, producer=(who, epoch, sequence))), 9)

    put("first", 0, 0)
    put("second", 0, 1, 3)
    put("second again", 0, 1, 3)
    put("first again", 0, 0)
    put("gap", 0, 9)
    put("overlap", 0, 2, 2)
    for i in range(6):
        put(f"next {i}", 0, 4 + i)
    put("too old to be known", 0, 0)
    put("fifth back", 0, 5)
    put("newer epoch, sequence 5", 1, 5)
    put("newer epoch, sequence 0", 1, 0)
    put("older epoch", 0, 10)
    put("unknown producer, sequence 0", 0, 0, who=99_000_000)
    put("unknown producer, sequence 7", 0, 7, who=99_000_001)
    put("near the end of sequences", 0, 2**31 - 2, 2, who=99_000_002)
    put("sequence wraps", 0, 0, 1, who=99_000_002)
    talk.ask("read back", fetch("p-idem"), 11)
    mixed = batch(b"a", producer=(pid, 1, 1)) + batch(b"b", producer=(pid, 1, 2))
    talk.ask("two batches at once", produce("p-idem", mixed), 9)
    talk.ask("times", produce("p-idem", batch(b"z", time=T0 + 5)), 9)


AREAS = {
    "produce": versions,
    "produce-acks": acks,
    "produce-bad": bad_batches,
    "produce-limits": sizes_and_times,
    "produce-insides": insides,
    "produce-codecs": codecs,
    "producer-ids": producer_ids,
}
