"""UpdateFeatures: raise or lower finalised features (KIP-584).

- v1 upgrade types and validate-only (KIP-778); v2 one error for the whole request (KIP-1022)

The controller decides and answers (`msklite/metadata`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
