"""DeleteTopics: remove topics with all their records.

- v1 throttling; v3 TOPIC_DELETION_DISABLED; v4 flexible; v5 messages, THROTTLING_QUOTA_EXCEEDED
- v6 by id as well (KIP-516)

The controller decides and answers (`msklite/metadata`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
