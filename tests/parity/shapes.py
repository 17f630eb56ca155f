"""Short ways to make the requests that the scripts need, and quiet steps that prepare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msklite.wire.messages import (
    create_topics_request as ct,
)
from msklite.wire.messages import (
    fetch_request as fe,
)
from msklite.wire.messages import (
    metadata_request as md,
)
from msklite.wire.messages import (
    produce_request as pr,
)
from tests.parity.batches import batch
from tests.parity.talk import Talk

ZERO = bytes(16)
STRANGE = bytes(range(16))
"""A topic id that no topic has."""


def new_topic(
    name: str,
    partitions: int = 1,
    factor: int = 1,
    configs: Mapping[str, str | None] | None = None,
    assignments: Mapping[int, list[int]] | None = None,
) -> ct.CreatableTopic:
    return ct.CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=factor,
        configs=[ct.CreatableTopicConfig(k, v) for k, v in (configs or {}).items()],
        assignments=[
            ct.CreatableReplicaAssignment(p, ids) for p, ids in (assignments or {}).items()
        ],
    )


def create(*topics: ct.CreatableTopic, validate_only: bool = False) -> ct.CreateTopicsRequest:
    return ct.CreateTopicsRequest(
        topics=list(topics), timeout_ms=30_000, validate_only=validate_only
    )


def metadata(*names: str | bytes, auto: bool = False) -> md.MetadataRequest:
    """Metadata of topics by name (str) or id (bytes)."""
    return md.MetadataRequest(
        topics=[
            md.MetadataRequestTopic(name=n)
            if isinstance(n, str)
            else md.MetadataRequestTopic(name=None, topic_id=n)
            for n in names
        ],
        allow_auto_topic_creation=auto,
    )


def make_topic(talk: Talk, name: str, partitions: int = 1, **configs: str) -> bytes:
    """Create a topic without keeping it, wait for its leaders, name its id and return it."""
    settings = {k.replace("_", "."): v for k, v in configs.items()}
    made = talk.ask("make", create(new_topic(name, partitions, configs=settings)), 7, quiet=True)
    assert made.topics[0].error_code == 0, made
    return wait_for(talk, name)


def wait_for(talk: Talk, name: str) -> bytes:
    """Wait until a topic's partitions have leaders; name its id and return it."""
    reply = talk.until(
        metadata(name),
        12,
        lambda r: (
            r.topics[0].error_code == 0
            and all(p.leader_id >= 0 and p.error_code == 0 for p in r.topics[0].partitions)
        ),
    )
    topic_id: bytes = reply.topics[0].topic_id
    talk.call_it(topic_id, f"id of {name}")
    return topic_id


def produce(
    topic: str | bytes,
    records: bytes | None,
    partition: int = 0,
    acks: int = -1,
    transactional_id: str | None = None,
) -> pr.ProduceRequest:
    """One partition's records, the topic by name or id."""
    name, topic_id = (topic, ZERO) if isinstance(topic, str) else ("", topic)
    data = pr.PartitionProduceData(index=partition)
    data.records = records
    return pr.ProduceRequest(
        transactional_id=transactional_id,
        acks=acks,
        timeout_ms=10_000,
        topic_data=[pr.TopicProduceData(name=name, topic_id=topic_id, partition_data=[data])],
    )


def fill(talk: Talk, topic: str, *batches: bytes, partition: int = 0) -> None:
    """Produce without keeping it; a fresh leader may need a moment."""
    for raw in batches or (batch(b"a", b"b", b"c"),):
        talk.until(
            produce(topic, raw, partition), 9, lambda r: _code(r) == 0 or _code(r) not in (3, 6)
        )


def fill_ready(talk: Talk, topic: str, partition: int) -> None:
    """Wait until a partition's leader answers, without writing anything."""
    talk.until(
        fetch(topic, partition=partition),
        11,
        lambda r: r.responses[0].partitions[0].error_code == 0,
    )


def _code(reply: Any) -> int:
    code: int = reply.responses[0].partition_responses[0].error_code
    return code


def fetch(
    topic: str | bytes = "",
    offset: int = 0,
    partition: int = 0,
    *,
    partition_bytes: int = 1 << 20,
    max_bytes: int = 1 << 24,
    min_bytes: int = 1,
    wait: int = 0,
    epoch: int = -1,
    last_epoch: int = -1,
    session: tuple[int, int] = (0, -1),
    isolation: int = 0,
    forget: list[fe.ForgottenTopic] | None = None,
    rack: str = "",
    topics: list[fe.FetchTopic] | None = None,
) -> fe.FetchRequest:
    """One partition (or the given topics)."""
    if topics is None:
        topics = [fetch_topic(topic, (partition, offset), partition_bytes, epoch, last_epoch)]
    return fe.FetchRequest(
        max_wait_ms=wait,
        min_bytes=min_bytes,
        max_bytes=max_bytes,
        isolation_level=isolation,
        session_id=session[0],
        session_epoch=session[1],
        topics=topics,
        forgotten_topics_data=forget or [],
        rack_id=rack,
    )


def fetch_topic(
    topic: str | bytes,
    place: tuple[int, int],
    size: int = 1 << 20,
    epoch: int = -1,
    last_epoch: int = -1,
) -> fe.FetchTopic:
    name, topic_id = (topic, ZERO) if isinstance(topic, str) else ("", topic)
    return fe.FetchTopic(
        topic=name,
        topic_id=topic_id,
        partitions=[
            fe.FetchPartition(
                partition=place[0],
                fetch_offset=place[1],
                partition_max_bytes=size,
                current_leader_epoch=epoch,
                last_fetched_epoch=last_epoch,
            )
        ],
    )
