"""InitProducerId: who has a transactional id, and how whoever had it before is fenced (KIP-360)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from msklite.errors import Code
from msklite.txns.machine import Producer
from msklite.txns.transaction import MAX_EPOCH, State
from tests.txns.coordinator import A0, TIMEOUT, Coordinator


def test_an_id_keeps_its_producer_and_each_life_has_a_higher_epoch() -> None:
    c = Coordinator()
    first = c.begin()
    assert first.epoch == 0
    assert c.begin() == replace(first, epoch=1)
    assert c.begin("other").id != first.id
    assert (c.of().state, c.of().timeout_ms, c.of().start_ms) == (State.EMPTY, TIMEOUT, -1)


def test_a_producer_that_goes_on_after_an_error_gets_the_next_epoch_and_a_retry_the_same() -> None:
    c = Coordinator()
    p = c.begin()
    again = c.init(expected=(p.id, 0))
    assert again == replace(p, epoch=1)
    assert c.init(expected=(p.id, 0)) == again, "its answer was lost"
    assert c.init(expected=(p.id, 1)) == replace(p, epoch=2)


def test_a_producer_that_was_fenced_cannot_go_on() -> None:
    c = Coordinator()
    p = c.begin()
    newer = c.begin()
    assert c.init(expected=(p.id, 0)) is Code.PRODUCER_FENCED
    assert c.init(expected=(p.id, 9)) is Code.PRODUCER_FENCED
    assert c.init(expected=(77, newer.epoch)) is Code.PRODUCER_FENCED
    assert c.of().epoch == newer.epoch


def test_what_a_strange_producer_expects_of_a_new_id_does_not_matter() -> None:
    c = Coordinator()
    found = c.init(expected=(77, 5))
    assert isinstance(found, Producer) and found.id != 77 and found.epoch == 0


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_new_life_aborts_what_the_one_before_has_open(level: int) -> None:
    c = Coordinator(level)
    old = c.begin()
    c.add(old, version=min(level, 2) if level == 2 else 0)
    assert c.init() is Code.CONCURRENT_TRANSACTIONS
    assert c.of().state is State.PREPARE_ABORT
    assert (
        c.end(old, version=level) is Code.PRODUCER_FENCED if level < 2 else Code.INVALID_TXN_STATE
    )
    assert c.init() is Code.CONCURRENT_TRANSACTIONS, "its markers aren't written yet"
    done = c.mark()
    assert (done.commit, done.partitions, done.epoch) == (False, {A0}, old.epoch + 1)
    new = c.begin()
    assert new.id == old.id and new.epoch > done.epoch
    assert c.add(old) is Code.PRODUCER_FENCED


def test_the_last_epoch_is_left_free_and_then_a_new_id_follows() -> None:
    c = Coordinator()
    p = c.aged(MAX_EPOCH - 2)
    assert c.begin() == replace(p, epoch=MAX_EPOCH - 1)
    after = c.begin()
    assert after.id != p.id and after.epoch == 0
    assert c.of().previous_producer_id == p.id


def test_a_retry_after_the_id_was_replaced_gets_the_same_answer() -> None:
    c = Coordinator()
    p = c.aged(MAX_EPOCH - 1)
    last = (p.id, MAX_EPOCH - 1)
    after = c.init(expected=last)
    assert isinstance(after, Producer) and after.epoch == 0
    assert c.init(expected=last) == after
    assert c.init(expected=(p.id, MAX_EPOCH - 2)) is Code.PRODUCER_FENCED


def test_ids_that_nobody_uses_are_forgotten_but_not_those_with_a_transaction() -> None:
    c = Coordinator()
    c.begin("idle")
    c.now += 1
    busy = c.begin("busy")
    c.add(busy)
    c.now += c.config.id_expiration_ms + 1
    c.take(c.machine.clock_advanced(c.mono, c.now))
    assert set(c.machine.transactions) == {"busy"}
    assert c.log[-1][1] is None, "a tombstone says so"
    assert c.begin("idle").epoch == 0


def test_many_ids_are_forgotten_in_batches() -> None:
    c = Coordinator()
    for i in range(1200):
        bare(c, f"t{i}")
    before = len(c.log)
    c.now += c.config.id_expiration_ms
    result = c.machine.clock_advanced(c.mono, c.now)
    sizes = []
    while result.records:
        sizes.append(len(result.records))
        for key, value in result.records:
            c.log.append((key, value))
            c.machine.replay(key, value, c.now)
        result = c.machine.tick(c.mono, c.now)
    assert sizes == [500, 500, 200] and len(c.log) == before + 1200
    assert not c.machine.transactions


def bare(c: Coordinator, tid: str) -> None:
    """InitProducerId without the comparison with a second machine."""
    for row in c.machine.init(tid, TIMEOUT, None, c.new_id, "token", c.now).records:
        c.log.append(row)
        c.machine.replay(*row, c.now)
