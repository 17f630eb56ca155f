"""DescribeQuorum: the metadata quorum's leader, voters and observers (KIP-595).

- v1 times of fetches (KIP-836); v2 directory ids and end points of voters (KIP-853)

The controller's raft node answers (`msklite/zone`).
"""

from msklite.broker.forwarding import failed
from msklite.broker.forwarding import forward as handle

__all__ = ["failed", "handle"]
