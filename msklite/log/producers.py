"""What a log knows of its producers (Kafka's ProducerStateManager, KIP-98, KIP-360, KIP-890).

For each producer id: the epoch, the sequence ranges of its last five batches, and where its open
transaction begins. A batch that is one of the five is a duplicate, and is answered with its old
offsets; otherwise sequence numbers must go on without a gap, and start at 0 in a new epoch. A
producer that isn't known may begin anywhere: retention may have deleted its earlier batches.

A transaction's first batch is taken only with the guard of a verification (see `verification`),
and while one is open its producer writes nothing outside of it.

`.snapshot` files hold the state up to the offset in their name: int16 version 1, CRC-32C of what
follows, int32 count, then 46 bytes a producer, of which only the last batch is remembered; the
others are looked up in the log when they are asked for (Kafka calls them out of order).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple, Protocol

from msklite.errors import Code, KafkaError
from msklite.log.config import LogConfig
from msklite.log.transactions import CompletedTxn, OpenTransactions
from msklite.log.verification import Guard, Verification
from msklite.wire.batch import TRANSACTIONAL, BatchHeader
from msklite.wire.crc import crc32c

RETAINED = 5
_ENTRY = Struct(">qhiqiqiq")
_HEAD = Struct(">hIi")
SNAPSHOT_VERSION = 1


class Marker(NamedTuple):
    """The end of a transaction, as a control batch tells it."""

    aborted: bool
    coordinator_epoch: int


class CorruptSnapshot(Exception):
    """A `.snapshot` file that can't be used; state is rebuilt from an earlier one or the log."""


@dataclass(slots=True)
class Sent:
    """A batch that a producer appended: the last of its sequence numbers and offsets."""

    last_sequence: int
    last_offset: int
    offset_delta: int
    timestamp: int

    @property
    def first_sequence(self) -> int:
        """Sequence numbers wrap at 2^31."""
        return (self.last_sequence - self.offset_delta) & 0x7FFFFFFF

    @property
    def first_offset(self) -> int:
        return self.last_offset - self.offset_delta


@dataclass(slots=True)
class Producer:
    """The state of one producer id."""

    producer_id: int
    epoch: int = -1
    last_timestamp: int = -1
    coordinator_epoch: int = -1
    txn_start: int = -1
    batches: list[Sent] = field(default_factory=list)
    partial: bool = field(default=False, compare=False)
    """Read from a snapshot, which tells of the last batch only."""

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last record, or -1."""
        return self.batches[-1].last_sequence if self.batches else -1


class Earlier(Protocol):
    """A log that can be asked for its settings, and for what a snapshot doesn't tell."""

    config: LogConfig

    def earlier(self, producer: Producer) -> list[Sent]:
        """A few batches of the producer before the oldest one that is known."""
        ...


class ProducerState:
    """All producers of one log."""

    __slots__ = ("open", "producers", "verifications")

    def __init__(self) -> None:
        self.producers: dict[int, Producer] = {}
        self.open = OpenTransactions()
        self.verifications: dict[int, Verification] = {}

    # -- judging ------------------------------------------------------------------------------

    def check(
        self, header: BatchHeader, where: str, log: Earlier, guard: Guard | None = None
    ) -> Sent | None:
        """Judge a produced batch: None to append it, or the batch that it repeats; or KafkaError.

        `where` names the partition in errors. `log` is asked for what a snapshot didn't tell: a
        client sends up to five batches again after our restart. `guard` proves a verification.
        """
        producer = self.producers.get(header.producer_id)
        if producer is not None and header.producer_epoch == producer.epoch:
            first = header.base_sequence
            batches = producer.batches
            if (
                batches
                and first == batches[-1].last_sequence + 1
                and (producer.txn_start >= 0) == (header.attributes & TRANSACTIONAL != 0)
            ):
                return None  # by far the most: the next one, so none of the last five
            last = header.last_sequence
            for sent in batches:
                if sent.last_sequence == last and sent.first_sequence == first:
                    return sent
            if producer.partial and not _follows(first, producer.last_sequence):
                producer.partial = False
                producer.batches = [*log.earlier(producer), *batches][-RETAINED:]
                return self.check(header, where, log, guard)
        self.check_epoch(header, where, log, guard)
        self._check_sequence(header, producer, where)
        if producer is not None and producer.txn_start >= 0:
            if not header.attributes & TRANSACTIONAL:
                raise KafkaError(
                    Code.INVALID_TXN_STATE,
                    f"Expected transactional write from producer {header.producer_id} in {where}",
                )
        return None

    def check_epoch(
        self, header: BatchHeader, where: str, log: Earlier, guard: Guard | None = None
    ) -> None:
        """Judge all but sequence numbers: batches of a coordinator have none."""
        producer_id, epoch = header.producer_id, header.producer_epoch
        if header.attributes & TRANSACTIONAL and not self.has_open(producer_id, epoch):
            verification = self.verifications.get(producer_id)
            proven = verification is not None and verification.guard is guard
            if log.config.verify_transactions and not proven:
                raise KafkaError(
                    Code.INVALID_TXN_STATE, "Record was not part of an ongoing transaction"
                )
        producer = self.producers.get(producer_id)
        if producer is not None and epoch < producer.epoch:
            raise KafkaError(
                Code.INVALID_PRODUCER_EPOCH,
                f"Epoch of producer {producer_id} in {where} is {epoch}, "
                f"which is smaller than the last seen epoch {producer.epoch}",
            )

    def _check_sequence(self, header: BatchHeader, producer: Producer | None, where: str) -> None:
        first = header.base_sequence
        name = f"producer {header.producer_id} in partition {where}"
        verification = self.verifications.get(header.producer_id)
        if verification is not None:
            unknown = producer is None or not producer.batches
            if verification.starts_at_zero and first != 0 and unknown:
                raise KafkaError(
                    Code.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    f"Invalid sequence number for {name}: {first} (incoming seq. number); "
                    "expected 0 of a producer that isn't known",
                )
            if first > verification.lowest_sequence:
                raise KafkaError(
                    Code.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    f"Out of order sequence number for {name}: {first} (incoming seq. number), "
                    f"{verification.lowest_sequence} (earliest seen sequence)",
                )
        if producer is None or producer.epoch == -1:
            return
        if header.producer_epoch != producer.epoch:
            if first != 0:
                raise KafkaError(
                    Code.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    f"Invalid sequence number for new epoch of {name}: {header.producer_epoch} "
                    f"(request epoch), {first} (seq. number), {producer.epoch} (current producer "
                    "epoch)",
                )
        elif not _follows(first, producer.last_sequence):
            raise KafkaError(
                Code.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"Out of order sequence number for {name}: {first} (incoming seq. number), "
                f"{producer.last_sequence} (current end sequence number)",
            )

    def check_marker(
        self, header: BatchHeader, marker: Marker, transaction_version: int, where: str
    ) -> None:
        """Judge a marker that a coordinator wants written; KafkaError.

        With transaction.version 2 the epoch rises at each end, so that a marker of the epoch that
        is known already is a late one, or the same again: the latter is written once more.
        """
        producer = self.producers.get(header.producer_id)
        if producer is None:
            return
        epoch = header.producer_epoch
        late = transaction_version >= 2 and epoch == producer.epoch and producer.txn_start >= 0
        if epoch < producer.epoch or late:
            raise KafkaError(
                Code.INVALID_PRODUCER_EPOCH,
                f"Epoch of producer {header.producer_id} in {where} is {epoch}, and the last seen "
                f"epoch is {producer.epoch}",
            )
        if producer.coordinator_epoch > marker.coordinator_epoch:
            raise KafkaError(
                Code.TRANSACTION_COORDINATOR_FENCED,
                f"Invalid coordinator epoch for producer {header.producer_id} in {where}: "
                f"{marker.coordinator_epoch} (zombie), {producer.coordinator_epoch} (current)",
            )

    def oldest_open_ms(self) -> int:
        """The time of the last record of whose transaction has been open longest, or -1."""
        oldest = self.producers.get(next(iter(self.open.ongoing.values()), -1))
        return oldest.last_timestamp if oldest is not None else -1

    def has_open(self, producer_id: int, epoch: int) -> bool:
        """Whether this life of the producer has a transaction open here."""
        producer = self.producers.get(producer_id)
        return producer is not None and producer.txn_start >= 0 and producer.epoch == epoch

    def verify(
        self, producer_id: int, epoch: int, sequence: int, starts_at_zero: bool, now_ms: int
    ) -> Guard | None:
        """Begin, or go on with, a verification; None where the transaction is open already."""
        if self.has_open(producer_id, epoch):
            return None
        found = self.verifications.get(producer_id)
        if found is None:
            found = Verification(epoch, sequence, starts_at_zero, now_ms)
            self.verifications[producer_id] = found
        else:
            found.note(epoch, sequence)
        return found.guard

    # -- noting -------------------------------------------------------------------------------

    def await_first(self, header: BatchHeader) -> None:
        """The first batch of a producer couldn't be written: those behind it must wait for it.

        Of a producer that isn't known any sequence number is taken. In Kafka they are refused too:
        a failed write takes the whole directory offline.
        """
        if header.producer_id not in self.producers:
            self.producers[header.producer_id] = Producer(
                header.producer_id, header.producer_epoch, header.max_timestamp
            )

    def update(self, header: BatchHeader, first_offset: int) -> None:
        """A batch of data was appended at `first_offset`."""
        producer = self.producers.get(header.producer_id)
        if producer is None or producer.epoch != header.producer_epoch:
            producer = self._at_epoch(header)
        delta = header.last_offset_delta
        first = header.base_sequence
        batches = producer.batches
        if len(batches) == RETAINED:
            del batches[0]
        sequence = -1 if first < 0 else (first + delta) & 0x7FFFFFFF
        batches.append(Sent(sequence, first_offset + delta, delta, header.max_timestamp))
        producer.last_timestamp = header.max_timestamp
        if header.attributes & TRANSACTIONAL:
            if producer.txn_start < 0:
                producer.txn_start = first_offset
                self.open.begin(producer.producer_id, first_offset)
            if self.verifications:
                self.verifications.pop(producer.producer_id, None)

    def update_marker(self, header: BatchHeader, marker: Marker | None) -> CompletedTxn | None:
        """A control batch of a producer was appended: its transaction, if it had one, has ended.

        What is returned is to be given to `open.complete`. Without a marker the whole transaction
        was cleaned away, and says nothing more.
        """
        self.verifications.pop(header.producer_id, None)
        if marker is None:
            return None
        producer = self._at_epoch(header)
        producer.coordinator_epoch = marker.coordinator_epoch
        producer.last_timestamp = header.max_timestamp
        first, producer.txn_start = producer.txn_start, -1
        if first < 0:
            return None
        return CompletedTxn(header.producer_id, first, header.base_offset, marker.aborted)

    def _at_epoch(self, header: BatchHeader) -> Producer:
        producer = self.producers.get(header.producer_id)
        if producer is None:
            producer = self.producers[header.producer_id] = Producer(header.producer_id)
        if producer.epoch != header.producer_epoch:
            producer.batches.clear()
            producer.epoch = header.producer_epoch
        return producer

    def expire(self, now_ms: int, after_ms: int) -> None:
        """Forget producers that sent nothing for `after_ms` and have no open transaction."""
        gone = [
            p.producer_id
            for p in self.producers.values()
            if p.txn_start < 0 and now_ms - p.last_timestamp >= after_ms
        ]
        for producer_id in gone:
            del self.producers[producer_id]
        for producer_id in [
            i for i, v in self.verifications.items() if now_ms - v.begun_ms >= after_ms
        ]:
            del self.verifications[producer_id]

    def encode(self) -> bytes:
        """The content of a snapshot file."""
        out = bytearray(_HEAD.size - 4)
        out += len(self.producers).to_bytes(4, "big")
        for p in self.producers.values():
            last = p.batches[-1] if p.batches else Sent(-1, -1, 0, -1)
            out += _ENTRY.pack(
                p.producer_id, p.epoch, last.last_sequence, last.last_offset, last.offset_delta,
                p.last_timestamp, p.coordinator_epoch, p.txn_start,
            )  # fmt: skip
        _HEAD.pack_into(out, 0, SNAPSHOT_VERSION, crc32c(memoryview(out)[6:]), len(self.producers))
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> ProducerState:
        """The state in a snapshot file; CorruptSnapshot if it is damaged."""
        if len(data) < _HEAD.size:
            raise CorruptSnapshot("it is too short")
        version, crc, count = _HEAD.unpack_from(data)
        if version != SNAPSHOT_VERSION:
            raise CorruptSnapshot(f"its version is {version}")
        if crc32c(memoryview(data)[6:]) != crc or count * _ENTRY.size != len(data) - _HEAD.size:
            raise CorruptSnapshot("its checksum or length is wrong")
        state = cls()
        rows = _ENTRY.iter_unpack(memoryview(data)[_HEAD.size :])
        for producer_id, epoch, sequence, offset, delta, timestamp, coordinator, txn in rows:
            batches = [Sent(sequence, offset, delta, timestamp)] if offset >= 0 else []
            state.producers[producer_id] = Producer(
                producer_id, epoch, timestamp, coordinator, txn, batches, partial=bool(batches)
            )
        for p in sorted(state.producers.values(), key=lambda p: p.txn_start):
            if p.txn_start >= 0:
                state.open.begin(p.producer_id, p.txn_start)
        return state


def _follows(first: int, last: int) -> bool:
    """Whether sequence number `first` comes after `last`; they wrap at 2^31."""
    return first == last + 1 or (first == 0 and last == 0x7FFFFFFF)
