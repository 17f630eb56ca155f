"""Short ways to make the requests of transactions, and what a Fetch shows of them.

A `Producer` is a transactional id with the producer id and epoch that the coordinator gave it; the
producer id is named after the transactional id, so answers compare by name. Markers follow once
EndTxn has been answered; `settled` waits until the coordinator says that the transaction is over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from msklite.wire.messages import add_offsets_to_txn_request as ao
from msklite.wire.messages import add_partitions_to_txn_request as ap
from msklite.wire.messages import describe_producers_request as dp
from msklite.wire.messages import describe_transactions_request as dt
from msklite.wire.messages import end_txn_request as et
from msklite.wire.messages import find_coordinator_request as fc
from msklite.wire.messages import init_producer_id_request as ip
from msklite.wire.messages import list_offsets_request as lo
from msklite.wire.messages import list_transactions_request as lt
from msklite.wire.messages import txn_offset_commit_request as tc
from msklite.wire.messages import write_txn_markers_request as wm
from msklite.wire.messages.fetch_request import FetchRequest
from msklite.wire.messages.produce_request import ProduceRequest
from tests.parity.batches import batch
from tests.parity.shapes import fetch, produce
from tests.parity.talk import Talk

AWAY = (14, 15, 16, 51)
"""Loading, not available, not here, still ending the one before: a client asks again."""
OVER = ("Empty", "CompleteCommit", "CompleteAbort", "Dead")
MARKER = 0x20
HEADER = struct.Struct(">qiibIhiqqqhii")

Parts = dict[str, list[int]]


@dataclass
class Producer:
    """A transactional producer as its coordinator knows it."""

    tid: str
    pid: int
    epoch: int
    sequences: dict[tuple[str, int], int] = field(default_factory=dict)

    def records(
        self, topic: str, *values: bytes, partition: int = 0, gap: int = 0
    ) -> ProduceRequest:
        """The next records of this producer; `gap` leaves out sequence numbers."""
        first = self.sequences.get((topic, partition), 0) + gap
        self.sequences[topic, partition] = first + len(values)
        raw = batch(*values, attributes=0x10, producer=(self.pid, self.epoch, first))
        return produce(topic, raw, partition, transactional_id=self.tid)

    def now(self, epoch: int) -> None:
        """A new epoch counts from zero."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.sequences.clear()


def init(
    tid: str | None, timeout: int = 60_000, pid: int = -1, epoch: int = -1, **more: bool
) -> ip.InitProducerIdRequest:
    return ip.InitProducerIdRequest(tid, timeout, pid, epoch, **more)


def begin(talk: Talk, tid: str, timeout: int = 60_000) -> Producer:
    """A producer of that transactional id, without keeping how it came about."""
    talk.until(fc.FindCoordinatorRequest(tid, 1), 3, lambda r: r.error_code == 0)
    reply = talk.until(init(tid, timeout), 4, lambda r: r.error_code not in AWAY)
    assert reply.error_code == 0, reply
    talk.call_it(reply.producer_id, f"producer of {tid}")
    return Producer(tid, reply.producer_id, reply.producer_epoch)


def one(tid: str, pid: int, epoch: int, parts: Parts, verify: bool = False) -> Any:
    """One transaction of an AddPartitionsToTxn request of brokers."""
    topics = [ap.AddPartitionsToTxnTopic(t, list(p)) for t, p in parts.items()]
    return ap.AddPartitionsToTxnTransaction(tid, pid, epoch, verify, topics)


def add(
    tid: str, pid: int, epoch: int, parts: Parts, verify: bool = False
) -> ap.AddPartitionsToTxnRequest:
    """Partitions into a transaction; the fields of clients (to v3) and of brokers are both set."""
    topics = [ap.AddPartitionsToTxnTopic(t, list(p)) for t, p in parts.items()]
    return ap.AddPartitionsToTxnRequest(
        [one(tid, pid, epoch, parts, verify)], tid, pid, epoch, topics
    )


def add_group(p: Producer, group: str, **wrong: Any) -> ao.AddOffsetsToTxnRequest:
    given = {"transactional_id": p.tid, "producer_id": p.pid, "producer_epoch": p.epoch, **wrong}
    return ao.AddOffsetsToTxnRequest(group_id=group, **given)


def commit_offsets(
    p: Producer, group: str, topic: str, offset: int, partition: int = 0, **wrong: Any
) -> tc.TxnOffsetCommitRequest:
    text = wrong.pop("text", "in a transaction")
    part = tc.TxnOffsetCommitRequestPartition(partition, offset, 0, text)
    given = {"transactional_id": p.tid, "producer_id": p.pid, "producer_epoch": p.epoch, **wrong}
    return tc.TxnOffsetCommitRequest(
        group_id=group, topics=[tc.TxnOffsetCommitRequestTopic(topic, [part])], **given
    )


def end(p: Producer, commit: bool, **wrong: Any) -> et.EndTxnRequest:
    given = {"transactional_id": p.tid, "producer_id": p.pid, "producer_epoch": p.epoch, **wrong}
    return et.EndTxnRequest(committed=commit, **given)


def ended(talk: Talk, step: str, p: Producer, commit: bool, version: int = 5) -> None:
    """End, keep the answer, wait for the markers, and take the epoch that the coordinator says."""
    reply = talk.ask(step, end(p, commit), version)
    state = settled(talk, p.tid)
    if reply is not None and version >= 5 and reply.error_code == 0:
        if reply.producer_id != p.pid:
            talk.call_it(reply.producer_id, f"next producer of {p.tid}")
            p.pid = reply.producer_id
        p.now(reply.producer_epoch)
    talk.note(f"{step}, then", [state, p.epoch])


def describe(*tids: str) -> dt.DescribeTransactionsRequest:
    return dt.DescribeTransactionsRequest(list(tids))


def settled(talk: Talk, tid: str) -> str:
    """Wait until no transaction of that id is under way; its state."""
    reply = talk.until(
        describe(tid),
        0,
        lambda r: (
            r.transaction_states[0].error_code not in AWAY
            and r.transaction_states[0].transaction_state not in ("PrepareCommit", "PrepareAbort")
        ),
    )
    state: str = reply.transaction_states[0].transaction_state
    return state


def listed(talk: Talk, prefix: str, version: int, **filters: Any) -> list[Any]:
    """What ListTransactions says of the ids that begin with `prefix`."""
    reply = talk.ask("list", lt.ListTransactionsRequest(**filters), version, quiet=True)
    found = [
        [s.transactional_id, talk.names.get(s.producer_id, "?"), s.transaction_state]
        for s in reply.transaction_states
        if s.transactional_id.startswith(prefix)
    ]
    return [reply.error_code, sorted(reply.unknown_state_filters), sorted(found)]


def markers(*each: wm.WritableTxnMarker) -> wm.WriteTxnMarkersRequest:
    return wm.WriteTxnMarkersRequest(list(each))


def marker(
    pid: int, epoch: int, commit: bool, parts: Parts, coordinator: int = 0, version: int = 0
) -> wm.WritableTxnMarker:
    topics = [wm.WritableTxnMarkerTopic(t, list(p)) for t, p in parts.items()]
    return wm.WritableTxnMarker(pid, epoch, commit, topics, coordinator, version)


def producers(topic: str, *partitions: int) -> dp.DescribeProducersRequest:
    return dp.DescribeProducersRequest([dp.TopicRequest(topic, list(partitions))])


def offsets(
    topic: str, at: int, isolation: int, partition: int = 0, epoch: int = -1
) -> lo.ListOffsetsRequest:
    part = lo.ListOffsetsPartition(partition, epoch, at)
    return lo.ListOffsetsRequest(-1, isolation, [lo.ListOffsetsTopic(topic, [part])])


def shown(
    talk: Talk, step: str, topic: str, offset: int = 0, version: int = 12, **options: Any
) -> None:
    """Keep what a Fetch shows: offsets, aborted transactions, and each batch but for its times."""
    request: FetchRequest = fetch(topic, offset, **options)
    reply = talk.ask(step, request, version, quiet=True)
    part = reply.responses[0].partitions[0]
    aborted = part.aborted_transactions
    talk.note(
        step,
        {
            "error_code": part.error_code,
            "high_watermark": part.high_watermark,
            "last_stable_offset": part.last_stable_offset,
            "aborted": aborted
            if aborted is None
            else [[talk.names.get(a.producer_id, "?"), a.first_offset] for a in aborted],
            "batches": batches_in(talk, bytes(part.records or b"")),
        },
    )


def batches_in(talk: Talk, raw: bytes) -> list[list[Any]]:
    """Offset, leader epoch, attributes, producer, epoch, sequence, count; a marker's record."""
    found = []
    at = 0
    while len(raw) - at >= HEADER.size:
        (base, size, epoch, _, _, attributes, last, _, _, pid, p_epoch, sequence, count) = (
            HEADER.unpack_from(raw, at)
        )
        if at + 12 + size > len(raw):
            break
        who = talk.names.get(pid, pid)
        row = [base, epoch, attributes, last, who, p_epoch, sequence, count]
        if attributes & MARKER:
            row.append(raw[at + HEADER.size : at + 12 + size].hex())
        found.append(row)
        at += 12 + size
    return found
