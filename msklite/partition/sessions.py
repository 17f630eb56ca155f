"""Incremental fetch sessions (KIP-227, with topic ids KIP-516).

A client names its partitions once, then only what changed; the reply holds only partitions that
have news. A session keeps each partition's last answered high watermark and log start.

Rules:
- epoch -1 with id 0: no session; epoch 0: a new one (an old id is dropped first); epoch -1 with an
  id: drop it; otherwise the id must be known, the epoch the expected one, and the kind of topic
  naming (by name or by id) the same as before.
- The cache has a fixed number of places; a new session takes the place of one that was idle for
  `min.incremental.fetch.session.eviction.ms`, or isn't made.
- A partition that had records moves to the end, so that each gets its turn.

Source: Kafka's FetchSession and FetchManager.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from msklite.errors import Code
from msklite.wire.messages.fetch_request import FetchPartition, FetchRequest
from msklite.wire.messages.fetch_response import PartitionData
from msklite.wire.primitives import ZERO_UUID
from msklite.world import Random

NAME_OF = Callable[[bytes], "str | None"]
KEY = tuple["str | bytes", int]


class Wanted:
    """One partition that a client wants, and what it was last told."""

    __slots__ = ("data", "high_watermark", "index", "log_start", "topic", "topic_id")

    def __init__(self, topic: str | None, topic_id: bytes, data: FetchPartition) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.index = data.partition
        self.data = data
        self.high_watermark = -1
        self.log_start = -1

    def has_news(self, reply: PartitionData) -> bool:
        """Whether an incremental reply must name this partition; remembers what was told."""
        news = bool(reply.records)
        if reply.high_watermark != self.high_watermark:
            news = True
            self.high_watermark = reply.high_watermark
        if reply.log_start_offset != self.log_start:
            news = True
            self.log_start = reply.log_start_offset
        if reply.preferred_read_replica != -1 or reply.diverging_epoch.epoch != -1:
            news = True
        if reply.error_code != Code.NONE:
            # So that the next reply names it again, whatever it says.
            self.high_watermark = -1
            news = True
        return news


class Session:
    """One client's session."""

    __slots__ = ("by_id", "epoch", "id", "used_ms", "wanted")

    def __init__(
        self, id_: int, by_id: bool, wanted: OrderedDict[KEY, Wanted], mono_ms: int
    ) -> None:
        self.id = id_
        self.by_id = by_id
        self.wanted = wanted
        self.epoch = 1
        self.used_ms = mono_ms

    def bump(self) -> None:
        self.epoch = 1 if self.epoch == 0x7FFFFFFF else self.epoch + 1


class Fetching:
    """What one request asks for: partitions, the session to answer in, or an error."""

    __slots__ = ("error", "incremental", "session", "wanted")

    def __init__(
        self,
        wanted: list[Wanted],
        session: Session | None = None,
        incremental: bool = False,
        error: Code = Code.NONE,
    ) -> None:
        self.wanted = wanted
        self.session = session
        self.incremental = incremental
        self.error = error


def _key(by_id: bool, topic: str, topic_id: bytes, partition: int) -> KEY:
    return (topic_id if by_id else topic, partition)


def _named(request: FetchRequest, by_id: bool, name_of: NAME_OF) -> OrderedDict[KEY, Wanted]:
    out: OrderedDict[KEY, Wanted] = OrderedDict()
    for t in request.topics:
        name = name_of(t.topic_id) if by_id else t.topic
        for p in t.partitions:
            out[_key(by_id, t.topic, t.topic_id, p.partition)] = Wanted(name, t.topic_id, p)
    return out


class Sessions:
    """All sessions of a broker."""

    def __init__(self, random: Random, slots: int = 1000, eviction_ms: int = 120_000) -> None:
        self._random = random
        self._slots = slots
        self._eviction_ms = eviction_ms
        self._sessions: OrderedDict[int, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, request: FetchRequest, version: int, name_of: NAME_OF, mono_ms: int) -> Fetching:
        """What `request` is about. Call `answered` with the reply's partitions afterwards."""
        by_id = version >= 13
        if request.session_epoch in (0, -1):
            self._sessions.pop(request.session_id, None)
            wanted = _named(request, by_id, name_of)
            session = None
            if request.session_epoch == 0:
                session = self._create(by_id, wanted, mono_ms)
            return Fetching(list(wanted.values()), session)
        session = self._sessions.get(request.session_id)
        if session is None:
            return Fetching([], error=Code.FETCH_SESSION_ID_NOT_FOUND)
        if session.by_id != by_id:
            return Fetching([], session, error=Code.FETCH_SESSION_TOPIC_ID_ERROR)
        if session.epoch != request.session_epoch:
            return Fetching([], session, error=Code.INVALID_FETCH_SESSION_EPOCH)
        self._update(session, request, name_of)
        if not session.wanted:
            del self._sessions[session.id]
            return Fetching([])
        session.bump()
        session.used_ms = mono_ms
        self._sessions.move_to_end(session.id)
        return Fetching(list(session.wanted.values()), session, incremental=True)

    @staticmethod
    def _update(session: Session, request: FetchRequest, name_of: NAME_OF) -> None:
        for key, new in _named(request, session.by_id, name_of).items():
            old = session.wanted.get(key)
            if old is None:
                session.wanted[key] = new
            else:
                old.data = new.data
        for t in request.forgotten_topics_data:
            for p in t.partitions:
                session.wanted.pop(_key(session.by_id, t.topic, t.topic_id, p), None)
        if session.by_id:
            for w in session.wanted.values():
                if w.topic is None and w.topic_id != ZERO_UUID:
                    w.topic = name_of(w.topic_id)

    def _create(
        self, by_id: bool, wanted: OrderedDict[KEY, Wanted], mono_ms: int
    ) -> Session | None:
        if len(self._sessions) >= self._slots:
            oldest = next(iter(self._sessions.values()), None)
            if oldest is None or mono_ms - oldest.used_ms < self._eviction_ms:
                return None
            del self._sessions[oldest.id]
        id_ = 0
        while id_ == 0 or id_ in self._sessions:
            id_ = 1 + self._random.below(0x7FFFFFFE)
        session = Session(id_, by_id, wanted, mono_ms)
        self._sessions[id_] = session
        return session

    @staticmethod
    def answered(
        fetching: Fetching, replies: list[tuple[Wanted, PartitionData]]
    ) -> list[tuple[Wanted, PartitionData]]:
        """The replies to send: all of a full fetch, those with news of an incremental one."""
        session = fetching.session
        if session is None:
            return replies
        out = []
        for wanted, reply in replies:
            news = wanted.has_news(reply)
            if fetching.incremental:
                if not news:
                    continue
                if reply.records:
                    key = _key(session.by_id, wanted.topic or "", wanted.topic_id, wanted.index)
                    if key in session.wanted:
                        session.wanted.move_to_end(key)
            out.append((wanted, reply))
        return out
