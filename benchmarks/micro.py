"""Microseconds of the hot paths in process, without sockets: `python benchmarks/micro.py`.

Each line is the least of several rounds, which a busy machine disturbs little. The hand-written
codecs stand beside the generated ones that they replace: they stay only while they pay.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import frames
from msklite.broker.broker import Broker
from msklite.testing import LocalCluster
from msklite.wire.frames import HEADER, Frame, encode_reply, read_client_id
from msklite.wire.messages.fetch_request import (
    FetchPartition,
    FetchRequest,
    FetchTopic,
)
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)

ROUNDS, CALLS = 30, 400
TOPIC = "micro"
PRODUCE, FETCH = (0, 13), (1, 18)
EIGHT = bytes(8)


class Sink:
    """Stands in for a connection: keeps the last reply."""

    peer = listener = "PLAINTEXT"
    last_mono_ms = 0
    task = None

    def __init__(self) -> None:
        self.reply = Frame()

    def send(self, frame: Frame) -> bool:
        self.reply = frame
        return True

    def close(self) -> None:
        raise AssertionError("the broker closed the connection")

    wait = close


def best(call: Callable[[], Any]) -> float:
    """Microseconds a call, of the best round."""
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(CALLS):
            call()
        least = min(least, time.perf_counter() - begun)
    return least / CALLS * 1e6


def request(row: tuple[int, int], body: Any) -> bytearray:
    """A request frame without its length."""
    key, version = row
    out = bytearray(HEADER.pack(key, version, 7))
    out += b"\0\x0aproducer-1\0"
    body.write(out, version)
    return out


def requests(topic_id: bytes) -> tuple[bytearray, bytearray, int]:
    """One Produce of a small batch, one Fetch that finds records; where the batch begins."""
    batch = frames.record_batch(b"x" * 900, time.time_ns() // 1_000_000)
    partition = PartitionProduceData(0, batch)
    topic = TopicProduceData(topic_id=topic_id, partition_data=[partition])
    produce = request(PRODUCE, ProduceRequest(None, -1, 30_000, [topic]))
    wanted = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    fetch = request(
        FETCH,
        FetchRequest(
            max_wait_ms=500, min_bytes=1, max_bytes=50 << 20, session_epoch=-1,
            topics=[FetchTopic(topic_id=topic_id, partitions=[wanted])],
        ),
    )  # fmt: skip
    return produce, fetch, produce.index(batch)


async def run(broker: Broker) -> None:
    """Time everything on the broker's own loop, which does nothing else meanwhile."""
    produce, fetch, batch_at = requests(broker.image.topics[TOPIC].id)
    for name, row, frame in (("Produce", PRODUCE, produce), ("Fetch", FETCH, fetch)):
        view, sink, dispatcher = memoryview(frame), Sink(), broker.dispatcher
        route = dispatcher.route(row[0])
        assert route is not None
        _, body = read_client_id(view, True)
        seen: list[Any] = []
        handle = route.handle
        quick, route.quick = route.quick, None
        route.handle = lambda *a, handle=handle, seen=seen: seen.append(handle(*a)) or seen[-1]
        dispatcher.request(sink, view)  # type: ignore[arg-type]
        route.handle, reply = handle, seen[-1]

        base = batch_at if row is PRODUCE else 0

        def whole(view: Any = view, sink: Any = sink, base: int = base) -> None:
            if base:
                view[base : base + 8] = EIGHT  # what the last append has patched
            broker.dispatcher.request(sink, view)

        generated = route.api.request_class(), route.api.response_class()

        def decode(read: Any, view: Any = view, at: int = body, row: Any = row) -> None:
            read(view, at, row[1])

        def encode(write: Any, route: Any = route, row: Any = row, reply: Any = reply) -> None:
            encode_reply(route.api, row[1], 7, reply, write)

        times = {"whole": best(whole)}
        if quick is not None:
            times["whole by the long way"] = times["whole"]
            route.quick = quick
            times["whole"] = best(whole)
        for kind, read, write in (
            ("", route.read, route.write),
            (" generated", generated[0].read, generated[1].write),
        ):
            times[f"decode{kind}"] = best(partial(decode, read))
            times[f"encode{kind}"] = best(partial(encode, write))
        print(f"{name:8} " + ", ".join(f"{k} {v:.1f} us" for k, v in times.items()))


def main() -> None:
    with LocalCluster(storage="memory", config={"log.segment.bytes": "20000000",
                      "log.retention.bytes": "20000000"}) as cluster:  # fmt: skip
        port = int(cluster.bootstrap_servers.rpartition(":")[2])
        frames.first_record(port, TOPIC, time.monotonic() + 30)
        assert cluster._loop is not None
        job = run(cluster.zone().brokers[1])
        asyncio.run_coroutine_threadsafe(job, cluster._loop).result()


if __name__ == "__main__":
    main()
