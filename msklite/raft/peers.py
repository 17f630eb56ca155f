"""Requests under way to other nodes: at most one for each peer, with time-out and back-off.

Kafka's RequestManager in small. `reset` forgets all of them, so that answers which belong to an
earlier role are ignored when they come.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Link:
    correlation: int = -1
    deadline: int = 0
    retry_at: int = 0


class Peers:
    """What is under way to whom."""

    __slots__ = ("_backoff_ms", "_last", "_links", "_timeout_ms")

    def __init__(self, timeout_ms: int, backoff_ms: int, last: int = 0) -> None:
        self._timeout_ms = timeout_ms
        self._backoff_ms = backoff_ms
        self._links: dict[int, _Link] = {}
        self._last = last

    def ready(self, peer: int, mono_ms: int) -> bool:
        """Whether a request may be sent: none is under way, or it timed out; no back-off."""
        link = self._links.get(peer)
        if link is None:
            return True
        if link.correlation >= 0:
            return mono_ms >= link.deadline
        return mono_ms >= link.retry_at

    def timed_out(self, peer: int, mono_ms: int) -> bool:
        link = self._links.get(peer)
        return link is not None and link.correlation >= 0 and mono_ms >= link.deadline

    def backing_off(self, peer: int, mono_ms: int) -> bool:
        link = self._links.get(peer)
        return link is not None and link.correlation < 0 and mono_ms < link.retry_at

    def any_in_flight(self, mono_ms: int) -> bool:
        return any(k.correlation >= 0 and mono_ms < k.deadline for k in self._links.values())

    def sent(self, peer: int, mono_ms: int) -> int:
        """Note a request to `peer`; its correlation id."""
        self._last += 1
        self._links[peer] = _Link(self._last, mono_ms + self._timeout_ms)
        return self._last

    def awaits(self, peer: int, correlation: int) -> bool:
        """Whether that is the request that is under way to `peer`."""
        link = self._links.get(peer)
        return link is not None and link.correlation == correlation

    def answered(self, peer: int, correlation: int) -> bool:
        """Take an answer: False when nobody waits for it."""
        if not self.awaits(peer, correlation):
            return False
        self._links[peer] = _Link()
        return True

    def back_off(self, peer: int, mono_ms: int) -> None:
        """The peer failed or said that it can't: leave it alone for a moment."""
        self._links[peer] = _Link(retry_at=mono_ms + self._backoff_ms)

    def reset(self) -> None:
        self._links.clear()

    def settle(self, mono_ms: int) -> None:
        """Times up to now have been dealt with: they wake nobody again."""
        for link in self._links.values():
            if link.deadline <= mono_ms:
                link.deadline = 0
            if link.retry_at <= mono_ms:
                link.retry_at = 0

    def next_ms(self) -> int | None:
        """When a time-out or back-off ends next."""
        times = [k.deadline if k.correlation >= 0 else k.retry_at for k in self._links.values()]
        return min((t for t in times if t > 0), default=None)
