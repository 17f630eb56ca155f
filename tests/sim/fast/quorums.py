"""The quorum's core on a bad network and bad disks: the simulation of `tests/raft`, to its end."""

from __future__ import annotations

from tests.raft.test_simulation import Simulation


def run(seed: int) -> Simulation:
    """One seed, of three voters or of five and an observer; AssertionError: what was broken."""
    voters, observers = ((3, 0), (5, 1))[seed % 2]
    sim = Simulation(seed, voters, observers)
    try:
        sim.run(15_000)
        sim.heal()
        sim.run(25_000)
        leaders = {s.up.leader_id for s in sim.servers.values()}
        assert len(leaders) == 1, f"leaders {leaders} on a sound network"
    except AssertionError as e:
        raise AssertionError(f"seed {seed}: {e}") from e
    return sim
