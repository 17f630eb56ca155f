"""DescribeQuorum: who is shown as an observer, and for how long."""

from __future__ import annotations

import asyncio

from msklite.raft.voters import ReplicaKey
from msklite.wire.messages.describe_quorum_request import (
    DescribeQuorumRequest,
    PartitionData,
    TopicData,
)
from msklite.zone import describe_quorum
from msklite.zone.describe_quorum import OBSERVER_SESSION_MS
from msklite.zone.quorum import Quorum
from tests.zone.quorums import Clock, running, setting, world

ASKED = DescribeQuorumRequest(
    topics=[TopicData(topic_name="__cluster_metadata", partitions=[PartitionData()])]
)


def observers(quorum: Quorum) -> list[int]:
    reply = describe_quorum.answer(quorum, ASKED, [])
    return [r.replica_id for r in reply.topics[0].partitions[0].observers]


def test_an_observer_that_is_silent_for_long_is_forgotten() -> None:
    async def run() -> None:
        clock = Clock()
        async with running(world(clock=clock)) as q:
            await q.append([setting("a", "1")])
            q.observe(1, b"a" * 16)  # it shares our process, so it is there while we are
            progress = q.node.state.progress
            assert progress is not None
            key = ReplicaKey(4, b"d" * 16)
            progress.fetched(key, q.end_offset, q.end_offset, clock.mono_ms(), q.node.voters)
            assert observers(q) == [1, 4]
            clock.advance(OBSERVER_SESSION_MS - 1)
            assert observers(q) == [1, 4]
            clock.advance(1)
            assert observers(q) == [1]

    asyncio.run(run())
