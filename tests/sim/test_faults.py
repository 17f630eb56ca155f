"""The simulator is tested too: each planted fault is found within its budget of seeds."""

from __future__ import annotations

import pytest

from tests.sim import faults, world

BUDGET = 60


@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_planted_fault_is_found(name: str) -> None:
    fault = faults.FAULTS[name]
    options = world.Options(zones=fault.zones, faults=fault.faults)
    with faults.planted(name):
        found = next(
            (
                r
                for r in (
                    world.run(seed, options) for seed in range(fault.first, fault.first + BUDGET)
                )
                if r.violations
            ),
            None,
        )
    assert found is not None, f"{BUDGET} seeds passed: {fault.text}"


def test_a_fault_is_gone_afterwards() -> None:
    before = [getattr(o, a) for f in faults.FAULTS.values() for o, a, _ in f.patches()]
    for name in faults.FAULTS:
        with faults.planted(name):
            pass
    after = [getattr(o, a) for f in faults.FAULTS.values() for o, a, _ in f.patches()]
    assert before == after
