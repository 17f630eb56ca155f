"""Throttles of replication, as reassignments use them: which replicas, and how fast (KIP-73).

Rules:
- A broker's `leader.replication.throttled.rate` limits what leaves it to throttled replicas that
  aren't in sync, `follower.replication.throttled.rate` what it fetches for its own. Replicas that
  are in sync are never held back, but what they get counts.
- A topic's `leader.replication.throttled.replicas` and `follower....` name them: `*`, or pairs of
  partition and broker.
- One that is over the limit gets nothing until the rate has fallen under it again. So an answer may
  be as large as ever, and the rate holds over the windows together.

Source: Kafka's ReplicationQuotaManager and its use in ReplicaManager and ReplicaFetcherThread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.metadata.image import TOPIC
from msklite.quota.rate import ReplicationQuota

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_ALL = "*"


class Throttle:
    """One direction: `leader` or `follower`. `limited` is false where nothing is ever held back."""

    def __init__(self, broker: Broker, side: str) -> None:
        config = broker.config
        self._broker = broker
        self._rate_key = f"{side}.replication.throttled.rate"
        self._replicas_key = f"{side}.replication.throttled.replicas"
        self._quota = ReplicationQuota(
            config.int("replication.quota.window.num"),
            config.int("replication.quota.window.size.seconds") * 1000,
        )
        self._known: dict[str, frozenset[int] | None] = {}
        self.limited = False

    def configs_changed(self) -> None:
        """Read the limit and the topics anew."""
        text = self._broker.config.raw(self._rate_key)
        self._quota.limit = int(text) if text else None
        self._known.clear()
        self.limited = self._quota.limit is not None and any(
            kind == TOPIC and values.get(self._replicas_key)
            for (kind, _), values in self._broker.image.configs.items()
        )

    def covers(self, topic: str, index: int) -> bool:
        """Whether this broker's replica is one of those."""
        if topic not in self._known:
            self._known[topic] = self._read(topic)
        named = self._known[topic]
        return named is None or index in named

    def _read(self, topic: str) -> frozenset[int] | None:
        """The partitions; None for all."""
        named = self._broker.topic_config(topic).list(self._replicas_key)
        if named == [_ALL]:
            return None
        pairs = [item.split(":") for item in named]
        mine = str(self._broker.node_id)
        return frozenset(int(index) for index, broker in pairs if broker == mine)

    def holds_back(self, topic: str, index: int, mono_ms: int) -> bool:
        """Whether a replica that isn't in sync has to wait now."""
        return self.limited and self.covers(topic, index) and self._quota.exceeded(mono_ms)

    def record(self, topic: str, index: int, size: int, mono_ms: int) -> None:
        """So many bytes of records went through."""
        if self.limited and size and self.covers(topic, index):
            self._quota.record(size, mono_ms)


class Throttles:
    """`broker.throttles`: both directions."""

    def __init__(self, broker: Broker) -> None:
        self.leader = Throttle(broker, "leader")
        self.follower = Throttle(broker, "follower")

    def configs_changed(self) -> None:
        """The image has other settings."""
        self.leader.configs_changed()
        self.follower.configs_changed()
