"""The records of `__transaction_state`, and what administrators are told of transactions."""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.txns import records
from msklite.txns.machine import TxnMachine
from msklite.txns.transaction import NOBODY, State, Transaction
from msklite.wire.messages.transaction_log_value import TransactionLogValue
from msklite.wire.primitives import DecodeError
from tests.txns.coordinator import A0, A1, B0, TIMEOUT, Coordinator

OPEN = Transaction(
    "pay-7", 4000, 3, 60_000, State.ONGOING, frozenset({("a", 1), ("a", 0), ("b", 2)}),
    1_700_000_000_000, 1_700_000_000_005, 4000, NOBODY, 2,
)  # fmt: skip


def test_the_bytes_are_kafkas() -> None:
    """Version, then the schema's fields in their order (TransactionLogKey and -Value.json)."""
    assert records.key("pay-7") == bytes.fromhex("0000 0005") + b"pay-7"
    assert records.value(OPEN, 0) == bytes.fromhex(
        "0000"  # version
        "0000000000000fa0"  # producer id
        "0003"  # epoch
        "0000ea60"  # timeout
        "01"  # Ongoing
        "00000002"  # topics
        "0001 61 00000002 00000000 00000001"
        "0001 62 00000001 00000002"
        "0000018bcfe56805"  # last update
        "0000018bcfe56800"  # start
    )


@pytest.mark.parametrize("level", [0, 1, 2])
def test_what_was_written_is_read(level: int) -> None:
    data = records.value(OPEN, level)
    assert data[:2] == (b"\0\1" if level else b"\0\0")
    found = records.read_value("pay-7", data)
    if level:
        assert found == OPEN
    else:
        assert (found.partitions, found.state, found.epoch) == (OPEN.partitions, OPEN.state, 3)
        assert found.client_version == 0, "version 0 has no tagged fields"


def test_an_empty_transaction_has_no_list_of_partitions() -> None:
    data = records.value(Transaction("t", 1, 0, 60_000), 1)
    found, _ = TransactionLogValue.read(data, 2, 1)
    assert found.transaction_partitions is None


def test_what_cannot_be_understood_is_said() -> None:
    for bad in (
        b"\0\2" + bytes(40),
        records.value(OPEN, 0).replace(b"\xea\x60\x01", b"\xea\x60\x09"),
    ):
        with pytest.raises(DecodeError):
            records.read_value("t", bad)
    with pytest.raises(DecodeError):
        records.read_key(b"\0")
    assert records.read_key(b"\0\7abc") is None, "a kind of key of later versions"
    machine = TxnMachine(Coordinator().config, lambda: 2)
    machine.replay(b"\0\7abc", b"x", 0)
    assert not machine.transactions


def test_one_transaction_is_described() -> None:
    c = Coordinator()
    p = c.begin()
    c.add(p, B0, A1, A0)
    found = c.take(c.machine.describe("t", "token"))
    assert (found.error_code, found.producer_id, found.producer_epoch) == (0, p.id, 0)
    assert (found.transaction_state, found.transaction_timeout_ms) == ("Ongoing", TIMEOUT)
    assert found.transaction_start_time_ms == c.now
    assert [(t.topic, t.partitions) for t in found.topics] == [("a", [0, 1]), ("b", [0])]
    missing = c.take(c.machine.describe("x", "token"))
    assert missing.error_code == Code.TRANSACTIONAL_ID_NOT_FOUND


def test_filters_of_the_list() -> None:
    c = Coordinator()
    idle = c.begin("idle")
    old = c.begin("old")
    c.add(old)
    c.now += 500
    young = c.begin("young")
    c.add(young)
    c.now += 500

    def listed(
        states: tuple[str, ...] = (), ids: tuple[int, ...] = (), longer: int = -1, start: str = ""
    ) -> list[str]:
        found = c.take(
            c.machine.list_transactions(
                states, ids, longer, lambda tid: tid.startswith(start), "token", c.now
            )
        )
        return [t.transactional_id for t in found.transaction_states]

    assert listed() == ["idle", "old", "young"]
    assert listed(states=("Ongoing",)) == ["old", "young"]
    assert listed(states=("NoState",)) == []
    assert listed(ids=(idle.id, young.id)) == ["idle", "young"]
    assert listed(states=("Ongoing",), longer=700) == ["old"]
    assert listed(start="o") == ["old"]
