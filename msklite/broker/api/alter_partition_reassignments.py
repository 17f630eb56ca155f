"""AlterPartitionReassignments: move replicas between brokers, or take that back (KIP-455).

- v1 whether the number of replicas may change

The controller decides and answers (`msklite/metadata`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
