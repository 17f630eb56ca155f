"""Faults of transactions: the coordinator, its markers, verification, committed offsets."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

from msklite.broker.api import produce
from msklite.broker.host import Host
from msklite.broker.marking import Markers
from msklite.broker.verification import Verifications, Verified
from msklite.groups.machine import GroupMachine
from msklite.log.log import Log
from msklite.log.producers import ProducerState
from msklite.machine import Reply, Result
from msklite.partition.partition import Partition
from msklite.txns import machine
from msklite.txns.ending import Ending, rising
from msklite.txns.machine import TxnMachine, WriteMarkers
from tests.sim.faults.planting import Patch, fault


@fault("an abort forgets the marker of one of its partitions", txns=True)
def marker_forgotten() -> list[Patch]:
    original = Markers.write

    def write(self: Markers, effect: WriteMarkers, *rest: Any) -> None:
        if not effect.commit and len(effect.partitions) > 1:
            partitions = frozenset(sorted(effect.partitions)[1:])
            effect = dataclasses.replace(effect, partitions=partitions)
        original(self, effect, *rest)

    return [(Markers, "write", write)]


@fault("a batch is taken though its transaction ended while it was verified", first=20, txns=True)
def guard_not_checked() -> list[Patch]:
    check, check_epoch = ProducerState.check, ProducerState.check_epoch

    def guardless(original: Any) -> Any:
        def checked(self: Any, header: Any, where: str, log: Any, guard: Any = None) -> Any:
            known = self.verifications.get(header.producer_id)
            found = (
                self.verify(
                    header.producer_id, header.producer_epoch, header.base_sequence, False, 0
                )
                if header.is_transactional and known is None
                else known and known.guard
            )
            return original(self, header, where, log, found)

        return checked

    begin = Verifications.begin

    def slowly(self: Verifications, *args: Any) -> Any:
        found = begin(self, *args)

        async def later() -> Any:
            verified = found if isinstance(found, Verified) else await found
            await asyncio.sleep(0.2)  # so that more transactions end meanwhile
            return verified

        return found if isinstance(found, Verified) and not found.guards else later()

    return [
        (Verifications, "begin", slowly),
        (ProducerState, "check", guardless(check)),
        (ProducerState, "check_epoch", guardless(check_epoch)),
    ]


@fault("a new coordinator forgets what was decided and not yet marked", txns=True)
def decision_forgotten() -> list[Patch]:
    original = TxnMachine.elected

    def elected(self: TxnMachine, mono_ms: int, now_ms: int) -> Result:
        original(self, mono_ms, now_ms)
        return Result()

    return [(TxnMachine, "elected", elected)]


@fault("the last stable offset doesn't wait for open transactions", txns=True)
def open_transactions_are_stable() -> list[Patch]:
    return [(Partition, "last_stable_offset", property(lambda self: self.high_watermark))]


@fault("readers of committed records aren't told what was aborted", txns=True)
def aborted_not_told() -> list[Patch]:
    return [(Log, "aborted", lambda self, offset, piece: [])]


@fault("offsets that are committed within a transaction count at once", txns=True)
def offsets_count_at_once() -> list[Patch]:
    original = GroupMachine.replay

    def replay(self: Any, key: Any, value: Any, now_ms: int, *_: Any) -> None:
        original(self, key, value, now_ms)

    return [(GroupMachine, "replay", replay)]


@fault("the epoch doesn't rise when a transaction ends", txns=True)
def epoch_stays() -> list[Patch]:
    def staying(t: Any, *rest: Any) -> Any:
        found = rising(t, *rest)
        return dataclasses.replace(found, epoch=t.epoch) if isinstance(found, Ending) else found

    return [(machine, "rising", staying)]


@fault("the coordinator doesn't look at a producer's epoch", txns=True)
def zombies_welcome() -> list[Patch]:
    original = machine._may_use

    def may_use(t: Any, producer: Any) -> Any:
        if t is not None and t.producer_id == producer.id:
            producer = dataclasses.replace(producer, epoch=t.epoch)
        return original(t, producer)

    return [(machine, "_may_use", may_use)]


@fault(
    "the answer to the end of a transaction doesn't wait until that is committed",
    3,
    10,
    5,
    txns=True,
)
def ended_before_committed() -> list[Patch]:
    original = Host.answer

    def answer(self: Host[Any], effects: Any, deadline_ms: int) -> None:
        if any(isinstance(effect, WriteMarkers) for effect in effects):
            for effect in effects:
                if isinstance(effect, Reply):
                    self._carry_out(effect)
            effects = [effect for effect in effects if not isinstance(effect, Reply)]
        original(self, effects, deadline_ms)

    return [(Host, "answer", answer)]


@fault("records that wait for the coordinator stay in the connection's buffer", 3, txns=True)
def records_in_the_buffer() -> list[Patch]:
    return [(produce, "_keep", lambda topics: None)]
