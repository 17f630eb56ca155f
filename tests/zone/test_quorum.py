"""The quorum's shell on a quorum of one: commits, restarts, crashes, full and failing disks."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from msklite.errors import Code, KafkaError, UserError
from msklite.log.memory import MemoryStorage
from msklite.metadata.records import UnknownRecord, versioned
from msklite.raft import snapshot as snapshots
from msklite.raft.messages import OffsetEpoch
from msklite.raft.voters import ReplicaKey
from msklite.wire.batch import iter_headers
from msklite.wire.messages.begin_transaction_record import BeginTransactionRecord
from msklite.wire.messages.end_transaction_record import EndTransactionRecord
from msklite.wire.records import Control, control_kind, iter_records
from msklite.zone.quorum_checkpoints import CheckpointPolicy
from msklite.zone.quorum_log import LogLimits
from tests.zone import quorums
from tests.zone.quorums import DIR, HERE, Machine, running, setting, settings, world

META = f"{DIR}/__cluster_metadata-0"
LOG = f"{META}/{0:020d}.log"


def test_a_new_log_begins_as_kafkas() -> None:
    """LeaderChange, kraft.version and the voters in one batch, then what the controller says."""

    async def run() -> None:
        where, machine = world(), Machine()
        async with running(where, machine) as q:
            assert await q.append([setting("a", "1")]) == 3
            state = json.loads(where.storage.read(f"{META}/quorum-state"))
            assert (state["leaderId"], state["leaderEpoch"], state["data_version"]) == (10001, 1, 1)
        data = where.storage.read(LOG)
        first = next(iter_headers(data))
        kinds = [control_kind(r.key) for r in iter_records(data)]
        assert first.is_control and first.leader_epoch == 1
        assert kinds == [Control.LEADER_CHANGE, Control.KRAFT_VERSION, Control.KRAFT_VOTERS]
        assert machine.seen == [(0, 2, 1), (1, 3, 1)] and machine.activated == 1

    asyncio.run(run())


def test_epochs_rise_and_records_come_back() -> None:
    async def run() -> None:
        where = world()
        for life in range(1, 4):
            machine = Machine()
            async with running(where, machine) as q:
                assert q.node.epoch == life and q.is_leader
                await q.append([setting("k", str(life)), setting(f"k{life}", "x")])
        assert settings(machine.image) == {"k": "3", "k1": "x", "k2": "x", "k3": "x"}

    asyncio.run(run())


def test_appends_share_a_sync() -> None:
    """Group commit: what comes in one turn of the loop costs one sync."""

    async def run() -> None:
        where, machine = world(), Machine()
        storage = where.storage
        assert isinstance(storage, MemoryStorage)
        async with running(where, machine) as q:
            before = len(machine.seen)
            offsets = await asyncio.gather(*(q.append([setting("a", str(i))]) for i in range(20)))
            assert offsets == list(range(3, 23))
            assert len(machine.seen) == before + 20
            assert settings(machine.image) == {"a": "19"}

    asyncio.run(run())


@pytest.mark.parametrize("keep", [0, 1, 30, 10_000])
def test_a_crash_loses_nothing_that_was_committed(keep: int) -> None:
    async def run() -> None:
        storage = MemoryStorage()
        q = quorums.quorum(world(storage))
        await q.start()
        for i in range(5):
            await q.append([setting(f"k{i}", str(i))])
        waiting = asyncio.ensure_future(q.append([setting("late", "1")]))
        q_log = q._store.log  # a batch that reached the file, and no sync
        await asyncio.sleep(0)
        q.abandon()
        waiting.cancel()
        storage.crash(lambda n: min(n, keep))
        assert q_log.end_offset >= 8
        machine = Machine()
        async with running(world(storage), machine) as again:
            assert again.node.epoch == 2
            for i in range(5):
                assert settings(machine.image)[f"k{i}"] == str(i)
            await again.append([setting("after", "1")])

    asyncio.run(run())


def test_a_full_disk_fails_the_append_and_loses_nothing() -> None:
    async def run() -> None:
        storage, machine = MemoryStorage(), Machine()
        async with running(world(storage), machine) as q:
            await q.append([setting("a", "1")])
            storage.capacity = storage.used + 10
            for _ in range(3):
                with pytest.raises(KafkaError) as caught:
                    await q.append([setting("b", "2" * 100)])
                assert caught.value.code == Code.KAFKA_STORAGE_ERROR
                assert "No space left" in str(caught.value)
            storage.capacity = None
            assert await q.append([setting("c", "3")]) == 4
            assert q.is_leader and q.failure is None
        again = Machine()
        async with running(world(storage), again):
            assert settings(again.image) == settings(machine.image) == {"a": "1", "c": "3"}

    asyncio.run(run())


def test_a_failed_sync_ends_the_quorum() -> None:
    """Nobody knows then what the disk holds: no later append may look as if all were well."""

    async def run() -> None:
        storage = MemoryStorage()
        q = quorums.quorum(world(storage))
        await q.start()
        storage.fail_at, storage.fail_errno = storage.changes + 2, errno.EIO  # append, then sync
        for _ in range(2):
            with pytest.raises(KafkaError) as caught:
                await q.append([setting("a", "1")])
            assert caught.value.code == Code.KAFKA_STORAGE_ERROR
        await q.close()

    asyncio.run(run())


@pytest.mark.parametrize("keep", [lambda n: 0, lambda n: n // 2, lambda n: n])
def test_every_change_may_fail_once(keep: Callable[[int], int]) -> None:
    """Fail change 1 of start and three appends, then 2, ...: each start after it is sound."""

    async def story(storage: MemoryStorage) -> list[str]:
        done = []
        q = quorums.quorum(world(storage))
        try:
            await q.start()
            for name in "abc":
                await q.append([setting(name, "1")])
                done.append(name)
        except (OSError, KafkaError, UserError):
            pass
        q.abandon()
        return done

    async def run() -> None:
        at = 1
        while True:
            storage = MemoryStorage()
            storage.fail_at = at
            try:
                done = await story(storage)
            except UserError:
                done = []
            failed = storage.changes >= at
            storage.crash(keep)
            machine = Machine()
            async with running(world(storage), machine) as q:
                assert set(done) <= set(settings(machine.image)), at
                await q.append([setting("z", "1")])
            if not failed:
                return
            at += 1

    asyncio.run(run())


def test_atomic_records_stay_in_one_batch_or_are_refused() -> None:
    async def run() -> None:
        where = world()
        async with running(where) as q:
            many = [setting(f"k{i}", "v" * 1000) for i in range(9000)]
            with pytest.raises(KafkaError) as caught:
                await q.append(many)
            assert caught.value.code == Code.RECORD_LIST_TOO_LARGE
            assert await q.append(many, atomic=False) == 2 + 9000
            assert len(list(iter_headers(where.storage.read(LOG)))) > 5

    asyncio.run(run())


def test_checkpoints_come_by_size_and_are_where_a_start_begins() -> None:
    async def run() -> None:
        where, machine = world(), Machine()
        policy = CheckpointPolicy(bytes=2000)
        async with running(where, machine, policy=policy) as q:
            for i in range(100):
                await q.append([setting(f"k{i % 7}", "v" * 100 + str(i))])
        ids = snapshots.find(where.storage, META)
        assert len(ids) > 2 and OffsetEpoch(0, 0) not in ids
        again = Machine()
        async with running(where, again, policy=policy):
            assert again.seen[0][1] == ids[-1].offset - 1
            assert settings(again.image) == settings(machine.image)

    asyncio.run(run())


def test_checkpoints_come_by_time() -> None:
    async def run() -> None:
        clock = quorums.Clock()
        where = world(clock=clock)
        async with running(where, policy=CheckpointPolicy(interval_ms=1000)) as q:
            await q.append([setting("a", "1")])
            assert snapshots.find(where.storage, META) == [OffsetEpoch(0, 0)]
            clock.advance(1000)
            await q.append([setting("b", "1")])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert snapshots.find(where.storage, META) == [OffsetEpoch(5, 1)]

    asyncio.run(run())


def test_old_checkpoints_and_segments_go_by_size() -> None:
    async def run() -> None:
        where = world()
        limits = LogLimits(retention_bytes=20_000)
        async with running(where, limits=limits) as q:
            for i in range(40):
                await q.append([setting("k", "v" * 900 + str(i))])
                if i % 4 == 3:
                    assert await q.snapshot() is not None
            names = where.storage.list(META)
            logs = [n for n in names if n.endswith(".log")]
            ids = snapshots.find(where.storage, META)
            assert 1 < len(ids) < 11 and len(logs) < 11
            assert q._store.log.start_offset == ids[0].offset == int(logs[0][:20])
            total = sum(where.storage.size(f"{META}/{n}") for n in names)
            assert total < 25_000
        again = Machine()
        async with running(where, again, limits=limits):
            assert settings(again.image)["k"].endswith("39")

    asyncio.run(run())


def test_old_checkpoints_go_by_age() -> None:
    async def run() -> None:
        clock = quorums.Clock()
        where = world(clock=clock)
        async with running(where, limits=LogLimits(retention_ms=10_000)) as q:
            for _ in range(5):
                await q.append([setting("a", "1")])
                await q.snapshot()
                clock.advance(4_000)
            # The last three hold records of 12, 8 and 4 seconds ago when the last one was written.
            assert len(snapshots.find(where.storage, META)) == 3

    asyncio.run(run())


def test_no_checkpoint_of_half_a_transaction() -> None:
    async def run() -> None:
        async with running(world()) as q:
            await q.append([versioned(BeginTransactionRecord(name="t")), setting("a", "1")])
            assert await q.snapshot() is None
            await q.append([versioned(EndTransactionRecord())])
            assert await q.snapshot() == OffsetEpoch(6, 1)

    asyncio.run(run())


def test_unknown_records_survive_checkpoint_and_restart() -> None:
    async def run() -> None:
        where, machine = world(), Machine()
        strange = UnknownRecord(b"\x01\x7f\x00hello", 127, 0)
        async with running(where, machine) as q:
            await q.append([strange])
            await q.snapshot()
        again = Machine()
        async with running(where, again):
            assert again.image.unknown == (strange,)

    asyncio.run(run())


def test_a_damaged_checkpoint_is_named_and_kept() -> None:
    async def run() -> None:
        where = world()
        async with running(where) as q:
            await q.append([setting("a", "1")])
            at = await q.snapshot()
            assert at is not None
        path = f"{META}/{snapshots.file_name(at)}"
        where.storage.write(path, where.storage.read(path)[:-10])
        with pytest.raises(UserError, match=r"checkpoint .* is damaged"):
            await quorums.quorum(where).start()
        assert where.storage.exists(path)

    asyncio.run(run())


def test_a_damaged_quorum_state_is_named_and_kept() -> None:
    async def run() -> None:
        where = world()
        async with running(where):
            pass
        where.storage.write(f"{META}/quorum-state", b"{}")
        with pytest.raises(UserError, match="quorum-state is damaged"):
            await quorums.quorum(where).start()

    asyncio.run(run())


def test_a_foreign_directory_is_refused() -> None:
    async def run() -> None:
        where = world()
        async with running(where):
            pass
        q = quorums.quorum(where)
        q.key = ReplicaKey(10001, b"x" * 16)
        with pytest.raises(UserError, match="isn't among the quorum's voters"):
            await q.start()

    asyncio.run(run())


def test_a_changed_address_is_logged_once() -> None:
    """As in Kafka the leader writes the voters anew where its own address has changed."""

    async def run() -> None:
        where = world()
        counts = []
        for port in (9093, 9093, 7777, 7777):
            q = quorums.quorum(where)
            q.endpoint = replace(HERE, port=port)
            await q.start()
            assert q.node.voters.voters[10001].endpoints == (replace(HERE, port=port),)
            await q.close()
            data, pos, count = where.storage.read(LOG), 0, 0
            for h in iter_headers(data):
                kinds = [control_kind(r.key) for r in iter_records(data, pos)]
                count += Control.KRAFT_VOTERS in kinds
                pos += h.length
            counts.append(count)
        assert counts == [1, 1, 2, 2]

    asyncio.run(run())


def test_closed_and_crashed_quorums_take_nothing() -> None:
    async def run() -> None:
        where = world()
        async with running(where) as q:
            pass
        with pytest.raises(KafkaError) as caught:
            await q.append([setting("a", "1")])
        assert caught.value.code == Code.NOT_CONTROLLER

    asyncio.run(run())


def test_status_shows_voter_and_observers() -> None:
    async def run() -> None:
        async with running(world()) as q:
            q.observe(2, b"b" * 16)
            q.observe(1, b"a" * 16)
            await q.append([setting("a", "1")])
            status = q.status()
            assert (status.leader_id, status.epoch, status.high_watermark) == (10001, 1, 4)
            assert [(r.id, r.log_end_offset) for r in status.voters] == [(10001, 4)]
            assert [(r.id, r.log_end_offset) for r in status.observers] == [(1, 4), (2, 4)]
            q.unobserve(1)
            assert [r.id for r in q.status().observers] == [2]

    asyncio.run(run())
