"""The cleaner's memory: the last offset of each key in the dirty part of a log.

Bounded: it takes `slots` keys and no more, see `slots_for`; a log with more is cleaned in several
rounds. A short key is kept as it is, a longer one as a digest of 16 bytes behind a byte that makes
it longer than any short one. Kafka's SkimpyOffsetMap keeps a digest of all (24 bytes a key, which
Python could only search slowly).
"""

from __future__ import annotations

from hashlib import blake2b

SHORT = 16
BYTES_EACH = 120
"""What an entry takes, about: the key's object, the offset's, and their place in the table."""


def slots_for(buffer_bytes: int) -> int:
    """How many keys fit into log.cleaner.dedupe.buffer.size."""
    return max(buffer_bytes // BYTES_EACH, 1)


def short(key: bytes) -> bytes:
    """What stands for a long key."""
    return b"\0" + blake2b(key, digest_size=SHORT).digest()


class OffsetMap:
    """See the module. `latest` is the last offset up to which the log was read into it."""

    __slots__ = ("latest", "offsets", "slots")

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.latest = -1
        self.offsets: dict[bytes, int] = {}

    @property
    def full(self) -> bool:
        """Whether another key may not fit."""
        return len(self.offsets) >= self.slots

    def get(self, key: bytes) -> int:
        """The last offset of `key`, -1 where it isn't in the dirty part."""
        return self.offsets.get(key if len(key) <= SHORT else short(key), -1)
