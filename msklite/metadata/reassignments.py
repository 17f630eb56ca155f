"""AlterPartitionReassignments and ListPartitionReassignments: moving replicas between brokers.

Rules (KIP-455):
- A reassignment puts the new replicas beside the old ones; it ends by itself, in `change.py`, when
  all the new ones are in sync. Asking again replaces the target; null replicas take it back.
- Taking back needs a replica in sync among the old ones, unless the topic allows unclean elections.
- Each partition has its own answer.

Sources: Kafka's ReplicationControlManager, PartitionReassignmentReplicas and -Revert.
"""

from __future__ import annotations

from collections.abc import Iterable

from msklite.errors import Code, KafkaError
from msklite.metadata.election import Rules, alive
from msklite.metadata.image import Image, TopicImage
from msklite.metadata.partitions import all_partitions, check_assignment, existing
from msklite.metadata.records import MetadataRecord
from msklite.metadata.results import ControllerContext, ControllerResult
from msklite.wire.messages.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
)
from msklite.wire.messages.alter_partition_reassignments_response import (
    AlterPartitionReassignmentsResponse,
    ReassignablePartitionResponse,
    ReassignableTopicResponse,
)
from msklite.wire.messages.list_partition_reassignments_request import (
    ListPartitionReassignmentsRequest,
)
from msklite.wire.messages.list_partition_reassignments_response import (
    ListPartitionReassignmentsResponse,
    OngoingPartitionReassignment,
    OngoingTopicReassignment,
)


class Reassignments:
    """The two operations. Stateless: the image is an argument."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def alter(
        self, image: Image, request: AlterPartitionReassignmentsRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """Begin, replace or take back."""
        if not request.topics:
            return ControllerResult([], AlterPartitionReassignmentsResponse())
        records: list[MetadataRecord] = []
        reply = AlterPartitionReassignmentsResponse(
            allow_replication_factor_change=request.allow_replication_factor_change,
            error_message=None,
        )
        for t in request.topics:
            row = ReassignableTopicResponse(name=t.name)
            for p in t.partitions:
                result = ReassignablePartitionResponse(
                    partition_index=p.partition_index, error_message=None
                )
                try:
                    made = self._one(
                        image,
                        t.name,
                        p.partition_index,
                        p.replicas,
                        allow_factor=request.allow_replication_factor_change,
                    )
                    if made is not None:
                        records.append(made)
                except KafkaError as error:
                    result.error_code, result.error_message = error.code, error.message
                row.partitions.append(result)
            reply.responses.append(row)
        return ControllerResult(records, reply, atomic=False)

    def _one(
        self, image: Image, name: str, number: int, target: list[int] | None, *, allow_factor: bool
    ) -> MetadataRecord | None:
        topic, part = existing(image, name, number)
        if target is None:
            return self._take_back(image, topic, number)
        check_assignment(image, target, None)
        current = [r for r in part.replicas if r not in part.adding]
        if not allow_factor and len(target) != len(current):
            raise KafkaError(
                Code.INVALID_REPLICATION_FACTOR,
                f"{name}-{number} has {len(current)} replicas, the new assignment {len(target)}",
            )
        change = self._rules.change(image, topic, number, alive(image))
        change.removing = sorted(r for r in current if r not in target)
        change.adding = sorted(r for r in target if r not in current)
        change.replicas = [*target, *change.removing]
        change.isr = [r for r in change.isr if r in change.replicas]
        return change.build(image.metadata_version)

    def _take_back(self, image: Image, topic: TopicImage, number: int) -> MetadataRecord | None:
        part = topic.partitions[number]
        if not (part.adding or part.removing):
            raise KafkaError(Code.NO_REASSIGNMENT_IN_PROGRESS)  # without a text, as in Kafka
        change = self._rules.change(image, topic, number, alive(image))
        change.replicas = [r for r in part.replicas if r not in part.adding]
        change.isr = [r for r in part.isr if r not in part.adding]
        if not change.isr:
            if not self._rules.topic(image, topic.name).bool("unclean.leader.election.enable"):
                raise KafkaError(
                    Code.INVALID_REPLICA_ASSIGNMENT,
                    f"none of the old replicas of {topic.name}-{number} is in sync",
                )
            change.isr = change.replicas[:1]
        change.adding, change.removing = [], []
        return change.build(image.metadata_version)

    def list(
        self, image: Image, request: ListPartitionReassignmentsRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """Those under way, of the partitions named or of all."""
        asked: Iterable[tuple[str, int]]
        if request.topics is None:
            asked = [(t.name, n) for t, n, _ in all_partitions(image)]
        else:
            asked = [(t.name, n) for t in request.topics for n in t.partition_indexes]
        rows: dict[str, OngoingTopicReassignment] = {}
        for name, number in asked:
            part = image.partition(name, number)
            if part is None or not (part.adding or part.removing):
                continue
            row = rows.setdefault(name, OngoingTopicReassignment(name=name))
            row.partitions.append(
                OngoingPartitionReassignment(
                    partition_index=number,
                    replicas=list(part.replicas),
                    adding_replicas=list(part.adding),
                    removing_replicas=list(part.removing),
                )
            )
        reply = ListPartitionReassignmentsResponse(error_message=None, topics=list(rows.values()))
        return ControllerResult([], reply)
