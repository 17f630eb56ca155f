"""Verifying that a partition belongs to a transaction before its first record is written (KIP-890).

The leader asks the transaction's coordinator, and appends when it says yes. In between the
transaction may have ended: a marker, or a batch of it, takes the guard away, and an answer that
belongs to an older guard is worth nothing (the ABA problem).

Batches of one producer may overtake each other while they are verified: the lowest sequence number
seen must be the first to be written, or a gap would be taken for a beginning.
Source: Kafka's VerificationStateEntry and VerificationGuard.
"""

from __future__ import annotations


class Guard:
    """Proves that a verification is the one that was begun last. Compared by identity."""

    __slots__ = ()


class Verification:
    """A verification under way, for one producer."""

    __slots__ = ("begun_ms", "epoch", "guard", "lowest_sequence", "starts_at_zero")

    def __init__(self, epoch: int, sequence: int, starts_at_zero: bool, now_ms: int) -> None:
        self.guard = Guard()
        self.epoch = epoch
        self.lowest_sequence = sequence
        self.starts_at_zero = starts_at_zero
        """With transaction.version 2 a producer that isn't known must begin with sequence 0."""
        self.begun_ms = now_ms

    def note(self, epoch: int, sequence: int) -> None:
        """Another batch of it wants to be verified."""
        if epoch == self.epoch:
            self.lowest_sequence = min(self.lowest_sequence, sequence)
        elif epoch > self.epoch:
            self.epoch = epoch
            self.lowest_sequence = sequence
