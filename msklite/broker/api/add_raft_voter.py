"""AddRaftVoter: an observer of the quorum becomes a voter (KIP-853).

- v1 may be answered before the change is committed (ack_when_committed)

The leader of the quorum decides and answers (`msklite/raft/changes`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
