"""Transactions at their coordinator: ids, epochs, partitions, the end, and who may say so."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import add_partitions_to_txn_request as ap
from msklite.wire.messages import find_coordinator_request as fc
from tests.parity.shapes import fill_ready, make_topic
from tests.parity.talk import SHORT, Talk
from tests.parity.txn_shapes import (
    AWAY,
    Producer,
    add,
    begin,
    describe,
    end,
    ended,
    init,
    listed,
    one,
    settled,
)

NO_PID = 987_654_321
"""A producer id that no cluster of a test ever gives."""


def coordinators(talk: Talk) -> None:
    talk.until(fc.FindCoordinatorRequest("tc-x", 1), 3, lambda r: r.error_code == 0)
    for version in range(1, 7):
        keys: dict[str, Any] = (
            {"coordinator_keys": ["tc-x", "tc-y"]} if version >= 4 else {"key": "tc-x"}
        )
        talk.ask("of an id", fc.FindCoordinatorRequest(key_type=1, **keys), version)
    talk.ask("of an empty id", fc.FindCoordinatorRequest("", 1), 3)


def ids(talk: Talk) -> None:
    begin(talk, "ti-warm")
    for version in range(6):
        first = begin(talk, f"ti-{version}")
        assert first.epoch == 0
        talk.ask("again", init(first.tid), version)
        if version >= 3:
            talk.ask("with id and epoch", init(first.tid, 60_000, first.pid, 1), version)
            talk.ask("the same once more", init(first.tid, 60_000, first.pid, 1), version)
            talk.ask("with an epoch of before", init(first.tid, 60_000, first.pid, 0), version)
            talk.ask("with an epoch to come", init(first.tid, 60_000, first.pid, 9), version)
            talk.ask("with a strange id", init(first.tid, 60_000, NO_PID, 2), version)
        talk.ask("now", describe(first.tid), 0)
    p = begin(talk, "ti-odd")
    for step, request in {
        "timeout 0": init("ti-t", 0),
        "timeout -1": init("ti-t", -1),
        "timeout too long": init("ti-t", 900_001),
        "longest timeout, known id": init("ti-odd", 900_000),
        "timeout too long, known id": init("ti-odd", 900_001),
        "empty id": init("", 60_000),
        "only a producer id": init("ti-odd", 60_000, p.pid, -1),
        "only an epoch": init("ti-odd", 60_000, -1, 3),
        "producer id and epoch of an unknown id": init("ti-new", 60_000, NO_PID, 5),
        "negative producer id": init("ti-odd", 60_000, -5, 1),
        "negative epoch": init("ti-odd", 60_000, p.pid, -5),
    }.items():
        reply = talk.ask(step, request, 4, quiet=True)
        given = reply.producer_id
        shown = talk.names.get(given, "new" if given >= 0 else given)
        talk.note(step, [reply.error_code, shown, reply.producer_epoch])
    talk.ask("as described", describe("ti-odd", "ti-t", "ti-never"), 0, unordered=True)


def partitions(talk: Talk) -> None:
    make_topic(talk, "ta-t", 3)
    make_topic(talk, "ta-u", 1)
    for version in range(6):
        p = begin(talk, f"ta-{version}")
        good = {"ta-t": [0, 1], "ta-u": [0]}
        for step, request in {
            "partitions": add(p.tid, p.pid, p.epoch, good),
            "the same again": add(p.tid, p.pid, p.epoch, good),
            "one more": add(p.tid, p.pid, p.epoch, {"ta-t": [2, 0]}),
            "none": add(p.tid, p.pid, p.epoch, {}),
            "unknown topic": add(p.tid, p.pid, p.epoch, {"ta-none": [0], "ta-t": [0]}),
            "unknown partition": add(p.tid, p.pid, p.epoch, {"ta-t": [9, 1]}),
            "older epoch": add(p.tid, p.pid, p.epoch - 1, good),
            "newer epoch": add(p.tid, p.pid, p.epoch + 1, good),
            "strange producer": add(p.tid, NO_PID, p.epoch, good),
            "unknown id": add("ta-nobody", p.pid, p.epoch, good),
            "empty id": add("", p.pid, p.epoch, good),
        }.items():
            talk.ask(step, request, version, unordered=True)
        talk.ask("now", describe(p.tid), 0, unordered=True)
        if version >= 4:
            verifying(talk, p, version)
        ended(talk, "commit", p, True, 4)
        talk.ask("add again", add(p.tid, p.pid, p.epoch, {"ta-u": [0]}), version, unordered=True)
        ended(talk, "abort", p, False, 4)


def verifying(talk: Talk, p: Producer, version: int) -> None:
    """Verify-only, which asks whether partitions are in the transaction; and several at once."""
    other = begin(talk, f"ta-idle-{version}")
    for step, request in {
        "verify": add(p.tid, p.pid, p.epoch, {"ta-t": [0, 1]}, True),
        "verify, an epoch of before": add(p.tid, p.pid, p.epoch - 1, {"ta-t": [0]}, True),
        "verify, an epoch to come": add(p.tid, p.pid, p.epoch + 1, {"ta-t": [0]}, True),
        "verify, strange producer": add(p.tid, NO_PID, p.epoch, {"ta-t": [0]}, True),
        "verify, unknown id": add("ta-nobody", p.pid, p.epoch, {"ta-t": [0]}, True),
        "verify, nothing begun": add(other.tid, other.pid, 0, {"ta-t": [0]}, True),
        "verify, no partitions": add(p.tid, p.pid, p.epoch, {}, True),
        "verify, unknown topic": add(p.tid, p.pid, p.epoch, {"ta-none": [0]}, True),
        "two transactions": several(
            one(p.tid, p.pid, p.epoch, {"ta-t": [0]}, True),
            one(other.tid, other.pid, 0, {"ta-u": [0]}),
        ),
        "one of them wrong": several(
            one(p.tid, p.pid, p.epoch, {"ta-t": [0]}, True),
            one(other.tid, NO_PID, 0, {"ta-u": [0]}),
            one("", 1, 0, {"ta-u": [0]}, True),
        ),
    }.items():
        talk.ask(step, request, version, unordered=True)
    talk.ask("no transactions", several(), version, patience=SHORT)
    ended(talk, "the other's end", other, True, 4)
    talk.ask("verify, committed", add(other.tid, other.pid, 0, {"ta-u": [0]}, True), version)


def several(*each: ap.AddPartitionsToTxnTransaction) -> ap.AddPartitionsToTxnRequest:
    return ap.AddPartitionsToTxnRequest(list(each))


def ends(talk: Talk) -> None:
    make_topic(talk, "te-t", 2)
    for version in range(6):
        p = begin(talk, f"te-{version}")
        for commit in (True, False):
            talk.ask(f"nothing begun, commit {commit}", end(p, commit), version)
            talk.note("nothing begun, then", settled(talk, p.tid))
            talk.ask("now", describe(p.tid), 0)
        p = begin(talk, f"te-more-{version}")
        for commit in (True, False):
            which = "commit" if commit else "abort"
            talk.ask("add", add(p.tid, p.pid, p.epoch, {"te-t": [0, 1]}), 3, unordered=True)
            for step, request in {
                "older epoch": end(p, commit, producer_epoch=p.epoch - 1),
                "newer epoch": end(p, commit, producer_epoch=p.epoch + 1),
                "strange producer": end(p, commit, producer_id=NO_PID),
                "unknown id": end(p, commit, transactional_id="te-nobody"),
                "empty id": end(p, commit, transactional_id=""),
                "negative epoch": end(p, commit, producer_epoch=-1),
            }.items():
                talk.ask(f"{which}, {step}", request, version)
            before = p.epoch
            ended(talk, which, p, commit, version)
            for again in (commit, not commit):
                late = end(p, again, producer_epoch=before)
                talk.ask(f"{which}, again as {again}", late, version)
                talk.note("again, then", settled(talk, p.tid))
            talk.ask(f"{which}, now", describe(p.tid), 0)
            p = begin(talk, p.tid)


def fencing(talk: Talk) -> None:
    """A second producer of the same id ends what the first had open."""
    make_topic(talk, "tf-t", 1)
    fill_ready(talk, "tf-t", 0)
    for version in (3, 4, 5):
        first = begin(talk, f"tf-{version}")
        talk.ask("add", add(first.tid, first.pid, first.epoch, {"tf-t": [0]}), 3)
        talk.ask("records", first.records("tf-t", b"a"), 11)
        reply = talk.ask("a second one comes", init(first.tid), version, quiet=True)
        talk.note("a second one comes", [reply.error_code, reply.producer_epoch])
        second = begin(talk, first.tid)
        talk.note("the second one is in", second.epoch)
        for step, request, at in (
            ("the first adds", add(first.tid, first.pid, first.epoch, {"tf-t": [0]}), 3),
            ("the first commits", end(first, True), 4),
            ("the first aborts", end(first, False), 4),
            ("the first commits, newer API", end(first, True), 5),
            ("the first comes back", init(first.tid, 60_000, first.pid, first.epoch), 4),
            ("the first writes", first.records("tf-t", b"late"), 11),
            ("the first writes, newer API", first.records("tf-t", b"later"), 12),
        ):
            talk.ask(step, request, at)
        talk.ask("now", describe(first.tid), 0)
        talk.ask("the second writes", second.records("tf-t", b"b"), 12)
        back = init(first.tid, 60_000, first.pid, first.epoch)
        talk.ask("the first comes back meanwhile", back, version)
        talk.note("then", settled(talk, first.tid))
        talk.ask("now", describe(first.tid), 0)
        ended(talk, "the second commits", second, True)
        talk.ask("the first comes back again", back, version)
        talk.note("then", settled(talk, first.tid))
        talk.ask("now", describe(first.tid), 0)
    p = begin(talk, "tf-itself")
    talk.ask("add", add(p.tid, p.pid, p.epoch, {"tf-t": [0]}), 3)
    # A producer that bumps its own epoch while its transaction is open.
    reply = talk.until(init(p.tid, 60_000, p.pid, p.epoch), 4, lambda r: r.error_code not in AWAY)
    talk.note("bumps itself", [reply.error_code, reply.producer_epoch - p.epoch])
    talk.ask("now", describe(p.tid), 0)


def timeouts(talk: Talk) -> None:
    """What a producer left open too long is aborted, and the producer fenced."""
    make_topic(talk, "to-t", 1)
    fill_ready(talk, "to-t", 0)
    for version in (3, 4, 5):
        p = begin(talk, f"to-{version}", 1000)
        talk.ask("add", add(p.tid, p.pid, p.epoch, {"to-t": [0]}), 3)
        talk.ask("records", p.records("to-t", b"a"), 11)
        reply = talk.until(
            describe(p.tid), 0, lambda r: r.transaction_states[0].transaction_state != "Ongoing"
        )
        assert reply.transaction_states[0].error_code == 0
        talk.note("ended by itself", settled(talk, p.tid))
        talk.ask("now", describe(p.tid), 0)
        talk.ask("commit", end(p, True), version)
        talk.ask("abort", end(p, False), version)
        talk.ask("add after it", add(p.tid, p.pid, p.epoch, {"to-t": [0]}), 3)
        talk.ask("add after it, v4", add(p.tid, p.pid, p.epoch, {"to-t": [0]}), 4)
        talk.ask("write after it", p.records("to-t", b"late"), 11)
        reply = talk.ask("bump", init(p.tid, 1000, p.pid, p.epoch), 4, quiet=True)
        talk.note("bump", [reply.error_code, reply.producer_epoch])
        talk.note("a fresh start", begin(talk, p.tid, 1000).epoch)


def lists(talk: Talk) -> None:
    make_topic(talk, "tl-t", 2)
    empty, ongoing = begin(talk, "tl-empty"), begin(talk, "tl-ongoing", 120_000)
    committed, aborted = begin(talk, "tl-committed"), begin(talk, "tl-aborted")
    for p in (ongoing, committed, aborted):
        add_all = add(p.tid, p.pid, p.epoch, {"tl-t": [0, 1]})
        talk.ask("add", add_all, 3, unordered=True)
    ended(talk, "commit", committed, True)
    ended(talk, "abort", aborted, False)
    for p in (empty, ongoing, committed, aborted):
        talk.ask("describe", describe(p.tid), 0, unordered=True)
    talk.ask("describe none", describe(), 0)
    talk.ask("describe empty", describe(""), 0)
    talk.ask("describe unknown", describe("tl-nobody"), 0)
    talk.ask("describe twice", describe("tl-empty", "tl-empty"), 0)
    talk.ask("describe two", describe("tl-empty", "tl-ongoing"), 0, unordered=True)
    for version in range(3):
        talk.note(f"all v{version}", listed(talk, "tl-", version))
        for step, filters in {
            "ongoing": {"state_filters": ["Ongoing"]},
            "two states": {"state_filters": ["CompleteCommit", "Empty"]},
            "unknown states": {"state_filters": ["Nope", "", "ongoing"]},
            "unknown and known": {"state_filters": ["Nope", "CompleteAbort"]},
            "by producer": {"producer_id_filters": [committed.pid, ongoing.pid]},
            "by a strange producer": {"producer_id_filters": [NO_PID]},
            "both": {"producer_id_filters": [committed.pid], "state_filters": ["Ongoing"]},
        }.items():
            talk.note(f"{step} v{version}", listed(talk, "tl-", version, **filters))
        if version >= 1:
            for duration in (-1, 0, 1, 3_600_000, -7):
                found = listed(talk, "tl-", version, duration_filter=duration)
                talk.note(f"longer than {duration} v{version}", found)
    for pattern in (None, "", "tl-.*", "tl-o.*", ".*ing", "ongoing", "tl-[", "tl-(empty|aborted)"):
        found = listed(talk, "tl-", 2, transactional_id_pattern=pattern)
        talk.note(f"pattern {pattern!r}", found)
    ended(talk, "the end", ongoing, True)


AREAS = {
    "txn-coordinators": coordinators,
    "txn-ids": ids,
    "txn-partitions": partitions,
    "txn-ends": ends,
    "txn-fencing": fencing,
    "txn-timeouts": timeouts,
    "txn-lists": lists,
}
