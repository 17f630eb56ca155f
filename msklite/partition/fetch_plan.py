"""A follower's fetch session with one leader: what the next request must name (KIP-227).

The session's client side. The first request names everything; later ones only the partitions whose
question has changed and those to forget, so a request costs what is new, however many partitions
are followed.

Rules:
- `due` holds the partitions to name next; answering or losing one puts it there again.
- After an error of the session, or a request whose fate isn't known, everything is named anew, in
  a new session; the old one's id is named once more, so that the leader drops it.
Source: Kafka's FetchSessionHandler.
"""

from __future__ import annotations

from msklite.errors import Code
from msklite.partition.follower import question
from msklite.partition.partition import Partition
from msklite.wire.messages.fetch_request import (
    FetchPartition,
    FetchRequest,
    FetchTopic,
    ForgottenTopic,
)
from msklite.wire.messages.fetch_response import FetchResponse

Key = tuple[bytes, int]
FINAL_EPOCH = 2**31 - 1


class FetchPlan:
    """All partitions that one fetcher follows from one leader."""

    __slots__ = ("_epoch", "_forgotten", "_full", "_session", "asked", "due", "partitions")

    def __init__(self) -> None:
        self.partitions: dict[Key, Partition] = {}
        self.due: dict[Key, None] = {}
        self.asked: dict[Key, FetchPartition] = {}
        """The question that stands at the leader for each partition."""
        self._forgotten: dict[Key, None] = {}
        """What the leader knows of and shall not answer any more."""
        self._full = True
        self._session = 0
        self._epoch = 0

    def add(self, partition: Partition) -> None:
        """Follow a partition, or ask anew for one whose term has changed."""
        key = (partition.topic_id, partition.index)
        self.partitions[key] = partition
        self.due[key] = None

    def remove(self, key: Key) -> None:
        """Follow it no longer."""
        if self.partitions.pop(key, None) is not None:
            self.pause(key)

    def pause(self, key: Key) -> None:
        """Don't ask for it until `add`."""
        self.due.pop(key, None)
        if self.asked.pop(key, None) is not None:
            self._forgotten[key] = None

    def reset(self) -> None:
        """Name everything in a new session."""
        self._epoch = 0
        self._full = True

    def request(self, max_bytes: int) -> FetchRequest:
        """The next request's partitions and session; the caller adds limits and identity."""
        if self._full:
            self._full = False
            self._forgotten.clear()
            self.due = {**dict.fromkeys(self.asked), **self.due}
        topics: dict[bytes, FetchTopic] = {}
        for key in self.due:
            self._forgotten.pop(key, None)
            asked = self.asked[key] = question(self.partitions[key], max_bytes)
            topic = topics.get(key[0])
            if topic is None:
                topic = topics[key[0]] = FetchTopic(topic_id=key[0])
            topic.partitions.append(asked)
        self.due.clear()
        forgotten: dict[bytes, ForgottenTopic] = {}
        for topic_id, index in self._forgotten:
            row = forgotten.setdefault(topic_id, ForgottenTopic(topic_id=topic_id))
            row.partitions.append(index)
        self._forgotten.clear()
        return FetchRequest(
            session_id=self._session,
            session_epoch=self._epoch,
            topics=list(topics.values()),
            forgotten_topics_data=list(forgotten.values()),
        )

    def answered(self, reply: FetchResponse) -> Code:
        """Follow the session; an error means that nothing in the reply counts."""
        code = Code(reply.error_code)
        if code != Code.NONE or reply.session_id == 0:
            self.reset()
            if code in (Code.NONE, Code.FETCH_SESSION_ID_NOT_FOUND):
                self._session = 0
            return code
        self._session = reply.session_id
        self._epoch = 1 if self._epoch == FINAL_EPOCH else self._epoch + 1
        return Code.NONE
