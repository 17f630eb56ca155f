"""Transactions in the logs: produce, markers, stable offsets, aborted lists, groups' offsets."""

from __future__ import annotations

from msklite.wire.messages.update_features_request import FeatureUpdateKey, UpdateFeaturesRequest
from tests.parity.batches import batch
from tests.parity.group_shapes import admit, commit, committed, join, leave, ready, sync
from tests.parity.shapes import fetch_topic, fill, fill_ready, make_topic, produce
from tests.parity.talk import Talk
from tests.parity.txn_shapes import (
    Producer,
    add,
    add_group,
    begin,
    commit_offsets,
    describe,
    end,
    ended,
    marker,
    markers,
    offsets,
    producers,
    settled,
    shown,
)

NO_PID = 987_654_321


def reads(talk: Talk) -> None:
    """Three transactions, one of them aborted, plain records between: what each reader sees."""
    make_topic(talk, "tr-t", 2)
    fill_ready(talk, "tr-t", 0)
    fill_ready(talk, "tr-t", 1)
    a, b = begin(talk, "tr-a"), begin(talk, "tr-b")
    for p in (a, b):
        talk.ask("add", add(p.tid, p.pid, p.epoch, {"tr-t": [0, 1]}), 3, unordered=True)
    fill(talk, "tr-t", batch(b"plain 0"))
    talk.ask("a writes", a.records("tr-t", b"a1", b"a2"), 11)
    fill(talk, "tr-t", batch(b"plain 1"))
    talk.ask("b writes", b.records("tr-t", b"b1"), 11)
    talk.ask("b writes elsewhere", b.records("tr-t", b"b2", partition=1), 11)
    seen(talk, "both open")
    talk.ask("producers, both open", producers("tr-t", 0, 1), 0, unordered=True)
    ended(talk, "b aborts", b, False, 4)
    seen(talk, "a open, b aborted")
    talk.ask("a writes on", a.records("tr-t", b"a3"), 11)
    ended(talk, "a commits", a, True, 4)
    seen(talk, "all over")
    talk.ask("producers, all over", producers("tr-t", 0, 1), 0, unordered=True)
    talk.ask("b adds again", add(b.tid, b.pid, b.epoch, {"tr-t": [0]}), 3)
    talk.ask("b writes again", b.records("tr-t", b"b3"), 11)
    ended(talk, "b aborts again", b, False, 4)
    for version in (4, 5, 11, 12):
        for isolation in (0, 1):
            shown(talk, f"all, isolation {isolation} v{version}", "tr-t", 0, version,
                  isolation=isolation)  # fmt: skip
    for offset in range(12):
        shown(talk, f"from {offset}", "tr-t", offset, isolation=1, partition_bytes=1)
    both = [fetch_topic("tr-t", (0, 0)), fetch_topic("tr-t", (1, 0))]
    shown(talk, "both partitions", "tr-t", topics=both, isolation=1)
    shown(talk, "a waiting reader gets what is there", "tr-t", 9, isolation=1, wait=50)


def seen(talk: Talk, when: str) -> None:
    """Fetch and ListOffsets at both levels of isolation."""
    for isolation in (0, 1):
        for partition in (0, 1):
            shown(talk, f"{when}: fetch {partition} at {isolation}", "tr-t", partition=partition,
                  isolation=isolation)  # fmt: skip
        for at in (-1, -2, -3, 0, 2_000_000_000_000):
            for version in (2, 11) if at == -1 else (7,):
                step = f"{when}: offsets of {at} at {isolation}"
                talk.ask(step, offsets("tr-t", at, isolation), version)


def implicit(talk: Talk) -> None:
    """Since KIP-890 a Produce of version 12 adds its partition to the transaction by itself."""
    topic_id = make_topic(talk, "tp-t", 3)
    for n in range(3):
        fill_ready(talk, "tp-t", n)
    p = begin(talk, "tp-new")
    talk.ask("nothing added, v11", p.records("tp-t", b"refused"), 11)
    p.sequences.clear()
    talk.ask("described", describe(p.tid), 0)
    talk.ask("nothing added, v12", p.records("tp-t", b"a"), 12)
    talk.ask("v12 again", p.records("tp-t", b"b", b"c"), 12)
    talk.ask("v12 with a gap", p.records("tp-t", b"x", gap=5), 12)
    p.sequences["tp-t", 0] = 3
    byid = p.records("tp-t", b"d", partition=1)
    byid.topic_data[0].topic_id = topic_id
    talk.ask("v13", byid, 13)
    talk.ask("described, two partitions", describe(p.tid), 0, unordered=True)
    shown(talk, "open", "tp-t", isolation=1)
    ended(talk, "commit", p, True)
    talk.ask("epoch of before", old_epoch(p, "tp-t"), 12)
    talk.ask("epoch of before, v11", old_epoch(p, "tp-t"), 11)
    talk.ask("next one", p.records("tp-t", b"e"), 12)
    ended(talk, "abort", p, False)
    ended(talk, "abort of nothing", p, False)
    ended(talk, "commit of nothing", p, True)
    talk.ask("an epoch to come", Producer(p.tid, p.pid, p.epoch + 3).records("tp-t", b"x"), 12)
    talk.ask("strange producer", Producer(p.tid, NO_PID, 0).records("tp-t", b"x"), 12)
    talk.ask("unknown id", Producer("tp-nobody", p.pid, p.epoch).records("tp-t", b"x"), 12)
    talk.ask("unknown partition", p.records("tp-t", b"x", partition=9), 12)
    talk.ask("unknown topic", p.records("tp-none", b"x"), 12)
    plain = produce("tp-t", batch(b"plain"), 2, transactional_id=p.tid)
    talk.ask("an id but a plain batch", plain, 12)
    idem = produce("tp-t", batch(b"idem", producer=(p.pid, p.epoch, 0)), 2, transactional_id=p.tid)
    talk.ask("an id but an idempotent batch", idem, 12)
    for version in (11, 12):
        none = p.records("tp-t", b"x", partition=2)
        none.transactional_id = None
        talk.ask("a transactional batch without an id", none, version)
    talk.ask("described at the end", describe(p.tid), 0, unordered=True)
    settled(talk, p.tid)
    shown(talk, "everything", "tp-t")
    shown(talk, "everything committed", "tp-t", isolation=1)
    talk.ask("producers", producers("tp-t", 0, 1, 2), 0, unordered=True)


def old_epoch(p: Producer, topic: str) -> object:
    return Producer(p.tid, p.pid, p.epoch - 1).records(topic, b"zombie")


def sequences(talk: Talk) -> None:
    """Repeats, gaps and switches between transactional and not, within transactions."""
    make_topic(talk, "ts-t", 1)
    fill_ready(talk, "ts-t", 0)
    p = begin(talk, "ts-x")
    talk.ask("add", add(p.tid, p.pid, p.epoch, {"ts-t": [0]}), 3)
    first = p.records("ts-t", b"a", b"b")
    talk.ask("first", first, 11)
    talk.ask("first again", first, 11)
    talk.ask("gap", p.records("ts-t", b"x", gap=3), 11)
    p.sequences["ts-t", 0] = 2
    idem = batch(b"idem", producer=(p.pid, p.epoch, 2))
    talk.ask("idempotent within", produce("ts-t", idem), 11)
    talk.ask("goes on", p.records("ts-t", b"c"), 11)
    newer = Producer(p.tid, p.pid, p.epoch + 1)
    talk.ask("newer epoch", newer.records("ts-t", b"x"), 11)
    ended(talk, "commit", p, True, 4)
    talk.ask("first after the end", first, 11)
    talk.ask("after the end", p.records("ts-t", b"d"), 11)
    talk.ask("add again", add(p.tid, p.pid, p.epoch, {"ts-t": [0]}), 3)
    talk.ask("now it may", p.records("ts-t", b"d"), 11)
    ended(talk, "abort", p, False, 4)
    shown(talk, "everything", "ts-t", isolation=1)


def written_markers(talk: Talk) -> None:
    """WriteTxnMarkers, as coordinators and kafka-transactions abort send it."""
    make_topic(talk, "tm-t", 2)
    fill_ready(talk, "tm-t", 0)
    fill_ready(talk, "tm-t", 1)
    p = begin(talk, "tm-x")
    talk.ask("add", add(p.tid, p.pid, p.epoch, {"tm-t": [0]}), 3)
    talk.ask("records", p.records("tm-t", b"a"), 11)
    both = {"tm-t": [0, 1]}
    for version in (1, 2):
        for step, request in {
            "none": markers(),
            "older epoch": markers(marker(p.pid, p.epoch - 1, False, {"tm-t": [0]})),
            "unknown topic": markers(marker(p.pid, p.epoch, False, {"tm-none": [0]})),
            "unknown partition": markers(marker(p.pid, p.epoch, False, {"tm-t": [9]})),
            "no partitions": markers(marker(p.pid, p.epoch, False, {"tm-t": []})),
            "a producer that wrote nothing": markers(marker(NO_PID, 0, True, {"tm-t": [1]})),
        }.items():
            talk.ask(step, request, version, unordered=True)
    shown(talk, "before", "tm-t", isolation=1)
    talk.ask("an abort", markers(marker(p.pid, p.epoch, False, both)), 1, unordered=True)
    talk.ask("producers", producers("tm-t", 0, 1), 0, unordered=True)
    talk.ask("again", markers(marker(p.pid, p.epoch, False, {"tm-t": [0]})), 1)
    newer = marker(p.pid, p.epoch + 1, True, {"tm-t": [0]}, 7)
    talk.ask("newer epoch, newer coordinator", markers(newer), 1)
    older = marker(p.pid, p.epoch + 1, True, {"tm-t": [0]}, 3)
    talk.ask("older coordinator", markers(older), 1)
    two = markers(marker(p.pid, p.epoch + 2, True, both, 8), marker(NO_PID, 1, False, both, 8))
    talk.ask("two producers", two, 1, unordered=True)
    for partition in (0, 1):
        shown(talk, f"partition {partition}", "tm-t", partition=partition, isolation=1)
    talk.ask("described: still open", describe(p.tid), 0)
    talk.ask("aborted after all", end(p, False), 4)


def group_offsets(talk: Talk) -> None:
    """AddOffsetsToTxn and TxnOffsetCommit; what OffsetFetch says meanwhile."""
    make_topic(talk, "tg-t", 2)
    ready(talk, "tg-g")
    for version in range(6):
        p = begin(talk, f"tg-{version}")
        group = f"tg-g{version}"
        ready(talk, group)
        talk.ask("before", committed(group, "tg-t", 0, 1, stable=True), 8, unordered=True)
        if version < 5:
            for step, request in {
                "group": add_group(p, group),
                "the same again": add_group(p, group),
                "older epoch": add_group(p, group, producer_epoch=p.epoch - 1),
                "newer epoch": add_group(p, group, producer_epoch=p.epoch + 1),
                "strange producer": add_group(p, group, producer_id=NO_PID),
                "unknown id": add_group(p, group, transactional_id="tg-nobody"),
                "empty id": add_group(p, group, transactional_id=""),
                "empty group": add_group(p, ""),
            }.items():
                talk.ask(f"add {step}", request, min(version, 4))
        for step, request in {
            "offset": commit_offsets(p, group, "tg-t", 5),
            "unknown topic": commit_offsets(p, group, "tg-none", 5),
            "unknown partition": commit_offsets(p, group, "tg-t", 5, 9),
            "empty group": commit_offsets(p, "", "tg-t", 5),
            "text too long": commit_offsets(p, group, "tg-t", 5, text="x" * 4097),
            "text null": commit_offsets(p, group, "tg-t", 5, 1, text=None),
            "older epoch": commit_offsets(p, group, "tg-t", 6, producer_epoch=p.epoch - 1),
            "newer epoch": commit_offsets(p, group, "tg-t", 6, producer_epoch=p.epoch + 1),
            "strange producer": commit_offsets(p, group, "tg-t", 6, producer_id=NO_PID),
            "unknown id": commit_offsets(p, group, "tg-t", 6, transactional_id="tg-nobody"),
            "empty id": commit_offsets(p, group, "tg-t", 6, transactional_id=""),
        }.items():
            talk.ask(f"commit {step}", request, version)
        talk.ask("now", describe(p.tid), 0, unordered=True)
        for stable in (False, True):
            for at in (7, 9):
                got = committed(group, "tg-t", 0, 1, stable=stable)
                talk.ask(f"open, stable {stable}", got, at, unordered=True)
                every = committed(group, None, stable=stable)
                talk.ask(f"open, all, stable {stable}", every, at, unordered=True)
        talk.ask("end by an older epoch", end(p, True, producer_epoch=p.epoch - 1), 4)
        ended(talk, "commit", p, True, 5 if version == 5 else 4)
        until_stable(talk, group)
        talk.ask("committed", committed(group, "tg-t", 0, 1, stable=True), 8, unordered=True)
        aborted_offsets(talk, p, group, version)


def aborted_offsets(talk: Talk, p: Producer, group: str, version: int) -> None:
    if version < 5:
        talk.ask("add group again", add_group(p, group), min(version, 4))
    talk.ask("commit offset 9", commit_offsets(p, group, "tg-t", 9), version)
    talk.ask("plain commit beside it", commit(group, "tg-t", 7), 8)
    ended(talk, "abort", p, False, 5 if version == 5 else 4)
    until_stable(talk, group)
    talk.ask("aborted", committed(group, "tg-t", 0, 1, stable=True), 8, unordered=True)
    talk.ask("commit without a transaction", commit_offsets(p, group, "tg-t", 11), version)
    ended(talk, "whatever that was", p, False, 5 if version == 5 else 4)


def until_stable(talk: Talk, group: str) -> None:
    talk.until(
        committed(group, "tg-t", 0, stable=True),
        8,
        lambda r: r.groups[0].topics[0].partitions[0].error_code != 88,
    )


def members_offsets(talk: Talk) -> None:
    """Commits in a transaction name the member and generation that they are for (KIP-447)."""
    make_topic(talk, "tg-t2", 1)
    ready(talk, "tg-m")
    member = admit(talk, "tg-m", "m")
    talk.ask("joins", join("tg-m", member), 9)
    talk.ask("syncs", sync("tg-m", 1, member, (member, b"")), 5)
    p = begin(talk, "tg-member")
    talk.ask("add", add_group(p, "tg-m"), 4)
    right = {"generation_id": 1, "member_id": member}
    for step, wrong in {
        "as it is": right,
        "generation of before": {**right, "generation_id": 0},
        "generation to come": {**right, "generation_id": 2},
        "a stranger": {**right, "member_id": "nobody"},
        "no member": {"generation_id": 1},
        "no generation": {"member_id": member},
        "an instance": {**right, "group_instance_id": "i"},
        "nobody": {},
    }.items():
        for version in (2, 3, 4):
            request = commit_offsets(p, "tg-m", "tg-t2", 3, **wrong)
            try:
                request.encode(version)
            except ValueError:
                continue
            talk.ask(step, request, version)
    ended(talk, "commit", p, True, 4)
    talk.ask("committed", committed("tg-m", "tg-t2", 0), 8)
    talk.ask("leaves", leave("tg-m", (member, None)), 5)


def older_protocol(talk: Talk) -> None:
    """transaction.version 0 and 1: no epoch bump at the end, partitions added by request only."""
    make_topic(talk, "tv-t", 1)
    fill_ready(talk, "tv-t", 0)
    for level in (0, 1):
        finalise(talk, level)
        p = begin(talk, f"tv-{level}")
        talk.ask("add", add(p.tid, p.pid, p.epoch, {"tv-t": [0]}), 3)
        talk.ask("records", p.records("tv-t", b"a"), 11)
        talk.ask("described", describe(p.tid), 0)
        ended(talk, "commit", p, True, 4)
        talk.ask("described after it", describe(p.tid), 0)
        talk.ask("commit again", end(p, True), 4)
        talk.ask("not added, v11", p.records("tv-t", b"b"), 11)
        p.sequences["tv-t", 0] = 1
        talk.ask("add again", add(p.tid, p.pid, p.epoch, {"tv-t": [0]}), 3)
        talk.ask("records again", p.records("tv-t", b"b"), 11)
        ended(talk, "abort", p, False, 4)
        talk.ask("abort of nothing", end(p, False), 4)
        talk.note("abort of nothing, then", settled(talk, p.tid))
    finalise(talk, 2)
    p = begin(talk, "tv-1")
    talk.ask("records by themselves", p.records("tv-t", b"c"), 12)
    ended(talk, "commit at level 2", p, True, 5)
    shown(talk, "everything", "tv-t", isolation=1)


def finalise(talk: Talk, level: int) -> None:
    """Bring transaction.version to that level, whichever way it lies."""
    for kind in (1, 2):
        update = FeatureUpdateKey("transaction.version", level, level == 0, kind)
        reply = talk.ask(f"level {level}", UpdateFeaturesRequest(30_000, [update]), 1, quiet=True)
        if reply.error_code == 0:
            break
    talk.note(f"level {level}", reply.error_code)


AREAS = {
    "txn-reads": reads,
    "txn-implicit": implicit,
    "txn-sequences": sequences,
    "txn-markers": written_markers,
    "txn-offsets": group_offsets,
    "txn-members": members_offsets,
    "txn-older": older_protocol,
}
