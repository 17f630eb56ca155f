"""Three brokers: writing, reading and offsets, at leaders and at followers."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import offset_for_leader_epoch_request as oe
from tests.parity.ask_offsets import list_offsets
from tests.parity.batches import batch
from tests.parity.crowds import PLACED, TOPICS
from tests.parity.shapes import fetch, metadata, produce
from tests.parity.talk import Talk


def writing(talk: Talk, alive: list[int]) -> None:
    for topic in ("b-t", "b-two", "b-all", "b-pair", "b-one"):
        for partition in TOPICS[topic][0]:
            for broker in map(str, alive):
                for acks in (-1, 1):
                    request = produce(topic, batch(b"v"), partition, acks)
                    talk.ask(f"write {topic}-{partition} acks {acks} on {broker}", request, 11,
                             on=broker)  # fmt: skip
    talk.ask("write acks 2", produce("b-t", batch(b"v"), 0, 2), 11, on="1")
    talk.ask("write to the wrong one v9", produce("b-t", batch(b"v"), 0), 9, on="2")


def reading(talk: Talk, alive: list[int]) -> None:
    for topic in ("b-t", "b-all", "b-pair", "b-one"):
        for partition in TOPICS[topic][0]:
            for broker in map(str, alive):
                caught_up(talk, topic, partition, broker)
                request = fetch(topic, 0, partition, wait=500)
                talk.ask(f"read {topic}-{partition} on {broker}", request, 12, on=broker)
    for broker in map(str, alive):
        for epoch in (0, 1, 2, 3, 9):
            request = fetch("b-t", 0, 2, epoch=epoch)
            talk.ask(f"read at epoch {epoch} on {broker}", request, 12, on=broker)
        talk.ask(f"read v10 on {broker}", fetch("b-t", 0, 0), 10, on=broker)
        talk.ask(f"read beyond on {broker}", fetch("b-t", 999, 0), 12, on=broker)
        talk.ask(f"diverging on {broker}", fetch("b-t", 1, 0, epoch=0, last_epoch=9), 12,
                 on=broker)  # fmt: skip


def nearest(talk: Talk, alive: list[int]) -> None:
    """Who tells its rack is sent to the replica there by the leader, and only by it."""
    for partition in PLACED:
        for broker in map(str, alive):
            for rack in ("az1", "az2", "az3", "az9"):
                request = fetch("b-t", 0, partition, rack=rack)
                talk.ask(f"read b-t-{partition} from {rack} on {broker}", request, 12, on=broker)
    talk.ask("read from az2 v10", fetch("b-t", 0, 0, rack="az2"), 10, on="1")


def caught_up(talk: Talk, topic: str, partition: int, broker: str) -> None:
    """Wait until a replica has told its followers, or has been told, how far it may be read."""
    leader = talk.ask("leader", metadata(topic), 12, on=broker, quiet=True)
    found = {p.partition_index: p for p in leader.topics[0].partitions}[partition]
    if int(broker) not in found.isr_nodes or found.leader_id < 0:
        return
    home = str(found.leader_id)
    # A new leader doesn't tell its end until its followers have told theirs (KIP-207).
    told = talk.until(
        list_offsets(topic, -1, partition=partition),
        7,
        lambda r: r.topics[0].partitions[0].error_code == 0,
        on=home,
    )
    end = told.topics[0].partitions[0].offset

    def there(reply: Any) -> bool:
        (read,) = reply.responses[0].partitions
        return read.error_code == 0 and read.high_watermark >= end

    talk.until(fetch(topic, 0, partition), 12, there, on=broker)


def offsets(talk: Talk, alive: list[int]) -> None:
    for topic, partition in (("b-t", 0), ("b-t", 2), ("b-all", 0), ("b-one", 0)):
        for broker in map(str, alive):
            for time in (-1, -2, -3):
                asked = list_offsets(topic, time, partition=partition)
                talk.ask(f"offset {time} of {topic}-{partition} on {broker}", asked, 10, on=broker)
            for epoch in (0, 1, 2, 9):
                asked = list_offsets(topic, -1, partition=partition, epoch=epoch)
                talk.ask(f"end at epoch {epoch}, {topic}-{partition} on {broker}", asked, 10,
                         on=broker)  # fmt: skip
                part = oe.OffsetForLeaderPartition(partition, -1, epoch)
                asked_end = oe.OffsetForLeaderEpochRequest(
                    -1, [oe.OffsetForLeaderTopic(topic, [part])]
                )
                talk.ask(f"end of epoch {epoch}, {topic}-{partition} on {broker}", asked_end, 4,
                         on=broker)  # fmt: skip
