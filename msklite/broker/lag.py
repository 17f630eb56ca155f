"""How far the groups of a broker are behind: committed offsets against the ends of partitions.

The ends are high watermarks as leaders have them: other brokers' are asked, with Kafka's own
ListOffsets. A partition whose leader can't be asked has no row.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from msklite.broker.channel import ChannelClosed
from msklite.wire.apis import APIS, LIST_OFFSETS
from msklite.wire.messages.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_LATEST = -1
_TIMEOUT_MS = 2000
_VERSION = 9
Where = tuple[str, int]


class Lag(NamedTuple):
    """One group's place in one partition."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def records(self) -> int:
        """Never below nothing, also where an unclean election has cut the log."""
        return max(self.end - self.committed, 0)


async def lags(broker: Broker) -> list[Lag]:
    """Of all groups that this broker coordinates."""
    committed = [
        (group, topic, index, place.offset)
        for host in broker.groups.hosts.values()
        if not host.loading
        for offsets in (host.machine.offsets,)
        for group in offsets.groups
        for topic, partitions in offsets.of(group).items()
        for index, place in partitions.items()
    ]
    ends = await _ends(broker, {(topic, index) for _, topic, index, _ in committed})
    return [
        Lag(group, topic, index, offset, ends[topic, index])
        for group, topic, index, offset in committed
        if (topic, index) in ends
    ]


async def _ends(broker: Broker, wanted: set[Where]) -> dict[Where, int]:
    found: dict[Where, int] = {}
    away: dict[int, list[Where]] = {}
    for topic, index in sorted(wanted):
        partition = broker.replicas.get(topic, index)
        leader, _ = broker.leader_of(topic, index)
        if partition is not None and partition.is_leader:
            found[topic, index] = partition.high_watermark
        elif leader >= 0:
            away.setdefault(leader, []).append((topic, index))
    for ends in await asyncio.gather(*(_ask(broker, n, asked) for n, asked in away.items())):
        found |= ends
    return found


async def _ask(broker: Broker, leader: int, asked: list[Where]) -> dict[Where, int]:
    topics: dict[str, ListOffsetsTopic] = {}
    for name, index in asked:
        topic = topics.setdefault(name, ListOffsetsTopic(name=name))
        topic.partitions.append(
            ListOffsetsPartition(partition_index=index, current_leader_epoch=-1, timestamp=_LATEST)
        )
    request = ListOffsetsRequest(replica_id=-1, topics=list(topics.values()))
    try:
        channel = await broker.peers.channel(leader)
        try:
            reply = await channel.call(APIS[LIST_OFFSETS], _VERSION, request, _TIMEOUT_MS)
        finally:
            channel.close()
    except ChannelClosed:
        return {}
    return {
        (topic.name, row.partition_index): row.offset
        for topic in reply.topics
        for row in topic.partitions
        if row.error_code == 0
    }
