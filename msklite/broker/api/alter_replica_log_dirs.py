"""AlterReplicaLogDirs: move replicas to another log directory of this broker (KIP-113).

- v1 throttling; v2 flexible
A broker here has one directory: naming it changes nothing, any other is LOG_DIR_NOT_FOUND.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.alter_replica_log_dirs_request import AlterReplicaLogDirsRequest
from msklite.wire.messages.alter_replica_log_dirs_response import (
    AlterReplicaLogDirPartitionResult,
    AlterReplicaLogDirsResponse,
    AlterReplicaLogDirTopicResult,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(
    broker: Broker, ctx: Context, request: AlterReplicaLogDirsRequest
) -> AlterReplicaLogDirsResponse:
    """One answer for each partition."""
    # Of a partition that is named twice the last place counts, as in Kafka.
    wanted = {(t.name, n): d.path for d in request.dirs for t in d.topics for n in t.partitions}
    topics: dict[str, AlterReplicaLogDirTopicResult] = {}
    for (name, n), path in wanted.items():
        row = topics.setdefault(name, AlterReplicaLogDirTopicResult(topic_name=name))
        row.partitions.append(
            AlterReplicaLogDirPartitionResult(
                partition_index=n, error_code=_one(broker, path, name, n)
            )
        )
    return AlterReplicaLogDirsResponse(results=list(topics.values()))


def _one(broker: Broker, path: str, topic: str, index: int) -> Code:
    if path.rstrip("/") != broker.directory:
        return Code.LOG_DIR_NOT_FOUND
    if broker.replicas.get(topic, index) is not None:
        return Code.NONE
    if broker.image.partition(topic, index) is None:
        return Code.UNKNOWN_TOPIC_OR_PARTITION
    return Code.REPLICA_NOT_AVAILABLE
