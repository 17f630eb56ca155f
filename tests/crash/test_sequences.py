"""Idempotent producers over the wire and across restarts: duplicates, gaps, wraps, new epochs.

Raw Produce requests, so that sequence numbers can be chosen. After each kind of restart a broker
must still know a producer's last five batches: what a client had in flight is sent again to the
next life. (Kafka knows only the last one where a snapshot is all it has.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic

from msklite.errors import Code
from msklite.wire.messages.init_producer_id_request import InitProducerIdRequest
from msklite.wire.messages.init_producer_id_response import InitProducerIdResponse
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.produce_response import ProduceResponse
from tests.bad_days.clients import make
from tests.broker.test_bad_frames import frame, header, read_frame
from tests.parity.batches import batch
from tests.support.zones import ZoneProcess

TOP = 2**31 - 1
Restart = Callable[[ZoneProcess], None]


def killed(zone: ZoneProcess) -> None:
    zone.kill()
    zone.start()


def stopped(zone: ZoneProcess) -> None:
    zone.stop()
    zone.start()


def killed_without_snapshots(zone: ZoneProcess) -> None:
    zone.kill()
    for path in (zone.broker_dir / "t-0").glob("*.snapshot"):
        path.unlink()
    zone.start()


def stopped_then_killed(zone: ZoneProcess) -> None:
    stopped(zone)
    killed(zone)


RESTARTS = [killed, stopped, killed_without_snapshots, stopped_then_killed]


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[ZoneProcess]:
    with ZoneProcess(tmp_path) as found:
        found.start()
        make(found.bootstrap, NewTopic("t", 1, 1, config={"segment.bytes": "1048576"}))
        yield found


class Talk:
    """One producer's conversation with topic t, partition 0."""

    def __init__(self, zone: ZoneProcess) -> None:
        self.zone = zone
        self.id, self.epoch = self._init()

    def _ask(self, raw: bytes) -> bytes:
        with self.zone.dial() as sock:
            sock.settimeout(30)
            sock.sendall(frame(raw))
            return read_frame(sock)

    def _init(self) -> tuple[int, int]:
        request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1000)
        reply, _ = InitProducerIdResponse.read(self._ask(header(22, 1) + request.encode(1)), 4, 1)
        assert reply.error_code == 0
        return reply.producer_id, reply.producer_epoch

    def send(self, sequence: int, count: int = 1, size: int = 10, epoch: int | None = None) -> int:
        """The base offset of an appended or repeated batch; minus the error code otherwise."""
        values = [b"%d" % i + b"." * size for i in range(count)]
        # With old times they would be forgotten at once, as in Kafka (producer.id.expiration.ms).
        producer = (self.id, self.epoch if epoch is None else epoch, sequence)
        records = batch(*values, time=int(time.time() * 1000), producer=producer)
        request = ProduceRequest(
            acks=-1, timeout_ms=30_000,
            topic_data=[
                TopicProduceData(
                    name="t", partition_data=[PartitionProduceData(index=0, records=records)]
                )
            ],
        )  # fmt: skip
        reply, _ = ProduceResponse.read(self._ask(header(0, 8) + request.encode(8)), 4, 8)
        row = reply.responses[0].partition_responses[0]
        return row.base_offset if row.error_code == 0 else -row.error_code


GAP = -Code.OUT_OF_ORDER_SEQUENCE_NUMBER
OLD_EPOCH = -Code.INVALID_PRODUCER_EPOCH


@pytest.mark.parametrize("restart", RESTARTS, ids=lambda r: r.__name__)
def test_the_last_five_batches_are_known_after_a_restart(
    zone: ZoneProcess, restart: Restart
) -> None:
    producer = Talk(zone)
    for sequence in range(8):
        assert producer.send(sequence) == sequence
    restart(zone)
    for sequence in range(3, 8):
        assert producer.send(sequence) == sequence
    assert producer.send(2) == GAP  # too long ago
    assert producer.send(9) == GAP
    assert producer.send(8) == 8
    assert producer.send(7) == 7


@pytest.mark.parametrize("restart", RESTARTS, ids=lambda r: r.__name__)
def test_five_batches_over_several_segments(zone: ZoneProcess, restart: Restart) -> None:
    """Each batch fills most of a segment: snapshots lie between them."""
    producer = Talk(zone)
    for sequence in range(6):
        assert producer.send(sequence, size=700_000) == sequence
    restart(zone)
    for sequence in range(1, 6):
        assert producer.send(sequence, size=700_000) == sequence
    assert producer.send(6) == 6


@pytest.mark.parametrize("restart", RESTARTS, ids=lambda r: r.__name__)
def test_sequences_wrap(zone: ZoneProcess, restart: Restart) -> None:
    """After 2^31-1 comes 0, also inside a batch."""
    producer = Talk(zone)
    assert producer.send(TOP - 4, 3) == 0
    assert producer.send(TOP - 1, 4) == 3
    restart(zone)
    assert producer.send(TOP - 1, 4) == 3
    assert producer.send(TOP - 4, 3) == 0
    assert producer.send(3) == GAP
    assert producer.send(2, 2) == 7
    restart(zone)
    assert producer.send(2, 2) == 7
    assert producer.send(4) == 9


@pytest.mark.parametrize("restart", RESTARTS, ids=lambda r: r.__name__)
def test_a_new_epoch_begins_at_zero_and_ends_the_old_one(
    zone: ZoneProcess, restart: Restart
) -> None:
    producer = Talk(zone)
    assert producer.send(0, 2) == 0
    assert producer.send(5, epoch=1) == GAP
    assert producer.send(0, epoch=1) == 2
    restart(zone)
    assert producer.send(2) == OLD_EPOCH
    assert producer.send(0, epoch=1) == 2
    assert producer.send(1, epoch=1) == 3
    restart(zone)
    assert producer.send(2, epoch=2) == GAP
    assert producer.send(0, epoch=2) == 4
    assert producer.send(1, epoch=1) == OLD_EPOCH


@pytest.mark.parametrize("restart", [killed, stopped], ids=lambda r: r.__name__)
def test_producer_ids_are_given_once(zone: ZoneProcess, restart: Restart) -> None:
    given = {Talk(zone).id for _ in range(5)}
    restart(zone)
    given |= {Talk(zone).id for _ in range(5)}
    assert len(given) == 10


def test_a_repeated_batch_among_others_in_one_connection(zone: ZoneProcess) -> None:
    """Five in flight, all sent twice at once, as after a lost connection."""
    producer = Talk(zone)
    requests = []
    for sequence in [*range(5), *range(5)]:
        records = batch(b"v%d" % sequence, producer=(producer.id, producer.epoch, sequence))
        data = PartitionProduceData(index=0, records=records)
        request = ProduceRequest(
            acks=-1, timeout_ms=30_000,
            topic_data=[TopicProduceData(name="t", partition_data=[data])],
        )  # fmt: skip
        requests.append(frame(header(0, 8) + request.encode(8)))
    with zone.dial() as sock:
        sock.settimeout(30)
        sock.sendall(b"".join(requests))
        offsets = []
        for _ in requests:
            reply, _ = ProduceResponse.read(read_frame(sock), 4, 8)
            row = reply.responses[0].partition_responses[0]
            assert row.error_code == 0
            offsets.append(row.base_offset)
    assert offsets == [*range(5), *range(5)]
