"""Transactions from their first partition to their end, in both generations of the protocol."""

from __future__ import annotations

from dataclasses import replace

import pytest

from msklite.errors import Code
from msklite.txns.machine import Producer
from msklite.txns.transaction import MAX_EPOCH, State
from tests.txns.coordinator import A0, A1, B0, TIMEOUT, Coordinator

OLD, NEW = 0, 2
"""Versions of clients: their epoch stays, or rises with each end."""


def opened(version: int = NEW, *places: tuple[str, int]) -> tuple[Coordinator, Producer]:
    """A coordinator with one open transaction."""
    c = Coordinator(2 if version else 1)
    p = c.begin()
    assert c.add(p, *places, version=version) is Code.NONE
    return c, p


def test_partitions_join_and_the_same_ones_cost_no_record() -> None:
    c, p = opened(NEW, A0)
    size = len(c.log)
    assert c.add(p, A0) is Code.NONE and len(c.log) == size
    assert c.add(p, A0, B0) is Code.NONE and len(c.log) == size + 1
    assert c.of().partitions == {A0, B0} and c.of().state is State.ONGOING


def test_who_may_add_partitions() -> None:
    c, p = opened()
    assert c.add(replace(p, epoch=p.epoch - 1)) is Code.PRODUCER_FENCED
    assert c.add(replace(p, epoch=p.epoch + 1)) is Code.PRODUCER_FENCED
    assert c.add(replace(p, id=77)) is Code.INVALID_PRODUCER_ID_MAPPING
    assert c.add(replace(p, transactional_id="x")) is Code.INVALID_PRODUCER_ID_MAPPING
    c.end(p, version=OLD)
    assert c.add(p) is Code.CONCURRENT_TRANSACTIONS, "its markers are being written"


def test_verification_tells_each_partition() -> None:
    c, p = opened(NEW, A0)
    abortable = Code.TRANSACTION_ABORTABLE
    assert c.verify(p, A0, A1) == {A0: Code.NONE, A1: abortable}
    assert c.verify(replace(p, epoch=7), A0) == {A0: Code.PRODUCER_FENCED}
    assert c.verify(replace(p, transactional_id="x"), A0) == {A0: Code.INVALID_PRODUCER_ID_MAPPING}
    c.end(p, version=OLD)
    assert c.verify(p, A0) == {A0: Code.CONCURRENT_TRANSACTIONS}
    c.mark()
    assert c.verify(p, A0) == {A0: abortable}


@pytest.mark.parametrize("commit", [True, False])
def test_before_version_2_a_producer_keeps_its_epoch(commit: bool) -> None:
    c, p = opened(OLD, A0, B0)
    assert c.end(p, commit, OLD) == p
    assert c.end(p, commit, OLD) is Code.CONCURRENT_TRANSACTIONS
    assert c.end(p, not commit, OLD) is Code.CONCURRENT_TRANSACTIONS
    done = c.mark()
    assert (done.commit, done.epoch, done.partitions) == (commit, p.epoch, {A0, B0})
    assert done.transaction_version == 0
    assert c.of().state is (State.COMPLETE_COMMIT if commit else State.COMPLETE_ABORT)
    assert c.of().partitions == frozenset()
    assert c.end(p, commit, OLD) == p, "a retry"
    assert c.end(p, not commit, OLD) is Code.INVALID_TXN_STATE
    assert c.add(p, version=OLD) is Code.NONE, "the next transaction"


@pytest.mark.parametrize("commit", [True, False])
def test_from_version_2_on_each_end_raises_the_epoch(commit: bool) -> None:
    c, p = opened()
    after = c.end(p, commit)
    assert after == replace(p, epoch=p.epoch + 1)
    assert isinstance(after, Producer)
    assert c.end(p, commit) is Code.CONCURRENT_TRANSACTIONS, "a retry, too early"
    assert c.end(p, not commit) is Code.CONCURRENT_TRANSACTIONS
    assert c.end(after, commit) is Code.CONCURRENT_TRANSACTIONS, "the next end, too early"
    assert c.add(after) is Code.CONCURRENT_TRANSACTIONS
    done = c.mark()
    assert (done.commit, done.epoch, done.transaction_version) == (commit, after.epoch, 2)
    assert c.end(p, commit) == after, "a retry of a client that missed the answer"
    assert c.end(p, not commit) is Code.INVALID_TXN_STATE
    assert c.add(p) is Code.PRODUCER_FENCED, "nothing late slips into the next transaction"
    assert c.add(after) is Code.NONE


@pytest.mark.parametrize("version", [OLD, NEW])
def test_who_may_end(version: int) -> None:
    c, p = opened(version)
    for wrong, code in {
        replace(p, epoch=p.epoch + 1): Code.PRODUCER_FENCED,
        replace(p, epoch=p.epoch - 1): Code.PRODUCER_FENCED,
        replace(p, id=77): Code.INVALID_PRODUCER_ID_MAPPING,
        replace(p, transactional_id="x"): Code.INVALID_PRODUCER_ID_MAPPING,
    }.items():
        assert c.end(wrong, version=version) is code
    assert c.of().state is State.ONGOING


def test_without_a_transaction_only_version_2_may_abort() -> None:
    c = Coordinator()
    p = c.begin()
    for commit in (True, False):
        assert c.end(p, commit, OLD) is Code.INVALID_TXN_STATE
    assert c.end(p, True) is Code.INVALID_TXN_STATE
    after = c.end(p, False)
    assert after == replace(p, epoch=p.epoch + 1)
    assert c.mark().partitions == frozenset()
    assert c.of().state is State.COMPLETE_ABORT and c.of().start_ms == c.now
    assert isinstance(after, Producer)
    assert c.end(after, True) is Code.INVALID_TXN_STATE
    assert c.end(after, False) == replace(after, epoch=after.epoch + 1)


def test_an_epoch_that_cannot_rise_is_replaced_with_a_new_producer_id() -> None:
    c = Coordinator()
    p = c.aged(MAX_EPOCH - 1)
    assert c.add(p) is Code.NONE
    after = c.end(p)
    assert isinstance(after, Producer)
    assert after.id != p.id and after.epoch == 0
    done = c.mark()
    assert (done.producer_id, done.epoch) == (p.id, MAX_EPOCH), "its markers need the old one"
    assert (c.of().producer_id, c.of().epoch) == (after.id, 0)
    assert c.end(p) == after, "a retry"
    assert c.end(p, False) is Code.INVALID_TXN_STATE
    assert c.add(p) is Code.INVALID_PRODUCER_ID_MAPPING
    assert c.add(after) is Code.NONE


def test_the_same_over_a_failover() -> None:
    c = Coordinator()
    p = c.aged(MAX_EPOCH - 1)
    c.add(p)
    after = c.end(p)
    c.fail_over()
    c.mark()
    c.fail_over()
    assert c.end(p) == after
    assert isinstance(after, Producer) and c.add(after) is Code.NONE


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1, 2])
def test_what_is_open_for_too_long_is_aborted(level: int) -> None:
    c = Coordinator(level)
    version = 2 if level == 2 else 0
    p = c.begin()
    c.add(p, version=version)
    c.wait(TIMEOUT)
    assert c.of().state is State.ONGOING, "it has until then"
    c.wait(1)
    assert c.of().state is State.PREPARE_ABORT and c.of().epoch == p.epoch + 1
    c.mark()
    c.wait(10 * TIMEOUT)
    assert c.of().state is State.COMPLETE_ABORT
    assert c.add(p, version=version) is Code.PRODUCER_FENCED
    if version == 0:
        assert c.end(p, True, version) is Code.PRODUCER_FENCED
    else:
        assert c.end(p, True, version) is Code.INVALID_TXN_STATE, "taken for a retry, and refused"


def test_each_transaction_has_its_own_time() -> None:
    c, p = opened(OLD)
    c.wait(TIMEOUT - 1)
    c.end(p, True, OLD)
    c.mark()
    c.add(p, version=OLD)
    c.wait(TIMEOUT)
    assert c.of().state is State.ONGOING
    c.wait(1)
    assert c.of().state is State.PREPARE_ABORT


def test_time_goes_on_over_a_failover() -> None:
    c, _ = opened()
    c.wait(TIMEOUT - 1)
    c.fail_over()
    assert not c.markers
    c.wait(2)
    assert c.of().state is State.PREPARE_ABORT and len(c.markers) == 1


def test_an_advance_of_the_clock_ends_what_is_overdue_by_it() -> None:
    c, _ = opened()
    c.now += TIMEOUT + 1
    c.take(c.machine.clock_advanced(c.mono, c.now))
    assert c.of().state is State.PREPARE_ABORT


def test_an_abort_that_could_not_be_written_is_tried_again() -> None:
    c, _ = opened()
    c.mono += TIMEOUT + 1
    c.now += TIMEOUT + 1
    c.take(c.machine.tick(c.mono, c.now), written=False)
    assert c.of().state is State.ONGOING and not c.markers
    c.wait(2_000)
    assert c.of().state is State.PREPARE_ABORT and c.of().epoch == 1


# -- failover -------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("commit", [True, False])
def test_a_new_coordinator_finishes_what_is_decided(version: int, commit: bool) -> None:
    c, p = opened(version, A0, A1)
    after = c.end(p, commit, version)
    before = c.markers[0]
    c.fail_over()
    assert c.markers == [before], "the same markers once more"
    c.fail_over()
    assert c.mark() == before
    c.fail_over()
    assert not c.markers
    assert isinstance(after, Producer) and c.add(after, version=version) is Code.NONE


def test_markers_that_are_reported_twice_or_late_change_nothing() -> None:
    c, p = opened()
    after = c.end(p)
    assert isinstance(after, Producer)
    done = c.mark()
    size = len(c.log)
    c.take(c.machine.completed("t", done.producer_id, done.epoch, c.now))
    c.add(after)
    c.take(c.machine.completed("t", done.producer_id, done.epoch, c.now))
    c.take(c.machine.completed("nobody", done.producer_id, done.epoch, c.now))
    assert len(c.log) == size + 1 and c.of().state is State.ONGOING


def test_a_retry_is_told_the_same_by_the_next_coordinator() -> None:
    c, p = opened()
    after = c.end(p)
    c.fail_over()
    assert c.end(p) is Code.CONCURRENT_TRANSACTIONS
    c.mark()
    c.fail_over()
    assert c.end(p) == after
