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
- In a follower's session a partition rests while there is nothing to say about it: the follower is
  in sync, has all that there is, and was told how far that is committed. Whatever changes stirs it
  (`Partition.stir`). A fetch looks only at those that don't rest, so it costs what is new, however
  many partitions are followed. That the follower still lives is told by the session's last use.

Source: Kafka's FetchSession and FetchManager, which walk the whole session.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msklite.errors import Code
from msklite.wire.messages.fetch_request import FetchPartition, FetchRequest
from msklite.wire.messages.fetch_response import PartitionData
from msklite.wire.primitives import ZERO_UUID
from msklite.world import Random

if TYPE_CHECKING:
    from msklite.partition.followers import Follower
    from msklite.partition.partition import Partition

NAME_OF = Callable[[bytes], "str | None"]
KEY = tuple["str | bytes", int]


class Wanted:
    """One partition that a client wants, and what it was last told."""

    __slots__ = (
        "_bed", "_follower", "data", "high_watermark", "index", "log_start", "session", "settled",
        "topic", "topic_id",
    )  # fmt: skip

    def __init__(self, topic: str | None, topic_id: bytes, data: FetchPartition) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.index = data.partition
        self.data = data
        self.high_watermark = -1
        self.log_start = -1
        self.session: Session | None = None
        self.settled: Partition | None = None
        """Where it can rest once the present answer is sent."""
        self._bed: Partition | None = None
        self._follower: Follower | None = None

    @property
    def key(self) -> KEY:
        """Its place in a session."""
        assert self.session is not None
        return _key(self.session.by_id, self.topic or "", self.topic_id, self.index)

    def rest(self, partition: Partition, follower: Follower) -> None:
        """Look at it no more until `stir`."""
        session = self.session
        assert session is not None
        if session.awake.pop(self.key, None) is not None:
            self._bed, self._follower = partition, follower
            partition.resting[self] = None
            follower.heard = session

    def stir(self) -> None:
        """Its partition has changed: look at it again."""
        session = self.session
        if self._get_up() and session is not None:
            session.awake[self.key] = self
            session.stirred = True
            if session.waiter is not None:
                session.waiter()

    def leave(self) -> None:
        """Nobody wants it any more."""
        self._get_up()
        if self.session is not None:
            self.session.awake.pop(self.key, None)

    def _get_up(self) -> bool:
        bed, self._bed = self._bed, None
        follower, self._follower = self._follower, None
        if bed is None or follower is None:
            return False
        bed.resting.pop(self, None)
        if follower.heard is self.session:
            follower.stir()
        return True

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

    __slots__ = (
        "awake", "by_id", "epoch", "id", "replica", "stirred", "used_ms", "waiter", "wanted"
    )  # fmt: skip

    def __init__(
        self,
        id_: int,
        by_id: bool,
        wanted: OrderedDict[KEY, Wanted],
        mono_ms: int,
        replica: int = -1,
    ) -> None:
        self.id = id_
        self.by_id = by_id
        self.wanted = wanted
        self.replica = replica
        """The follower's id; -1 for consumers, whose partitions don't rest."""
        self.awake = OrderedDict(wanted) if replica >= 0 else wanted
        """What has to be looked at."""
        self.stirred = False
        """Something was stirred since `awake` was last read."""
        self.waiter: Callable[[], None] | None = None
        """Called then."""
        self.epoch = 1
        self.used_ms = mono_ms
        for one in wanted.values():
            one.session = self

    def look(self) -> list[Wanted]:
        """The partitions that the present request is about."""
        self.stirred = False
        return list(self.awake.values())

    def name(self, named: Iterable[tuple[KEY, Wanted]]) -> None:
        """A request asks for these, anew or otherwise than before."""
        for key, new in named:
            old = self.wanted.get(key)
            if old is None:
                self.wanted[key] = self.awake[key] = new
                new.session = self
            else:
                old.data = new.data
                if self.replica >= 0:
                    # It may have dropped the last answer: what was told then isn't known there.
                    old.high_watermark = old.log_start = -1
                    if key not in self.awake:
                        old.stir()

    def forget(self, key: KEY) -> None:
        """It is asked for no more."""
        old = self.wanted.pop(key, None)
        if old is not None:
            old.leave()

    def close(self) -> None:
        """Nobody will use it again."""
        if self.replica >= 0:
            for one in self.wanted.values():
                one.leave()

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

    @property
    def empty(self) -> bool:
        """It asks for nothing, so there is nothing to wait for."""
        return not self.wanted and (self.session is None or not self.session.wanted)


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
            self._drop(request.session_id)
            wanted = _named(request, by_id, name_of)
            session = None
            if request.session_epoch == 0:
                session = self._create(by_id, wanted, mono_ms, _replica(request, version))
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
            self._drop(session.id)
            return Fetching([])
        session.bump()
        session.used_ms = mono_ms
        self._sessions.move_to_end(session.id)
        return Fetching(session.look(), session, incremental=True)

    def _drop(self, session_id: int) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.close()

    @staticmethod
    def _update(session: Session, request: FetchRequest, name_of: NAME_OF) -> None:
        if request.topics:
            session.name(_named(request, session.by_id, name_of).items())
        for t in request.forgotten_topics_data:
            for p in t.partitions:
                session.forget(_key(session.by_id, t.topic, t.topic_id, p))
        if session.by_id:
            for w in session.awake.values():
                if w.topic is None and w.topic_id != ZERO_UUID:
                    w.topic = name_of(w.topic_id)

    def _create(
        self, by_id: bool, wanted: OrderedDict[KEY, Wanted], mono_ms: int, replica: int
    ) -> Session | None:
        if len(self._sessions) >= self._slots:
            oldest = next(iter(self._sessions.values()), None)
            if oldest is None or mono_ms - oldest.used_ms < self._eviction_ms:
                return None
            self._drop(oldest.id)
        id_ = 0
        while id_ == 0 or id_ in self._sessions:
            id_ = 1 + self._random.below(0x7FFFFFFE)
        session = Session(id_, by_id, wanted, mono_ms, replica)
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
        resting = session.replica >= 0
        for wanted, reply in replies:
            news = wanted.has_news(reply)
            if resting and wanted.settled is not None:
                follower = wanted.settled.settled(session.replica)
                if follower is not None:
                    wanted.rest(wanted.settled, follower)
            if fetching.incremental:
                if not news:
                    continue
                if reply.records and wanted.key in session.awake:
                    session.awake.move_to_end(wanted.key)
            out.append((wanted, reply))
        return out


def _replica(request: FetchRequest, version: int) -> int:
    return request.replica_state.replica_id if version >= 15 else request.replica_id
