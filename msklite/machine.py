"""The contract of a replicated state machine: groups now, transactions and shares later.

Rules:
- An operation checks state and returns `Result(records, effects)`; it changes no durable state.
- Durable state changes only in `replay(key, value)`. Recovery after a crash is the same replay.
- Soft state (joining members, timers, sessions) lives in one object of the machine, is dropped
  when leadership is lost, and is never needed to rebuild durable state.
- `Reply` effects go out only when the log is committed up to the machine's last record at the time
  the operation ran. Other effects run after that commit too. All are idempotent.
- Time is an argument: `mono_ms` for sessions and rebalances, `now_ms` for what is recorded.
- Replies waiting when leadership is lost become NOT_COORDINATOR: `resign()` returns them.

`broker/runtime` hosts machines: it appends the records to the internal topic's partition, replays
them, and carries out the effects once they are committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

Token: TypeAlias = object
"""Names a waiting request; made by the runtime, opaque to the machine."""


@dataclass(slots=True, frozen=True)
class Reply:
    """Answer the request that `token` names with `response` (an object of wire/messages)."""

    token: Token
    response: object


class Effect:
    """What the host does after the commit besides replying; each machine has its own kinds.

    Effects that are lost with the leadership are derived anew from durable state, in `elected`.
    """

    __slots__ = ()


@dataclass(slots=True)
class Result:
    """What an operation wants done: `records` (key, value; None is a tombstone), then `effects`."""

    records: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    effects: list[Reply | Effect] = field(default_factory=list)


class Machine(Protocol):
    """What the runtime needs of a machine, besides its operations."""

    def replay(self, key: bytes, value: bytes | None, now_ms: int) -> None:
        """Apply one committed or appended record."""
        ...

    def elected(self, mono_ms: int, now_ms: int) -> Result:
        """The log has been replayed and this node leads it: start timers for what is alive."""
        ...

    def resign(self) -> list[Reply]:
        """Leadership is lost: drop soft state, and give the answers of all who wait."""
        ...

    def tick(self, mono_ms: int, now_ms: int) -> Result:
        """Do what is due; called when `next_tick_ms` has come."""
        ...

    def next_tick_ms(self) -> int | None:
        """When (mono_ms) `tick` is next wanted; None if nothing waits."""
        ...
