"""ElectLeaders: give leadership to preferred replicas, or to any where none is in sync (KIP-460).

- v1 types of election; v2 flexible

The controller decides and answers (`msklite/metadata`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
