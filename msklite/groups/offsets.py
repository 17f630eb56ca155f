"""Committed offsets: the durable store, and what may be committed, read, deleted and expired.

Rules:
- `Offsets` changes only in `put`, `remove` and `end_transaction`, which replay calls.
- Offsets of a transaction (records with a producer id) wait beside the others until its marker
  comes; of two commits for a partition the one whose record is later in the log counts.

Source: Kafka's OffsetMetadataManager.
"""

from __future__ import annotations

from collections.abc import Iterator

from msklite.errors import Code
from msklite.groups import records
from msklite.groups.group import Group, State
from msklite.groups.records import Committed
from msklite.groups.soft import Turn
from msklite.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
)
from msklite.wire.messages.offset_commit_response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from msklite.wire.messages.offset_delete_request import OffsetDeleteRequest
from msklite.wire.messages.offset_delete_response import (
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from msklite.wire.messages.offset_fetch_request import OffsetFetchRequestGroup
from msklite.wire.messages.offset_fetch_response import (
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)
from msklite.wire.messages.txn_offset_commit_request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
)
from msklite.wire.messages.txn_offset_commit_response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from msklite.wire.primitives import ZERO_UUID

Where = tuple[str, str, int]
"""(group, topic, partition)."""


class Offsets:
    """All committed offsets of one partition of `__consumer_offsets`."""

    __slots__ = ("_groups", "_open")

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, dict[int, Committed]]] = {}
        self._open: dict[int, dict[Where, Committed]] = {}
        """Offsets in transactions that haven't ended, by producer id."""

    @property
    def groups(self) -> list[str]:
        """The groups that have committed something."""
        return list(self._groups)

    def of(self, group: str) -> dict[str, dict[int, Committed]]:
        """A group's offsets, by topic and partition; not to be changed."""
        return self._groups.get(group, {})

    def get(self, group: str, topic: str, partition: int) -> Committed | None:
        """One committed offset, if there is one."""
        return self.of(group).get(topic, {}).get(partition)

    def unstable(self, group: str, topic: str, partition: int) -> bool:
        """Whether a transaction that hasn't ended has an offset for this partition."""
        where = (group, topic, partition)
        return any(where in waiting for waiting in self._open.values())

    def waiting(self, group: str) -> list[tuple[str, int]]:
        """(topic, partition) of a group's offsets in open transactions."""
        found = {w[1:]: None for held in self._open.values() for w in held if w[0] == group}
        return list(found)

    def in_topics(self, topics: set[str]) -> Iterator[Where]:
        """Every offset committed for these topics, in transactions too."""
        for group, by_topic in self._groups.items():
            for topic in [t for t in by_topic if t in topics]:
                for partition in by_topic[topic]:
                    yield group, topic, partition
        for held in self._open.values():
            for where in held:
                if where[1] in topics and self.get(*where) is None:
                    yield where

    def put(self, where: Where, committed: Committed, producer_id: int) -> None:
        """Replay a commit."""
        if producer_id >= 0:
            self._open.setdefault(producer_id, {})[where] = committed
            return
        group, topic, partition = where
        self._groups.setdefault(group, {}).setdefault(topic, {})[partition] = committed

    def remove(self, where: Where) -> None:
        """Replay a tombstone; it ends what open transactions hold for the partition too."""
        group, topic, partition = where
        topics = self._groups.get(group)
        if topics is not None and topic in topics:
            topics[topic].pop(partition, None)
            if not topics[topic]:
                del topics[topic]
            if not topics:
                del self._groups[group]
        for held in self._open.values():
            held.pop(where, None)

    def end_transaction(self, producer_id: int, commit: bool) -> None:
        """Replay a transaction's marker."""
        for where, committed in self._open.pop(producer_id, {}).items():
            before = self.get(*where)
            if commit and (before is None or before.record_offset < committed.record_offset):
                self.put(where, committed, -1)

    def snapshot(self) -> object:
        """Everything, for comparisons in tests."""
        return self._groups, {p: held for p, held in self._open.items() if held}


def check_commit(group: Group | None, request: OffsetCommitRequest, version: int) -> Code:
    """Whether these offsets may be committed: by a member of now, or by anybody without members."""
    generation = request.generation_id_or_member_epoch
    if group is None:
        if generation < 0:
            return Code.NONE
        return Code.GROUP_ID_NOT_FOUND if version >= 9 else Code.ILLEGAL_GENERATION
    if generation < 0 and group.state is State.EMPTY:
        return Code.NONE
    if generation < 0 and not request.member_id and request.group_instance_id is None:
        return Code.UNKNOWN_MEMBER_ID
    code = group.check(request.member_id, request.group_instance_id)
    if code is not Code.NONE:
        return code
    if generation != group.generation:
        return Code.ILLEGAL_GENERATION
    # It knows the new generation, and not yet its assignment.
    return Code.REBALANCE_IN_PROGRESS if group.state is State.COMPLETING else Code.NONE


def commit(turn: Turn, request: OffsetCommitRequest, max_metadata: int) -> OffsetCommitResponse:
    """Records and answer of an allowed commit."""
    expires = -1
    if request.retention_time_ms != -1:
        expires = turn.now_ms + request.retention_time_ms
    answer = OffsetCommitResponse()
    for t in request.topics:
        rows = []
        for p in t.partitions:
            code = Code.NONE
            if _units(p.committed_metadata) > max_metadata:
                code = Code.OFFSET_METADATA_TOO_LARGE
            else:
                key = records.offset_key(request.group_id, t.name, p.partition_index)
                value = _committed(p, t.topic_id, turn.now_ms, expires)
                turn.record(key, records.offset_value(value))
            rows.append(
                OffsetCommitResponsePartition(partition_index=p.partition_index, error_code=code)
            )
        answer.topics.append(
            OffsetCommitResponseTopic(name=t.name, topic_id=t.topic_id, partitions=rows)
        )
    return answer


def check_txn_commit(group: Group | None, request: TxnOffsetCommitRequest) -> Code:
    """The same for a commit in a transaction: older clients don't say who they are."""
    generation = request.generation_id
    if group is None:
        return Code.NONE if generation < 0 else Code.ILLEGAL_GENERATION
    if generation < 0 and group.state is State.EMPTY:
        return Code.NONE
    if generation < 0 and not request.member_id and request.group_instance_id is None:
        return Code.NONE
    code = group.check(request.member_id, request.group_instance_id)
    if code is Code.NONE and generation != group.generation:
        code = Code.ILLEGAL_GENERATION
    return code


def commit_within(
    turn: Turn, request: TxnOffsetCommitRequest, max_metadata: int
) -> TxnOffsetCommitResponse:
    """Records and answer of an allowed commit in a transaction."""
    answer = TxnOffsetCommitResponse()
    for t in request.topics:
        topic = TxnOffsetCommitResponseTopic(name=t.name)
        for p in t.partitions:
            row = TxnOffsetCommitResponsePartition(partition_index=p.partition_index)
            if _units(p.committed_metadata) > max_metadata:
                row.error_code = Code.OFFSET_METADATA_TOO_LARGE
            else:
                key = records.offset_key(request.group_id, t.name, p.partition_index)
                turn.record(key, records.offset_value(_committed(p, ZERO_UUID, turn.now_ms, -1)))
            topic.partitions.append(row)
        answer.topics.append(topic)
    return answer


def _committed(
    p: OffsetCommitRequestPartition | TxnOffsetCommitRequestPartition,
    topic_id: bytes,
    now_ms: int,
    expires: int,
) -> Committed:
    return Committed(
        p.committed_offset,
        p.committed_leader_epoch if p.committed_leader_epoch >= 0 else -1,
        p.committed_metadata or "",
        now_ms,
        expires,
        topic_id,
    )


def _units(text: str | None) -> int:
    """A string's length as Java counts it."""
    return 0 if text is None else len(text) + sum(c > "\uffff" for c in text)


def fetch(
    offsets: Offsets, known: bool, request: OffsetFetchRequestGroup, require_stable: bool
) -> OffsetFetchResponseGroup:
    """A group's offsets: those asked for, or all when `topics` is None."""
    answer = OffsetFetchResponseGroup(group_id=request.group_id)
    group = request.group_id
    mine = offsets.of(group) if known else {}
    if request.topics is None:
        asked = [(name, ZERO_UUID, list(parts)) for name, parts in mine.items()]
    else:
        asked = [(t.name, t.topic_id, t.partition_indexes) for t in request.topics]
    for topic, topic_id, partitions in asked:
        by_partition = mine.get(topic, {})
        rows = []
        for p in partitions:
            row = OffsetFetchResponsePartitions(partition_index=p, committed_offset=-1)
            found = by_partition.get(p)
            if require_stable and offsets.unstable(group, topic, p):
                row.error_code = Code.UNSTABLE_OFFSET_COMMIT
            elif found is not None and _same_topic(found.topic_id, topic_id):
                row.committed_offset = found.offset
                row.committed_leader_epoch = found.leader_epoch
                row.metadata = found.metadata
            rows.append(row)
        answer.topics.append(
            OffsetFetchResponseTopics(name=topic, topic_id=topic_id, partitions=rows)
        )
    return answer


def _same_topic(committed: bytes, asked: bytes) -> bool:
    """Whether they can be the same topic; commits by name have no id."""
    return ZERO_UUID in (committed, asked) or committed == asked


def delete(
    turn: Turn, offsets: Offsets, group: Group | None, request: OffsetDeleteRequest
) -> OffsetDeleteResponse:
    """Delete offsets of topics that the group doesn't read now (KIP-496)."""
    if group is None:
        return OffsetDeleteResponse(error_code=Code.GROUP_ID_NOT_FOUND)
    if group.state is not State.EMPTY and not group.is_consumer:
        return OffsetDeleteResponse(error_code=Code.NON_EMPTY_GROUP)
    answer = OffsetDeleteResponse()
    for t in request.topics:
        code = Code.GROUP_SUBSCRIBED_TO_TOPIC if group.is_subscribed(t.name) else Code.NONE
        rows = []
        for p in t.partitions:
            where = (request.group_id, t.name, p.partition_index)
            if code is Code.NONE and (offsets.get(*where) or offsets.unstable(*where)):
                turn.record(records.offset_key(*where), None)
            rows.append(
                OffsetDeleteResponsePartition(partition_index=p.partition_index, error_code=code)
            )
        answer.topics.append(OffsetDeleteResponseTopic(name=t.name, partitions=rows))
    return answer


def delete_all(turn: Turn, offsets: Offsets, group: str) -> None:
    """Tombstones for every offset of a group."""
    for topic, partitions in offsets.of(group).items():
        for p in partitions:
            turn.record(records.offset_key(group, topic, p), None)
    for topic, p in offsets.waiting(group):
        if offsets.get(group, topic, p) is None:
            turn.record(records.offset_key(group, topic, p), None)


def expire(turn: Turn, offsets: Offsets, group: Group, retention_ms: int) -> bool:
    """Tombstones for a group's offsets that are too old (KIP-211); True when none is left.

    While a group has members, offsets of topics they read don't expire; after that the time counts
    from when the group became empty, and for simple consumers from each commit.
    """
    mine = offsets.of(group.id)
    pending = offsets.waiting(group.id)
    since_empty = group.protocol_type is not None and group.state is State.EMPTY
    if group.protocol_type is not None and not since_empty:
        if not group.is_consumer or group.subscribed is None or group.state is not State.STABLE:
            return not mine and not pending
    left = False
    for topic, partitions in mine.items():
        for p, c in partitions.items():
            base = group.since_ms if since_empty and group.since_ms != -1 else c.commit_ms
            old = turn.now_ms - base >= retention_ms
            if c.expires_ms != -1:
                old = turn.now_ms >= c.expires_ms
            if old and not group.is_subscribed(topic) and (topic, p) not in pending:
                turn.record(records.offset_key(group.id, topic, p), None)
            else:
                left = True
    return not left and not pending
