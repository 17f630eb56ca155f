"""Which replica a consumer should read from: one in its rack, if the leader isn't there (KIP-392).

Rules, as in Kafka's RackAwareReplicaSelector and ReplicaManager.findPreferredReadReplica:
- Only in-sync replicas count, alive, that have the offset asked for.
- Of several in the rack the one that has most; then the one that was caught up last; then the
  highest id.
"""

from __future__ import annotations

from collections.abc import Mapping

from msklite.partition.partition import Partition

SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector"
LEADER = -1


def nearest(
    partition: Partition, rack: str, racks: Mapping[int, str | None], offset: int, mono_ms: int
) -> int:
    """A replica's id, or LEADER: read here. `racks` are those of the living brokers."""
    followers = partition.followers
    if not rack or followers is None or racks.get(partition.broker_id) == rack:
        return LEADER
    best = max(
        (
            (f.end_offset, -(mono_ms - f.caught_up_ms), f.id)
            for f in followers.remote.values()
            if f.id in partition.isr
            and racks.get(f.id) == rack
            and f.start_offset <= offset <= f.end_offset
        ),
        default=None,
    )
    return LEADER if best is None else best[2]
