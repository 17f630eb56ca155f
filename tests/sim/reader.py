"""A consumer by assignment: reads partitions from their start, and remembers what it read."""

from __future__ import annotations

from typing import Any

from msklite.errors import Code
from msklite.wire.batch import iter_headers
from msklite.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from msklite.wire.messages.fetch_response import PartitionData
from msklite.wire.messages.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from msklite.wire.records import Record, iter_records
from tests.sim.client import Client, Unavailable
from tests.sim.model import Key


def records_from(data: Any, position: int) -> list[Record]:
    """The records from `position` on in what a fetch brought; a cut batch at its end is left."""
    found: list[Record] = []
    at = 0
    for header in iter_headers(data):
        if header.next_offset > position and not header.is_control:
            found += [r for r in iter_records(data, at) if r.offset >= position]
        at += header.length
    return found


async def ask_fetch(
    client: Client, address: tuple[str, int], key: Key, part: FetchPartition, *,
    max_wait_ms: int, isolation_level: int,
) -> PartitionData:  # fmt: skip
    """What a leader answers about one partition, an error of the partition's own too."""
    topic = FetchTopic(
        topic=key[0], topic_id=client.topic_ids.get(key[0], bytes(16)), partitions=[part]
    )
    request = FetchRequest(
        max_wait_ms=max_wait_ms, min_bytes=1, max_bytes=1 << 20,
        isolation_level=isolation_level, topics=[topic],
    )  # fmt: skip
    reply = await client.ask(address, request, client.version(FetchRequest))
    if reply.error_code:
        raise Unavailable(f"fetch: {Code(reply.error_code).name}")
    row: PartitionData = reply.responses[0].partitions[0]
    return row


async def end_of(client: Client, key: Key, isolation: int = 0, lowest: int = 0) -> int:
    """The high watermark, or with `isolation` 1 (from version 2 on) the last stable offset."""
    address, _ = await client.leader(*key)
    part = ListOffsetsPartition(partition_index=key[1], timestamp=-1)
    request = ListOffsetsRequest(
        replica_id=-1, isolation_level=isolation,
        topics=[ListOffsetsTopic(name=key[0], partitions=[part])],
    )  # fmt: skip
    reply = await client.ask(address, request, client.version(ListOffsetsRequest, lowest))
    row = reply.topics[0].partitions[0]
    if row.error_code:
        client.forget_leader(*key)
        raise Unavailable(f"list offsets {key}: {Code(row.error_code).name}")
    return int(row.offset)


class Fetcher:
    """Fetches one partition after the other; no sessions."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def fetch(self, key: Key, position: int) -> tuple[Code, list[Record]]:
        """What is there from `position` on, or why not."""
        client, rng = self.client, self.client.random
        address, epoch = await client.leader(*key)
        part = FetchPartition(
            partition=key[1], fetch_offset=position,
            current_leader_epoch=rng.choice((-1, epoch)),
            partition_max_bytes=rng.choice((1, 300, 1 << 20)),
        )  # fmt: skip
        row = await ask_fetch(
            client, address, key, part,
            max_wait_ms=rng.choice((0, 100, 500)), isolation_level=rng.randint(0, 1),
        )  # fmt: skip
        code = Code(row.error_code)
        if code is Code.NONE:
            return code, records_from(row.records or b"", position)
        if code is not Code.OFFSET_OUT_OF_RANGE:
            client.forget_leader(*key)
            if not code.retriable:
                client.sim.checks.blame(f"{key}: a fetch was refused with {code.name}")
            raise Unavailable(f"fetch {key}: {code.name}")
        return code, []

    async def latest(self, key: Key) -> int:
        """The high watermark."""
        return await end_of(self.client, key)


class Reader:
    """Reads on and on."""

    def __init__(self, client: Client, keys: list[Key], pause: float) -> None:
        self.client = client
        self.stopping = self.finished = False
        self._fetcher = Fetcher(client)
        self._pause = pause
        self._positions = dict.fromkeys(keys, 0)
        self._losses = dict.fromkeys(keys, 0)

    async def run(self) -> None:
        """The consumer's life."""
        client = self.client
        while not self.stopping:
            key = client.random.choice(list(self._positions))
            try:
                await self._step(key)
                await client.nap(0, self._pause)
            except Unavailable as e:
                client.sim.trace.add(client.process, "reader waits: %s", e)
                await client.nap()
        self.finished = True

    async def _step(self, key: Key) -> None:
        model = self.client.sim.model
        position = self._positions[key]
        losses = model.partition(key).losses
        code, records = await self._fetcher.fetch(key, position)
        if code is Code.OFFSET_OUT_OF_RANGE:
            if len(self.client.sim.machines) > 1:
                self.client.forget_leader(*key)  # a leader that was cut off has a shorter log
                raise Unavailable(f"{key}: offset {position} is out of range")
            if model.partition(key).losses == self._losses[key]:
                self.client.sim.checks.blame(f"{key}: offset {position} is gone")
            self._losses[key] = model.partition(key).losses
            self._positions[key] = 0
            return
        if model.partition(key).losses != losses:
            return  # what came may be from before the loss
        for record in records:
            if record.offset != position and not losses:  # a power loss may have left a gap
                self.client.sim.checks.blame(
                    f"{key}: a fetch at {position} went on at {record.offset}"
                )
            model.read(key, record.offset, record.value or b"")
            position = record.offset + 1
        self._positions[key] = position

    async def whole(self, key: Key) -> list[tuple[int, bytes]]:
        """Everything in a partition, from its start to its end."""
        position, found = 0, []
        while True:
            try:
                end = await self._fetcher.latest(key)
                while position < end:
                    code, records = await self._fetcher.fetch(key, position)
                    if code is not Code.NONE:
                        raise Unavailable(code.name)
                    for record in records:
                        found.append((record.offset, record.value or b""))
                        position = record.offset + 1
                    if not records and self.client.sim.model.partition(key).losses:
                        break  # a power loss may have left nothing but the names of segments
                return found
            except Unavailable as e:
                self.client.sim.trace.add(self.client.process, "final reader waits: %s", e)
                await self.client.nap()
