"""Transactions in the simulator: see `work`."""

from tests.sim.txns.work import TOPICS, Txns

__all__ = ["TOPICS", "Txns"]
