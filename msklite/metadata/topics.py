"""CreateTopics, DeleteTopics and CreatePartitions: what a request becomes, or why it doesn't.

Rules:
- One topic's error spoils nothing of the others; the whole request is one atomic batch.
- Validate-only answers exactly as the real thing would and writes nothing.

Sources: Kafka's ReplicationControlManager and ControllerApis, KIP-195, KIP-464, KIP-525, KIP-516.
"""

from __future__ import annotations

import re
from collections import Counter

from msklite.errors import Code, KafkaError
from msklite.metadata import partitions as parts
from msklite.metadata.config_changes import ConfigChanges
from msklite.metadata.configs import BrokerConfig
from msklite.metadata.image import TOPIC, Image, PartitionImage
from msklite.metadata.placement import Placer
from msklite.metadata.records import MetadataRecord, versioned
from msklite.metadata.results import OK, ApiError, ControllerContext, ControllerResult
from msklite.wire.messages.create_partitions_request import (
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from msklite.wire.messages.create_partitions_response import (
    CreatePartitionsResponse,
    CreatePartitionsTopicResult,
)
from msklite.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from msklite.wire.messages.create_topics_response import (
    CreatableTopicConfigs,
    CreatableTopicResult,
    CreateTopicsResponse,
)
from msklite.wire.messages.delete_topics_request import DeleteTopicsRequest
from msklite.wire.messages.delete_topics_response import (
    DeletableTopicResult,
    DeleteTopicsResponse,
)
from msklite.wire.messages.remove_topic_record import RemoveTopicRecord
from msklite.wire.messages.topic_record import TopicRecord
from msklite.wire.primitives import ZERO_UUID
from msklite.world import Random

METADATA_TOPIC = "__cluster_metadata"
MAX_NAME = 249


def check_name(name: str) -> None:
    """Refuse what is no topic name: INVALID_TOPIC_EXCEPTION."""
    if not name or name in (".", "..") or len(name) > MAX_NAME:
        raise KafkaError(
            Code.INVALID_TOPIC_EXCEPTION,
            f"a topic name has 1 to {MAX_NAME} characters and is neither . nor ..",
        )
    if not re.fullmatch(r"[a-zA-Z0-9._-]+", name):
        raise KafkaError(
            Code.INVALID_TOPIC_EXCEPTION,
            f"topic name {name!r} has other characters than letters, digits, '.', '_' and '-'",
        )


class Topics:
    """The three operations. Stateless: the image is an argument."""

    def __init__(self, config: BrokerConfig, changes: ConfigChanges, random: Random) -> None:
        self._config = config
        self._changes = changes
        self._random = random

    # -- CreateTopics

    def create(
        self, image: Image, request: CreateTopicsRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """New topics, in the request's order."""
        total = sum(self._partition_count(t) for t in request.topics)
        if total > parts.MAX_PARTITIONS_PER_REQUEST:
            raise KafkaError(Code.POLICY_VIOLATION, f"{total} partitions in one request: too many")
        times = Counter(t.name for t in request.topics)
        records: list[MetadataRecord] = []
        results, late = [], []
        normal = _normal_names(image)
        for topic in request.topics:
            if times[topic.name] > 1:
                late.append(_topic_error(topic.name, Code.INVALID_REQUEST, "named twice"))
                continue
            if topic.name == METADATA_TOPIC:
                late.append(
                    _topic_error(topic.name, Code.INVALID_REQUEST, "this topic is Kafka's own")
                )
                continue
            try:
                made, result = self._create_one(image, topic, normal)
            except KafkaError as error:
                results.append(_topic_error(topic.name, error.code, error.message))
                continue
            records += made
            results.append(result)
        reply = CreateTopicsResponse(topics=results + _once(late))
        return ControllerResult([] if request.validate_only else records, reply)

    def _partition_count(self, topic: CreatableTopic) -> int:
        if topic.assignments:
            return len(topic.assignments)
        if topic.num_partitions == -1:
            return self._config.int("num.partitions")
        return max(topic.num_partitions, 0)

    def _create_one(
        self, image: Image, topic: CreatableTopic, normal: dict[str, str]
    ) -> tuple[list[MetadataRecord], CreatableTopicResult]:
        check_name(topic.name)
        if topic.name in image.topics:
            raise KafkaError(Code.TOPIC_ALREADY_EXISTS, f"Topic '{topic.name}' already exists.")
        other = normal.get(topic.name.replace(".", "_"))
        if other is not None and ("." in topic.name or "_" in topic.name):
            raise KafkaError(
                Code.INVALID_TOPIC_EXCEPTION,
                f"topic {topic.name} collides with {other}: '.' and '_' are the same in metrics",
            )
        nulls = [c.name for c in topic.configs if c.value is None]
        if nulls:
            raise KafkaError(Code.INVALID_CONFIG, f"no value for {', '.join(nulls)}")
        overrides = {c.name: c.value or "" for c in topic.configs}
        error, config_records = self._changes.set_new(image, TOPIC, topic.name, overrides)
        if error.code:
            raise KafkaError(error.code, error.message)
        new = self._assigned(image, topic) if topic.assignments else self._placed(image, topic)
        topic_id = self._topic_id(image)
        records = [versioned(TopicRecord(name=topic.name, topic_id=topic_id))]
        records += config_records
        records += [parts.new_partition_record(image, topic_id, n, p) for n, p in new.items()]
        return records, CreatableTopicResult(
            name=topic.name,
            topic_id=topic_id,
            error_message=None,
            num_partitions=len(new),
            replication_factor=len(next(iter(new.values())).replicas),
            configs=self._described(image, overrides),
        )

    def _described(self, image: Image, overrides: dict[str, str]) -> list[CreatableTopicConfigs]:
        return [
            CreatableTopicConfigs(
                name=name, value=value, read_only=False, config_source=source, is_sensitive=hidden
            )
            for name, value, source, hidden in self._changes.effective_topic(image, overrides)
        ]

    def _topic_id(self, image: Image) -> bytes:
        while True:
            made = bytearray(self._random.bytes(16))
            made[6], made[8] = made[6] & 15 | 64, made[8] & 63 | 128  # a random UUID's marks
            topic_id = bytes(made)
            # Kafka avoids a leading '-' of the base64 form: command lines would take it for a flag
            if topic_id not in image.topic_names and made[0] >> 2 != 62:
                return topic_id

    def _assigned(self, image: Image, topic: CreatableTopic) -> dict[int, PartitionImage]:
        if topic.replication_factor != -1 or topic.num_partitions != -1:
            raise KafkaError(
                Code.INVALID_REQUEST,
                "with a manual assignment, partitions and replication factor must be -1",
            )
        new: dict[int, PartitionImage] = {}
        factor: int | None = None
        for a in topic.assignments:
            if a.partition_index in new:
                raise KafkaError(
                    Code.INVALID_REPLICA_ASSIGNMENT,
                    f"partition {a.partition_index} is assigned twice",
                )
            parts.check_assignment(image, a.broker_ids, factor)
            factor = len(a.broker_ids)
            new[a.partition_index] = _living(image, a.broker_ids, a.partition_index)
        if set(new) != set(range(len(new))):
            raise KafkaError(
                Code.INVALID_REPLICA_ASSIGNMENT, "partitions must be numbered from 0 without gaps"
            )
        return new

    def _placed(self, image: Image, topic: CreatableTopic) -> dict[int, PartitionImage]:
        if topic.replication_factor < -1 or topic.replication_factor == 0:
            raise KafkaError(
                Code.INVALID_REPLICATION_FACTOR,
                "the replication factor must be above 0, or -1 for the default",
            )
        if topic.num_partitions < -1 or topic.num_partitions == 0:
            raise KafkaError(
                Code.INVALID_PARTITIONS,
                "the number of partitions must be above 0, or -1 for the default",
            )
        factor = topic.replication_factor
        if factor == -1:
            factor = self._config.int("default.replication.factor")
        return self._place(image, range(self._partition_count(topic)), factor)

    def _place(self, image: Image, numbers: range, factor: int) -> dict[int, PartitionImage]:
        placer = Placer(image.brokers.values(), self._random)
        new = {n: parts.new_partition(image, placer.place(factor)) for n in numbers}
        if any(not p.isr for p in new.values()):
            raise KafkaError(
                Code.INVALID_REPLICATION_FACTOR, "no broker is alive to take the partition"
            )
        return new

    # -- CreatePartitions

    def create_partitions(
        self, image: Image, request: CreatePartitionsRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """More partitions; never fewer."""
        times = Counter(t.name for t in request.topics)
        records: list[MetadataRecord] = []
        results = [
            CreatePartitionsTopicResult(
                name=name, error_code=Code.INVALID_REQUEST, error_message="named twice"
            )
            for name, n in times.items()
            if n > 1
        ]
        for topic in request.topics:
            if times[topic.name] > 1:
                continue
            error = OK
            try:
                records += self._grow(image, topic)
            except KafkaError as e:
                error = ApiError(e.code, e.message)
            results.append(
                CreatePartitionsTopicResult(
                    name=topic.name, error_code=error.code, error_message=error.message
                )
            )
        reply = CreatePartitionsResponse(results=results)
        return ControllerResult([] if request.validate_only else records, reply)

    def _grow(self, image: Image, topic: CreatePartitionsTopic) -> list[MetadataRecord]:
        known = image.topics.get(topic.name)
        if known is None:
            raise KafkaError(Code.UNKNOWN_TOPIC_OR_PARTITION)  # without a text, as in Kafka
        have = len(known.partitions)
        if topic.count <= have:
            raise KafkaError(
                Code.INVALID_PARTITIONS,
                f"topic {topic.name} has {have} partitions: they can be added, never removed",
            )
        added = range(have, topic.count)
        if len(added) > parts.MAX_PARTITIONS_PER_REQUEST:
            raise KafkaError(Code.POLICY_VIOLATION, f"{len(added)} partitions at once: too many")
        factor = len(known.partitions[0].replicas)
        if topic.assignments is None:
            new = self._place(image, added, factor)
        else:
            new = self._assigned_more(image, topic, added, factor)
        return [parts.new_partition_record(image, known.id, n, p) for n, p in new.items()]

    def _assigned_more(
        self, image: Image, topic: CreatePartitionsTopic, added: range, factor: int
    ) -> dict[int, PartitionImage]:
        assignments = topic.assignments or []
        if len(assignments) != len(added):
            raise KafkaError(
                Code.INVALID_REPLICA_ASSIGNMENT,
                f"{len(added)} partitions are added and {len(assignments)} assigned",
            )
        new = {}
        for number, a in zip(added, assignments, strict=True):
            parts.check_assignment(image, a.broker_ids, factor)
            new[number] = _living(image, a.broker_ids, number)
        return new

    # -- DeleteTopics

    def delete(
        self, image: Image, request: DeleteTopicsRequest, ctx: ControllerContext
    ) -> ControllerResult:
        """Remove topics, named or by id; a topic that is asked for twice is refused."""
        if not self._config.bool("delete.topic.enable"):
            if ctx.version < 3:
                raise KafkaError(Code.INVALID_REQUEST, "topic deletion is switched off")
            raise KafkaError(
                Code.TOPIC_DELETION_DISABLED, "topic deletion is off: delete.topic.enable=false"
            )
        results: list[DeletableTopicResult] = []

        def refuse(name: str | None, topic_id: bytes, code: Code, why: str) -> None:
            results.append(
                DeletableTopicResult(
                    name=name, topic_id=topic_id, error_code=code, error_message=why
                )
            )

        names, ids = Counter(request.topic_names), Counter[bytes]()
        for asked in request.topics:
            if asked.name is not None and asked.topic_id != ZERO_UUID:
                refuse(asked.name, asked.topic_id, Code.INVALID_REQUEST, "give a name or an id")
            elif asked.name is not None:
                names[asked.name] += 1
            elif asked.topic_id != ZERO_UUID:
                ids[asked.topic_id] += 1
            else:
                refuse(None, ZERO_UUID, Code.INVALID_REQUEST, "neither name nor id is given")
        chosen: dict[bytes, str] = {}
        for topic_id, n in ids.items():
            if n > 1:
                refuse(None, topic_id, Code.INVALID_REQUEST, "this id is given twice")
            elif topic_id not in image.topic_names:
                refuse(None, topic_id, Code.UNKNOWN_TOPIC_ID, "there is no topic with this id")
            else:
                chosen[topic_id] = image.topic_names[topic_id]
        for name, n in names.items():
            topic = image.topics.get(name)
            if n > 1:
                refuse(name, ZERO_UUID, Code.INVALID_REQUEST, "this name is given twice")
            elif topic is None:
                refuse(name, ZERO_UUID, Code.UNKNOWN_TOPIC_OR_PARTITION, f"there is no {name}")
            elif topic.id in ids:
                chosen.pop(topic.id, None)
                refuse(name, topic.id, Code.INVALID_REQUEST, "given by name and by id")
            else:
                chosen[topic.id] = name
        results += [DeletableTopicResult(name=n, topic_id=i) for i, n in chosen.items()]
        records = [versioned(RemoveTopicRecord(topic_id=i)) for i in chosen]
        return ControllerResult(records, DeleteTopicsResponse(responses=results))


def _normal_names(image: Image) -> dict[str, str]:
    return {n.replace(".", "_"): n for n in image.topics if "." in n or "_" in n}


def _living(image: Image, replicas: list[int], number: int) -> PartitionImage:
    part = parts.new_partition(image, replicas)
    if not part.isr:
        raise KafkaError(
            Code.INVALID_REPLICA_ASSIGNMENT,
            f"no broker assigned to partition {number} is alive",
        )
    return part


def _topic_error(name: str, code: Code, why: str | None) -> CreatableTopicResult:
    return CreatableTopicResult(name=name, error_code=code, error_message=why, configs=[])


def _once(results: list[CreatableTopicResult]) -> list[CreatableTopicResult]:
    return list({r.name: r for r in results}.values())
