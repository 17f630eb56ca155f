"""Planted faults: what a slip in msklite could be, to see that the simulator would find it.

Each is a function that gives replacements for named attributes of msklite; `planted` puts them in
place and takes them out again. `python -m tests.sim --fault NAME SEED` shows one at work.
"""

from tests.sim.faults import cleaning, one_zone, replicas, transactions
from tests.sim.faults.planting import FAULTS, planted

__all__ = ["FAULTS", "cleaning", "one_zone", "planted", "replicas", "transactions"]
