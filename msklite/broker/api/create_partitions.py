"""CreatePartitions: give topics more partitions; they are never removed (KIP-195).

- v1 throttling; v2 flexible; v3 THROTTLING_QUOTA_EXCEEDED (KIP-599)

The controller decides and answers (`msklite/metadata`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
