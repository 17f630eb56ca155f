"""What a power loss leaves, on the simulated disk: each case was found by a seed."""

from __future__ import annotations

import contextlib
import random

import pytest

from msklite.log import directories
from msklite.log.config import LogConfig
from msklite.log.log import CorruptLog, Log
from msklite.raft import quorum_state
from msklite.raft.quorum_state import Election
from msklite.wire.batch import check_batch
from msklite.wire.records import Record, build_batch
from msklite.world import World
from msklite.zone.format import METADATA_DIR, open_node_dir
from tests.sim.clock import SimClock, SimRandom
from tests.sim.loop import SimLoop
from tests.sim.network import Network, Weather
from tests.sim.process import Process
from tests.sim.storage import Disk, SimStorage

SEEDS = range(20)


class Bench:
    """A disk, and a world for one life on it."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.loop = SimLoop(rng)
        self.disk = Disk(rng)
        self.rng = rng
        self.world = self.live()

    def live(self) -> World:
        """A new process on the disk."""
        process = Process(self.loop, "p", "az1", SimClock(self.loop), self.rng)
        network = Network(self.loop, self.rng, Weather())
        storage = SimStorage(self.disk, process, self.rng)
        return World(process.clock, network.of(process), storage, SimRandom(self.rng))

    def power_loss(self) -> None:
        """Off and on again."""
        self.disk.lose_power()
        self.world = self.live()


def open_log(bench: Bench, *, recovery_point: int = 0, cuts: list[str] | None = None) -> Log:
    return Log.open(
        bench.world.storage, "/data/broker/t-0", "t", 0, LogConfig(),
        clean=False, recovery_point=recovery_point, log_start_offset=0, now_ms=0,
        topic_id=bytes(range(16)), cuts=cuts,
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_a_formatted_node_and_its_vote_stay(seed: int) -> None:
    bench = Bench(seed)
    path = "/data/cluster/az1/controller-10001"
    made = open_node_dir(bench.world, path, 10001, None, controller=True)
    vote = Election(7, 10001)
    quorum_state.save(bench.world.storage, f"{path}/{METADATA_DIR}", vote, 1)
    bench.power_loss()
    found = open_node_dir(bench.world, path, 10001, made.cluster_id, controller=True)
    assert not found.is_new
    assert found.directory_id == made.directory_id
    assert quorum_state.load(bench.world.storage, f"{path}/{METADATA_DIR}") == vote


def test_a_killed_broker_keeps_its_epoch_and_one_without_power_does_not() -> None:
    bench = Bench(0)
    bench.world.storage.make_dirs("/data/broker")
    bench.world.storage.sync_dir("/")
    assert directories.epoch_before_crash(bench.world.storage, "/data/broker") == -1
    directories.write_life(bench.world.storage, "/data/broker", 17)
    bench.world = bench.live()
    assert directories.epoch_before_crash(bench.world.storage, "/data/broker") == 17
    bench.world.storage.sync_dir("/data/broker")
    bench.world.storage.sync(f"/data/broker/{directories.LIFE}")
    bench.power_loss()
    assert directories.epoch_before_crash(bench.world.storage, "/data/broker") == -1


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_flushed_stays_with_its_folder(seed: int) -> None:
    bench = Bench(seed)
    bench.world.storage.make_dirs("/data/broker")
    bench.disk.root.sync()
    bench.world.storage.sync_dir("/data")
    log = open_log(bench)
    for n in range(6):
        batch = bytearray(build_batch([Record(1, None, b"%d" % n)]))
        log.append(batch, [check_batch(batch, 0, len(batch))], 0, 0)
        if n == 3:
            log.flush()
    assert log.recovery_point == 4
    bench.power_loss()
    again = open_log(bench, recovery_point=4)
    assert 4 <= again.end_offset <= 6


@pytest.mark.parametrize("lost", ["the end", "a part", "all"])
def test_a_hole_is_cut_where_others_have_the_records(lost: str) -> None:
    bench = Bench(0)
    storage = bench.world.storage
    log = open_log(bench)
    for n in range(9):
        if n % 3 == 0:
            log.roll(0)
        batch = bytearray(build_batch([Record(1, None, b"%d" % n)]))
        log.append(batch, [check_batch(batch, 0, len(batch))], 0, 0)
    path = f"{log.path}/{3:020d}.log"
    size = len(storage.read(path))
    kept = {"the end": size // 3 * 2, "a part": size // 2, "all": 0}[lost]
    storage.write(path, storage.read(path)[:kept])
    with pytest.raises(CorruptLog) if lost == "a part" else contextlib.nullcontext():
        assert open_log(bench).end_offset == 9  # no other replica: what is there is served
    cuts: list[str] = []
    again = open_log(bench, cuts=cuts)
    assert again.end_offset == 3 + kept * 3 // size
    assert [s.base_offset for s in again.segments] == [0, 3]
    assert len(cuts) == 1
    assert open_log(bench).end_offset == again.end_offset


@pytest.mark.parametrize("left", [1, 20, 40, 60])
def test_zeros_in_a_header_are_a_torn_tail(left: int) -> None:
    bench = Bench(0)
    storage = bench.world.storage
    log = open_log(bench)
    for n in range(2):
        batch = bytearray(build_batch([Record(1, None, b"%d" % n)]))
        log.append(batch, [check_batch(batch, 0, len(batch))], 0, 0)
    path = f"{log.path}/{0:020d}.log"
    data = storage.read(path)
    storage.write(path, data[: len(data) // 2 + left] + bytes(5000))
    assert open_log(bench).end_offset == 1
    storage.write(path, data + b"what is this?" * 20 + bytes(100))
    with pytest.raises(CorruptLog):
        open_log(bench)


@pytest.mark.parametrize("zeros", [0, 1, 40])
@pytest.mark.parametrize("kept", [0, 5, 20, 30])
def test_a_torn_topic_id_counts_as_none(kept: int, zeros: int) -> None:
    bench = Bench(0)
    storage = bench.world.storage
    storage.make_dirs("/data/t-0")
    directories.write_topic_id(storage, "/data/t-0", bytes(range(16)))
    path = f"/data/t-0/{directories.PARTITION_METADATA}"
    storage.write(path, storage.read(path)[:kept] + bytes(zeros))
    assert directories.read_topic_id(storage, "/data/t-0") is None


def test_the_batches_tell_the_epochs_when_a_truncation_was_undone() -> None:
    bench = Bench(0)
    log = open_log(bench)
    for n, epoch in enumerate((1, 1, 2)):
        batch = bytearray(build_batch([Record(1, None, b"%d" % n)]))
        log.append(batch, [check_batch(batch, 0, len(batch))], epoch, 0)
    storage = bench.world.storage
    before = storage.read(f"{log.path}/{0:020d}.log")
    log.truncate_to(1)
    batch = bytearray(build_batch([Record(1, None, b"new")]))
    log.append(batch, [check_batch(batch, 0, len(batch))], 5, 0)
    assert log.epochs.entries == [(1, 0), (5, 1)]
    storage.write(f"{log.path}/{0:020d}.log", before)
    assert open_log(bench).epochs.entries == [(1, 0), (2, 2)]
