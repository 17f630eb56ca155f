"""The simulator is tested too: each planted fault is found within its budget of seeds."""

from __future__ import annotations

import pytest

from tests.sim import faults, world

BUDGET = 60


@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_planted_fault_is_found(name: str) -> None:
    fault = faults.FAULTS[name]
    options = world.Options(
        zones=fault.zones, faults=fault.faults, kinds=fault.kinds, txns=fault.txns
    )
    seeds = range(fault.first, fault.first + BUDGET)
    with faults.planted(name):
        found = any(world.run(seed, options).violations for seed in seeds)
    assert found, f"{BUDGET} seeds passed: {fault.text}"


def test_a_fault_is_gone_afterwards() -> None:
    before = [getattr(o, a) for f in faults.FAULTS.values() for o, a, _ in f.patches()]
    for name in faults.FAULTS:
        with faults.planted(name):
            pass
    after = [getattr(o, a) for f in faults.FAULTS.values() for o, a, _ in f.patches()]
    assert before == after
