"""RemoveRaftVoter v0: a voter of the quorum votes no longer (KIP-853).

The leader of the quorum decides and answers (`msklite/raft/changes`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
