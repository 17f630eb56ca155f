"""The metadata log of one zone is damaged, over and over, among everything else that goes wrong.

Each time the zone must come back as another replica of its controller's id, and vote again before
the next one is damaged: of three logs, two are whole. No promise may be broken by it, and in the
end every controller votes.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from msklite.log.directories import uuid_text
from msklite.raft import quorum_state
from msklite.raft.snapshot import SUFFIX
from msklite.wire.batch import HEADER_SIZE, iter_headers
from msklite.zone.format import METADATA_DIR
from msklite.zone.healing import Healing, is_committed_voter
from tests.sim import peek
from tests.sim.cluster import Machine
from tests.sim.nemesis import Nemesis
from tests.sim.storage import Folder, Inode
from tests.sim.world import Options, Report, Sim

SEEDS = max(500, int(os.environ.get("MSKLITE_SIM_SEEDS", "500"))) // 25


def heals(machine: Machine) -> bool:
    """Whether its controller isn't a voter yet, as its own copy of the log has it."""
    node = peek.raft(machine.zone) if machine.up and machine.zone is not None else None
    zone = _folder(machine.disk.root, machine.spec.directory)
    mark = f"controller-{machine.spec.controller_id}.healing"
    return node is None or not is_committed_voter(node) or mark in zone.names


def _folder(root: Folder, path: str) -> Folder:
    for name in path.strip("/").split("/"):
        found = root.names[name]
        assert isinstance(found, Folder)
        root = found
    return root


class Damage(Nemesis):
    """Everything, and often a metadata log."""

    def __init__(self, sim: Sim, rng: random.Random) -> None:
        super().__init__(sim, rng)
        self._faults.append(self.damage)
        self._weights.append(sum(self._weights) // 2)

    async def damage(self, machine: Machine) -> None:
        """Damage the metadata of a zone that is down; or only kill it, while another heals."""
        whole = not any(map(heals, self.sim.machines))
        machine.kill()
        self._down(machine)
        if whole:
            folder = _folder(machine.disk.root, f"{machine.spec.controller_dir()}/{METADATA_DIR}")
            how = self._random.choice(HOW)
            if how(folder, self._random):
                self.sim.trace.add("NEMESIS", "%s: damaged, %s", machine.site, how.__name__)
                name = f"damage: {how.__name__}"
                self.kinds[name] = self.kinds.get(name, 0) + 1


def a_batch(folder: Folder, rng: random.Random) -> bool:
    """One of the newest segment, with sound ones behind it: else it may be a torn tail."""
    names = sorted(name for name in folder.names if name.endswith(".log"))
    file = folder.names[names[-1]]
    assert isinstance(file, Inode)
    before = _starts(bytes(file.data))[:-1]
    if not before:
        return False
    file.data[rng.choice(before) + HEADER_SIZE] ^= 0xFF
    return True


def _starts(data: bytes) -> list[int]:
    starts, pos = [], 0
    for header in iter_headers(data):
        starts.append(pos)
        pos += header.length
    return starts


def a_checkpoint(folder: Folder, rng: random.Random) -> bool:
    """The newest one: bits of it."""
    name = max(name for name in folder.names if name.endswith(SUFFIX))
    file = folder.names[name]
    assert isinstance(file, Inode)
    file.data[rng.randrange(len(file.data) // 2, len(file.data))] ^= 0xFF
    return True


def all_checkpoints(folder: Folder, rng: random.Random) -> bool:
    """They are gone, and with them the first voters."""
    for name in [name for name in folder.names if name.endswith(SUFFIX)]:
        del folder.names[name]
    folder.sync()
    return True


def the_vote(folder: Folder, rng: random.Random) -> bool:
    """quorum-state is no JSON any more."""
    file = folder.names.get(quorum_state.FILE_NAME)
    if not isinstance(file, Inode):
        return False
    file.data[:] = b"{"
    return True


def everything(folder: Folder, rng: random.Random) -> bool:
    """All files."""
    folder.names.clear()
    folder.sync()
    return True


HOW: list[Callable[[Folder, random.Random], bool]] = [
    a_batch, a_checkpoint, all_checkpoints, the_vote, everything,
]  # fmt: skip


class DamageSim(Sim):
    """A run with that."""

    trouble = Damage

    def __init__(
        self, seed: int, options: Options, show: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(seed, options, show)
        self._changes_voters = False  # he knows controllers by the directories that they had

    async def _look(self) -> None:
        await self._until(
            lambda: not any(map(heals, self.machines)), "every controller to vote again"
        )
        await super()._look()


def run(seed: int, show: Callable[[str], None] | None = None) -> Report:
    """Run one seed."""
    return DamageSim(seed, Options(zones=3, brokers=3, faults=8), show).run()


def test_damaged_metadata_is_healed_and_nothing_is_lost() -> None:
    done: dict[str, int] = {}
    for seed in range(1, SEEDS + 1):
        report = run(seed)
        assert not report.violations, "\n".join(
            [*report.trace[-60:], *report.violations, str(report)]
        )
        for kind, count in report.faults.items():
            done[kind] = done.get(kind, 0) + count
    assert all(f"damage: {how.__name__}" in done for how in HOW), done


def _same_id(healing: Healing) -> bytes:
    """The slip: the old directory id is formatted again, with an empty log and a vote."""
    voters = healing._spec.voter_set()
    assert voters is not None
    found = voters.voters[healing._node_id].key.directory_id
    healing._world.storage.write(healing._mark, uuid_text(found).encode("ascii"), sync=True)
    return found


def test_one_that_came_back_as_the_voter_that_it_was_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Healing, "_write_mark", _same_id)
    assert any(run(seed).violations for seed in range(1, 11))
