"""AlterPartition and AssignReplicasToDirs: what leaders and brokers tell of their replicas.

Rules:
- Only the leader of the current epochs is heard: FENCED_LEADER_EPOCH and INVALID_UPDATE_VERSION for
  older ones, NOT_CONTROLLER for newer ones (this controller is behind then).
- Into the in-sync set comes only a broker that is alive and in the epoch that the leader saw: one
  that was restarted meanwhile must catch up anew (INELIGIBLE_REPLICA, KIP-841, KIP-903).
- Each partition has its own answer.

Sources: Kafka's ReplicationControlManager (alterPartition, handleAssignReplicasToDirs), KIP-858.
"""

from __future__ import annotations

from typing import Any

from msklite.errors import Code
from msklite.metadata.brokers import Brokers
from msklite.metadata.change import RECOVERED, RECOVERING
from msklite.metadata.election import Rules, alive
from msklite.metadata.image import Image, PartitionImage, TopicImage
from msklite.metadata.records import MetadataRecord, versioned
from msklite.metadata.replay import merge
from msklite.metadata.results import ControllerContext, ControllerResult
from msklite.wire.messages import alter_partition_response as alter_reply
from msklite.wire.messages import assign_replicas_to_dirs_response as assign_reply
from msklite.wire.messages.alter_partition_request import AlterPartitionRequest, BrokerState
from msklite.wire.messages.assign_replicas_to_dirs_request import AssignReplicasToDirsRequest
from msklite.wire.messages.partition_change_record import PartitionChangeRecord


class IsrChanges:
    """The two operations. Stateless but for what `brokers` knows of epochs."""

    def __init__(self, brokers: Brokers, rules: Rules) -> None:
        self._brokers = brokers
        self._rules = rules

    # -- AlterPartition

    def alter(
        self, image: Image, request: AlterPartitionRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """A leader's new in-sync sets."""
        self._brokers.check_epoch(image, request.broker_id, request.broker_epoch)
        records: list[MetadataRecord] = []
        reply = alter_reply.AlterPartitionResponse()
        for asked in request.topics:
            row = alter_reply.TopicData(topic_id=asked.topic_id)
            topic = image.topic_by_id(asked.topic_id)
            for p in asked.partitions:
                if topic is None:
                    result = _refused(p.partition_index, Code.UNKNOWN_TOPIC_ID)
                else:
                    result = self._alter_one(image, request, ctx, topic, p, records)
                row.partitions.append(result)
            reply.topics.append(row)
        return ControllerResult(records, reply, atomic=False)

    def _alter_one(
        self,
        image: Image,
        request: AlterPartitionRequest,
        ctx: ControllerContext,
        topic: TopicImage,
        asked: Any,
        records: list[MetadataRecord],
    ) -> alter_reply.PartitionData:
        number = asked.partition_index
        part = topic.partitions.get(number)
        if part is None:
            return _refused(number, Code.UNKNOWN_TOPIC_OR_PARTITION)
        isr = asked.new_isr_with_epochs
        if ctx.version < 3:
            isr = [BrokerState(broker_id=b) for b in asked.new_isr]
        code = _check(image, request.broker_id, part, asked, isr)
        if code:
            return _refused(number, code)
        change = self._rules.change(image, topic, number, alive(image))
        change.isr = [b.broker_id for b in isr]
        change.recovery = asked.leader_recovery_state
        record = change.build(image.metadata_version)
        if record is not None:
            records.append(record)
            part = merge(part, record.message)
            if part.leader != request.broker_id:
                # The end of a reassignment has given the partition to somebody else.
                return _refused(number, Code.NEW_LEADER_ELECTED)
        return alter_reply.PartitionData(
            partition_index=number,
            leader_id=part.leader,
            leader_epoch=part.leader_epoch,
            isr=list(part.isr),
            leader_recovery_state=part.leader_recovery_state,
            partition_epoch=part.partition_epoch,
        )

    # -- AssignReplicasToDirs

    def assign(
        self, image: Image, request: AssignReplicasToDirsRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """A broker's word on which directory holds which replica."""
        broker = self._brokers.check_epoch(image, request.broker_id, request.broker_epoch)
        records: list[MetadataRecord] = []
        reply = assign_reply.AssignReplicasToDirsResponse()
        for d in request.directories:
            dir_row = assign_reply.DirectoryData(id=d.id)
            for t in d.topics:
                topic_row = assign_reply.TopicData(topic_id=t.topic_id)
                topic = image.topic_by_id(t.topic_id)
                for p in t.partitions:
                    number = p.partition_index
                    part = topic.partitions.get(number) if topic is not None else None
                    code = Code.NONE
                    if topic is None:
                        code = Code.UNKNOWN_TOPIC_ID
                    elif part is None:
                        code = Code.UNKNOWN_TOPIC_OR_PARTITION
                    elif broker.id not in part.replicas:
                        code = Code.NOT_LEADER_OR_FOLLOWER
                    elif part.directory(broker.id) != d.id:
                        records.append(_moved(image, topic, number, part, broker.id, d.id))
                    topic_row.partitions.append(
                        assign_reply.PartitionData(partition_index=number, error_code=code)
                    )
                dir_row.topics.append(topic_row)
            reply.directories.append(dir_row)
        return ControllerResult(records, reply, atomic=False)


def _refused(number: int, code: Code) -> alter_reply.PartitionData:
    return alter_reply.PartitionData(partition_index=number, error_code=code)


def _check(
    image: Image, broker_id: int, part: PartitionImage, asked: Any, isr: list[BrokerState]
) -> Code:
    """Why this change can't be; NONE if it can."""
    newer = asked.leader_epoch > part.leader_epoch or asked.partition_epoch > part.partition_epoch
    if newer:
        return Code.NOT_CONTROLLER
    if asked.leader_epoch < part.leader_epoch:
        return Code.FENCED_LEADER_EPOCH
    if broker_id != part.leader:
        return Code.INVALID_REQUEST
    if asked.partition_epoch < part.partition_epoch:
        return Code.INVALID_UPDATE_VERSION
    ids = [b.broker_id for b in isr]
    recovery = asked.leader_recovery_state
    if (
        len(set(ids)) != len(ids)
        or not set(ids) <= set(part.replicas)
        or part.leader not in ids
        or recovery not in (RECOVERED, RECOVERING)
        or (recovery == RECOVERING and (len(ids) > 1 or part.leader_recovery_state == RECOVERED))
    ):
        return Code.INVALID_REQUEST
    for state in isr:
        known = image.brokers.get(state.broker_id)
        if known is None or not known.active or state.broker_epoch not in (-1, known.epoch):
            return Code.INELIGIBLE_REPLICA
    return Code.NONE


def _moved(
    image: Image,
    topic: TopicImage,
    number: int,
    part: PartitionImage,
    broker_id: int,
    directory: bytes,
) -> MetadataRecord:
    directories = [directory if r == broker_id else part.directory(r) for r in part.replicas]
    change = PartitionChangeRecord(partition_id=number, topic_id=topic.id, directories=directories)
    return versioned(change, image.metadata_version)
