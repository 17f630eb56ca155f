"""A Fetch that waits: what comes between its first reading and its waiting is news too."""

from __future__ import annotations

import asyncio

from msklite.broker.api import fetch
from msklite.broker.context import Context
from msklite.testing import LocalCluster
from msklite.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from msklite.wire.messages.fetch_request import (
    FetchPartition,
    FetchRequest,
    FetchTopic,
)
from msklite.wire.records import Record, build_batch


def test_an_append_before_the_wait_begins_ends_it() -> None:
    with LocalCluster(brokers=2, storage="memory") as cluster:

        async def story() -> int:
            broker = cluster.zone().brokers[1]
            topic = CreatableTopic(name="t", num_partitions=2, replication_factor=1)
            await broker.controller.call(CreateTopicsRequest(topics=[topic]))
            index = next(i for i in (0, 1) if broker.replicas.get("t", i))
            partition = broker.replicas.get("t", index)
            assert partition is not None
            clock = broker.world.clock
            ctx = Context(17, None, "x", "PLAINTEXT", "x", clock.mono_ms(), clock.now_ms())
            request = FetchRequest(
                max_wait_ms=60_000,
                min_bytes=1,
                max_bytes=1 << 20,
                session_epoch=-1,
                topics=[
                    FetchTopic(
                        topic_id=partition.topic_id,
                        partitions=[FetchPartition(partition=index, partition_max_bytes=1 << 20)],
                    )
                ],
            )
            waiting = fetch.handle(broker, ctx, request)
            assert asyncio.iscoroutine(waiting)
            batch = build_batch([Record(clock.now_ms(), None, b"news")])
            partition.append_local(bytearray(batch), clock.now_ms(), clock.mono_ms())
            reply = await asyncio.wait_for(waiting, 20)
            return len(reply.responses[0].partitions[0].records or b"")

        assert cluster._run(story()) > 0
