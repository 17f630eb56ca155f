"""CreateTopics: make topics, with partitions placed or assigned by hand.

- v2 throttling; v4 -1 for the default number of partitions and replicas (KIP-464); v5 flexible, the
  reply tells partitions, replicas and settings (KIP-525); v6 THROTTLING_QUOTA_EXCEEDED (KIP-599)
- v7 topic ids (KIP-516)

The controller decides and answers (`msklite/metadata`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
