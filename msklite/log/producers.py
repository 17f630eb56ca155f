"""What a log knows of its idempotent producers (Kafka's ProducerStateManager, KIP-98, KIP-360).

For each producer id: the epoch, and the sequence ranges of its last five batches. A batch that is
one of these is a duplicate, and is answered with its old offsets; otherwise sequence numbers must
go on without a gap, and start at 0 in a new epoch. A producer that isn't known may begin anywhere:
its earlier batches may have been deleted by retention.

`.snapshot` files hold the state up to the offset in their name: int16 version 1, CRC-32C of what
follows, int32 count, then 46 bytes a producer, of which only the last batch is remembered; the
others are looked up in the log when they are asked for (Kafka calls them out of order).
Transactions are only tracked far enough that snapshots keep what Kafka needs to go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Protocol

from msklite.errors import Code, KafkaError
from msklite.wire.batch import TRANSACTIONAL, BatchHeader
from msklite.wire.crc import crc32c

RETAINED = 5
_ENTRY = Struct(">qhiqiqiq")
_HEAD = Struct(">hIi")
_MARKER = Struct(">hi")
SNAPSHOT_VERSION = 1


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
    """A log that can be asked for what a snapshot doesn't tell."""

    def earlier(self, producer: Producer) -> list[Sent]:
        """A few batches of the producer before the oldest one that is known."""
        ...


class ProducerState:
    """All producers of one log."""

    __slots__ = ("producers",)

    def __init__(self) -> None:
        self.producers: dict[int, Producer] = {}

    def check(self, header: BatchHeader, where: str, log: Earlier | None = None) -> Sent | None:
        """Judge a produced batch: None to append it, or the batch that it repeats; or KafkaError.

        `where` names the partition in errors. `log` is asked for what a snapshot didn't tell: a
        client sends up to five batches again after our restart.
        """
        producer = self.producers.get(header.producer_id)
        if producer is None:
            return None
        first = header.base_sequence
        batches = producer.batches
        if header.producer_epoch == producer.epoch:
            if batches and first == batches[-1].last_sequence + 1:
                return None  # by far the most: the next one, so none of the last five
            last = header.last_sequence
            for sent in batches:
                if sent.last_sequence == last and sent.first_sequence == first:
                    return sent
            expected = producer.last_sequence
            if first == expected + 1 or (first == 0 and expected == 0x7FFFFFFF):
                return None
            if producer.partial and log is not None:
                producer.partial = False
                producer.batches = [*log.earlier(producer), *batches][-RETAINED:]
                return self.check(header, where)
            raise KafkaError(
                Code.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"Out of order sequence number for producer {header.producer_id} in partition "
                f"{where}: {first} (incoming seq. number), {expected} (current end sequence "
                "number)",
            )
        if header.producer_epoch < producer.epoch:
            raise KafkaError(
                Code.INVALID_PRODUCER_EPOCH,
                f"Epoch of producer {header.producer_id} in {where} is {header.producer_epoch}, "
                f"which is smaller than the last seen epoch {producer.epoch}",
            )
        if first != 0 and producer.epoch != -1:
            raise KafkaError(
                Code.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"Invalid sequence number for new epoch of producer {header.producer_id} in "
                f"partition {where}: {header.producer_epoch} (request epoch), {first} (seq. "
                f"number), {producer.epoch} (current producer epoch)",
            )
        return None

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
        if header.attributes & TRANSACTIONAL and producer.txn_start < 0:
            producer.txn_start = first_offset

    def update_marker(self, header: BatchHeader, value: bytes | None) -> None:
        """A control batch of a producer was appended: its transaction ended.

        Without a value the whole transaction was cleaned away, and says nothing more.
        """
        if value is None:
            return
        producer = self._at_epoch(header)
        if len(value) >= _MARKER.size:
            producer.coordinator_epoch = _MARKER.unpack_from(value)[1]
        producer.txn_start = -1
        producer.last_timestamp = header.max_timestamp

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
        return state
