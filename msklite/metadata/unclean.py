"""Which of the controller's decisions cost records: leaders that weren't in sync.

An election is unclean when the new leader was neither in the in-sync set nor an eligible replica:
what only the in-sync ones had is lost. Each is logged and counted.
Source: Kafka's PartitionRegistration.electionWasClean and ControllerMetricsChanges.
"""

from __future__ import annotations

from collections.abc import Iterable

from msklite.metadata.image import Image
from msklite.metadata.records import AnyRecord, MetadataRecord
from msklite.wire.messages.partition_change_record import PartitionChangeRecord


def unclean_elections(image: Image, records: Iterable[AnyRecord]) -> list[str]:
    """A sentence for each unclean election that `records` bring to `image`."""
    found = []
    for record in records:
        message = record.message if isinstance(record, MetadataRecord) else None
        if not isinstance(message, PartitionChangeRecord) or message.leader < 0:
            continue
        topic = image.topic_by_id(message.topic_id)
        part = None if topic is None else topic.partitions.get(message.partition_id)
        if topic is None or part is None or message.leader in (*part.isr, *part.elr):
            continue
        found.append(
            f"{topic.name}-{message.partition_id}: unclean election of broker {message.leader}; in "
            f"sync were {list(part.isr)}, and what it lacks of theirs is lost"
        )
    return found
