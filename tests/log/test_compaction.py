"""Compaction: what stays of a log, tombstones, transactions, lags, bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.log.compaction import Dirty
from msklite.log.config import FOREVER
from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from msklite.wire.records import Record, build_batch
from tests.log.cleaning import aborted, compact, end, seen, work
from tests.log.logs import NOW, append, idempotent, names, open_log, storage

HOUR = 3_600_000
Pair = tuple[bytes, bytes | None]
DEFAULTS = {"cleanup_policy": "compact", "verify_transactions": False}
SMALL = {"segment_bytes": 400, "index_interval_bytes": 100}


def config(**fields: object) -> LogConfig:
    return LogConfig(**{**DEFAULTS, **SMALL, **fields})  # type: ignore[arg-type]


def pairs(log: Log, *records: Pair, now_ms: int = NOW, compression: int = 0, **fields: int) -> None:
    """Append one batch of keys and values."""
    batch = build_batch(
        [Record(now_ms, key, value) for key, value in records], compression=compression, **fields
    )
    append(log, bytearray(batch), now_ms=now_ms)


def filled(disk: MemoryStorage, rounds: int = 20, keys: int = 4, **fields: object) -> Log:
    log = open_log(disk, config(**fields))
    for i in range(rounds):
        pairs(log, *((b"k%d" % k, b"%d.%d" % (k, i)) for k in range(keys)))
    log.roll(NOW)
    return log


def test_the_last_value_of_each_key_is_left() -> None:
    disk = storage()
    log = filled(disk)
    before, size = seen(log), log.size
    result = compact(disk, log, NOW)
    assert result is not None and (result.read, result.kept) == (80, 4)
    after = seen(log)
    assert after.rows == before.rows[-4:]
    assert log.size < size and log.size == sum(s.size for s in log.segments)
    assert (log.start_offset, log.end_offset, log.cleaned_offset) == (0, 80, 80)
    assert names(disk, ".cleaned", ".swap") == []
    assert compact(disk, log, NOW) is None, "it is clean now"
    assert log.read(3, 1 << 20, 80, True).length > 0


def test_what_is_left_is_the_same_after_opening() -> None:
    disk = storage()
    log = filled(disk)
    compact(disk, log, NOW)
    rows = seen(log).rows
    log.close()
    for clean in (True, False):
        log = open_log(disk, config(), clean=clean)
        assert seen(log).rows == rows
        assert log.offset_for_time(NOW) is not None
        log.close()


def test_readers_in_the_middle_of_a_swap_get_what_they_asked_for() -> None:
    disk = storage()
    log = filled(disk)
    piece = log.read(0, 1 << 20, log.end_offset, True)
    held = piece.read()
    compact(disk, log, NOW)
    assert piece.read() == held


def test_a_tombstone_stays_for_its_time_and_goes() -> None:
    disk = storage()
    log = open_log(disk, config(delete_retention_ms=HOUR))
    for i in range(5):
        pairs(log, (b"a", b"%d" % i), (b"b", b"%d" % i))
    pairs(log, (b"a", None))
    log.roll(NOW)
    compact(disk, log, NOW)
    found = seen(log)
    assert [row[1:] for row in found.rows] == [(b"b", b"4"), (b"a", None)]
    assert found.horizons == 1
    for later, tombstones in ((HOUR - 1, 1), (HOUR, 0)):
        pairs(log, (b"c", b"%d" % later), now_ms=NOW)
        log.roll(NOW)
        compact(disk, log, NOW + later)
        assert [row[2] for row in seen(log).rows].count(None) == tombstones
    assert seen(log).state == {b"b": b"4", b"c": b"%d" % HOUR}


def test_timestamps_survive_a_delete_horizon() -> None:
    from msklite.wire.records import iter_records

    disk = storage()
    log = open_log(disk, config())
    batch = build_batch([Record(NOW - 5, b"a", None), Record(NOW + 7, b"b", b"1")])
    append(log, bytearray(batch))
    log.roll(NOW)
    compact(disk, log, NOW)
    data = log.read(0, 1 << 20, 2, True).read()
    assert [(r.timestamp, r.key) for r in iter_records(data)] == [(NOW - 5, b"a"), (NOW + 7, b"b")]
    assert seen(log).horizons == 1


@pytest.mark.parametrize("compression", range(5))
def test_codecs_are_kept(compression: int) -> None:
    disk = storage()
    log = open_log(disk, config())
    for i in range(30):
        pairs(log, (b"a%d" % (i % 3), b"x" * 50), (b"b", b"%d" % i), compression=compression)
    log.roll(NOW)
    compact(disk, log, NOW)
    found = seen(log)
    assert sorted(row[1] or b"" for row in found.rows) == [b"a0", b"a1", b"a2", b"b"]
    assert {h.compression for h in found.headers if h.count} == {compression}


def test_only_closed_segments_below_the_last_stable_offset() -> None:
    disk = storage()
    log = filled(disk)
    bases = [s.base_offset for s in log.segments]
    for stable, end_ in ((bases[1] - 1, None), (bases[2], bases[2]), (bases[3] - 1, bases[2])):
        dirty = log.dirty(NOW, stable)
        assert (None if dirty is None else dirty.end) == end_
    pairs(log, (b"k0", b"active"))
    dirty = log.dirty(NOW, log.end_offset)
    assert dirty is not None and dirty.end == log.segments[-1].base_offset


def test_lags() -> None:
    """min.compaction.lag.ms keeps the young away; max.compaction.lag.ms calls for the old."""
    disk = storage()
    log = open_log(disk, config(min_compaction_lag_ms=HOUR, segment_bytes=200))
    for i in range(10):
        pairs(log, (b"a", b"x" * 50), now_ms=NOW + i)
    assert log.dirty(NOW + HOUR - 1, log.end_offset) is None
    dirty = log.dirty(NOW + HOUR + 5, log.end_offset)
    assert dirty is not None and 0 < dirty.end < log.segments[-1].base_offset
    assert not dirty.overdue
    log.config = config(max_compaction_lag_ms=HOUR)
    for late, overdue in ((HOUR, False), (HOUR + 1, True)):
        dirty = log.dirty(NOW + late, log.end_offset)
        assert dirty is not None and dirty.overdue is overdue
    log.config = config(max_compaction_lag_ms=FOREVER)
    dirty = log.dirty(2**62, log.end_offset)
    assert dirty is not None and not dirty.overdue


def test_the_dirty_share() -> None:
    disk = storage()
    log = filled(disk)
    assert log.dirty(NOW, log.end_offset).ratio == 1  # type: ignore[union-attr]
    compact(disk, log, NOW)
    clean = log.size
    pairs(log, (b"new", b"x" * 100))
    log.roll(NOW)
    dirty = log.dirty(NOW, log.end_offset)
    assert dirty is not None
    assert (dirty.clean_bytes, dirty.clean_bytes + dirty.dirty_bytes) == (clean, log.size)
    assert Dirty(0, 0, 0, 0, late_ms=0).ratio == 0


def test_bounded_memory_cleans_in_rounds() -> None:
    """A map for three keys; each round goes as far as it can."""
    disk = storage()
    log = open_log(disk, config())
    for i in range(40):
        pairs(log, (b"k%d" % (i % 8), b"%d" % i))
    log.roll(NOW)
    want = seen(log).state
    ends = []
    while (result := compact(disk, log, NOW, slots=3)) is not None:
        assert seen(log).state == want
        ends.append(result.end)
    assert ends == sorted(set(ends)) and ends[-1] == 40 and len(ends) > 5


def test_long_keys() -> None:
    disk = storage()
    log = open_log(disk, config(segment_bytes=4000))
    keys = [b"x" * n for n in (0, 1, 15, 16, 17, 18, 200)] + [b"\0" + b"x" * 16]
    for i in range(3):
        pairs(log, *((key, b"%d" % i) for key in keys))
    log.roll(NOW)
    compact(disk, log, NOW)
    assert seen(log).state == dict.fromkeys(keys, b"2")


def test_a_batch_that_cant_be_read_stays_as_it_is() -> None:
    disk = storage()
    log = filled(disk)
    first = log.segments[0]
    raw = first.open().read(0, first.size)
    node = disk._files[first.path + ".log"]
    node.data = raw[:70] + bytes([raw[70] ^ 1]) + raw[71:]
    result = compact(disk, log, NOW)
    assert result is not None and result.passed_on == 1
    assert log.segments[0].open().read(60, 30) == bytes(node.data[60:90])


# -- transactions and producers -----------------------------------------------------------------


def in_txn(log: Log, sequence: int, *records: Pair, producer: int = 7) -> None:
    pairs(
        log, *records, producer_id=producer, producer_epoch=0, base_sequence=sequence,
        transactional=True,
    )  # fmt: skip


def test_aborted_records_count_for_nothing() -> None:
    disk = storage()
    log = open_log(disk, config(delete_retention_ms=HOUR))
    pairs(log, (b"a", b"good"), (b"b", b"good"))
    in_txn(log, 0, (b"a", b"aborted"))
    end(log, commit=False)
    in_txn(log, 1, (b"b", b"better"))
    end(log, commit=True)
    log.roll(NOW)
    compact(disk, log, NOW)
    found = seen(log)
    assert (0, b"a", b"good") in found.rows
    assert [r[2] for r in found.rows if r[1] == b"b"] == [b"better"]
    assert not [r for r in found.rows if r[2] == b"aborted"]


def test_a_marker_stays_until_its_records_are_gone_and_its_time_is_over() -> None:
    disk = storage()
    log = open_log(disk, config(delete_retention_ms=HOUR))
    in_txn(log, 0, (b"a", b"1"))
    end(log, commit=True)
    in_txn(log, 0, (b"b", b"1"), producer=8)
    end(log, 8, commit=False)
    log.roll(NOW)

    def controls() -> list[int]:
        return [h.producer_id for h in seen(log).headers if h.is_control and h.count]

    for later, left in ((0, [7, 8]), (1, [7, 8]), (HOUR, [7, 8]), (HOUR + 1, [7])):
        pairs(log, (b"c", b"%d" % later))
        log.roll(NOW)
        log.expire_producers(NOW + 10**12)  # nobody's state hangs on these batches
        compact(disk, log, NOW + later)
        assert controls() == left, later
    pairs(log, (b"a", b"2"))  # now the committed record goes too
    for later in (3 * HOUR, 3 * HOUR + 1, 4 * HOUR + 1, 5 * HOUR + 2):
        pairs(log, (b"c", b"%d" % later))
        log.roll(NOW)
        compact(disk, log, NOW + later)
    assert controls() == []
    assert seen(log).state == {b"a": b"2", b"c": b"%d" % (5 * HOUR + 2)}


def test_the_index_of_aborted_transactions_follows() -> None:
    disk = storage()
    log = open_log(disk, config(segment_bytes=300))
    in_txn(log, 0, (b"a", b"1"))
    for i in range(10):
        pairs(log, (b"z", b"%d" % i))
    end(log, commit=False)
    log.roll(NOW)
    compact(disk, log, NOW)
    entries = aborted(disk, log)
    assert [(e.producer_id, e.first_offset) for e in entries] == [(7, 0)]
    log.expire_producers(NOW + 10**12)
    for n in range(2):
        pairs(log, (b"z", b"%d" % n))
        log.roll(NOW)
        compact(disk, log, NOW)
    assert aborted(disk, log) == [], "no record of it is left"


def test_a_producers_last_batch_stays_emptied() -> None:
    disk = storage()
    log = open_log(disk, config())
    append(log, idempotent(0, 2))
    append(log, idempotent(2, 2))
    pairs(log, (b"k", b"last"))
    log.roll(NOW)
    compact(disk, log, NOW)
    kept = [(h.base_offset, h.last_offset, h.last_sequence, h.count) for h in seen(log).headers]
    assert (2, 3, 3, 0) in kept
    log.flush()
    log = open_log(disk, config(), clean=False)
    assert append(log, idempotent(2, 2)).duplicate
    assert not append(log, idempotent(4)).duplicate


# -- the log changes while it is cleaned -----------------------------------------------------------


def test_segments_that_went_meanwhile_void_the_work() -> None:
    for change in ("delete", "truncate", "anew"):
        disk = storage()
        log = filled(disk)
        dirty = log.dirty(NOW, log.end_offset)
        assert dirty is not None
        result = work(disk, log, dirty, NOW)
        if change == "delete":
            log.advance_start(log.segments[1].base_offset)
        elif change == "truncate":
            log.truncate_to(5)
        else:
            log.truncate_fully(100)
        rows = seen(log).rows
        done = [log.begin_swap(g) for g in result.groups]
        assert not done[0]
        assert seen(log).rows == rows
        left = {n[:20] for n in names(disk, ".cleaned", ".swap")}
        assert f"{0:020d}" not in left


@pytest.mark.parametrize("change", ["delete", "truncate", "anew"])
def test_a_change_in_the_middle_of_a_swap_ends_it(change: str) -> None:
    disk = storage()
    log = filled(disk, segment_bytes=100_000)
    dirty = log.dirty(NOW, log.end_offset)
    assert dirty is not None
    (group,) = work(disk, log, dirty, NOW).groups
    assert log.begin_swap(group)
    pairs(log, (b"more", b"1"))
    if change == "delete":
        log.advance_start(log.segments[1].base_offset)
    elif change == "truncate":
        log.truncate_to(5)
    else:
        log.truncate_fully(100)
    assert names(disk, ".cleaned", ".swap") == []
    rows = seen(log).rows
    assert not log.end_swap(group)
    log.flush()
    again = open_log(disk, config(), clean=False, start=log.start_offset)
    assert seen(again).rows == rows


# -- any order of things -------------------------------------------------------------------------

KEYS = st.sampled_from([b"a", b"b", b"c", b"d" * 20])
VALUES = st.one_of(st.none(), st.binary(max_size=8))
STEPS = st.one_of(
    st.tuples(st.just("put"), st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=4)),
    st.tuples(st.just("txn"), st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=3)),
    st.tuples(st.just("end"), st.booleans()),
    st.tuples(st.just("roll"), st.none()),
    st.tuples(st.just("wait"), st.integers(0, 2 * HOUR)),
    st.tuples(st.just("clean"), st.integers(1, 6)),
    st.tuples(st.just("open"), st.booleans()),
)


class Story:
    """A log, and what a reader of committed records must find in it."""

    def __init__(self, codec: int) -> None:
        self.disk = storage()
        self.config = config(delete_retention_ms=HOUR, segment_bytes=350)
        self.log = open_log(self.disk, self.config)
        self.now = NOW
        self.codec = codec
        self.written: list[tuple[int, Pair]] = []
        """What counts, by offset."""
        self.open: list[tuple[int, Pair]] = []
        self.sequence = 0

    def step(self, action: str, what: object) -> None:
        log = self.log
        if action == "put":
            assert isinstance(what, list)
            self.written += enumerate(what, log.end_offset)
            pairs(log, *what, now_ms=self.now, compression=self.codec)
        elif action == "txn":
            assert isinstance(what, list)
            self.open += enumerate(what, log.end_offset)
            in_txn(log, self.sequence, *what)
            self.sequence += len(what)
        elif action == "end" and self.open:
            end(log, commit=bool(what))
            if what:
                self.written += self.open
            self.open = []
        elif action == "roll":
            log.roll(self.now)
        elif action == "wait":
            assert isinstance(what, int)
            self.now += what
        elif action == "clean":
            assert isinstance(what, int)
            stable = self.open[0][0] if self.open else log.end_offset
            compact(self.disk, log, self.now, slots=what, stable=stable)
        elif action == "open":
            cleaned = log.cleaned_offset
            log.flush()
            self.log = open_log(self.disk, self.config, clean=False)
            self.log.cleaned_offset = cleaned

    def expected(self) -> dict[bytes, bytes | None]:
        """The last values below the first open transaction."""
        stable = self.open[0][0] if self.open else FOREVER
        found = dict(pair for offset, pair in sorted(self.written) if offset < stable)
        return {k: v for k, v in found.items() if v is not None}

    def read_committed(self) -> dict[bytes, bytes | None]:
        """As a client does it: aborted ones left out, by what Fetch would tell."""
        log = self.log
        piece_end = self.open[0][0] if self.open else -1
        found: dict[bytes, bytes | None] = {}
        rows = seen(log)
        entries = aborted(self.disk, log)
        at = 0
        for header in rows.headers:
            mine = rows.rows[at : at + header.count]
            at += header.count
            if header.is_control or (0 <= piece_end <= header.base_offset):
                continue
            if header.is_transactional and any(
                e.producer_id == header.producer_id
                and e.first_offset <= header.base_offset <= e.last_offset
                for e in entries
            ):
                continue
            found.update({k: v for _, k, v in mine if k is not None})
        return {k: v for k, v in found.items() if v is not None}


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40), st.sampled_from([0, 0, 4]))
def test_a_reader_of_committed_records_ends_up_with_the_last_values(
    steps: Sequence[tuple[str, object]], codec: int
) -> None:
    """Whatever order of writing, transactions, waiting, cleaning and crashing."""
    story = Story(codec)
    for action, what in steps:
        story.step(action, what)
        assert story.read_committed() == story.expected(), action


def test_killed_at_any_moment_nothing_is_lost() -> None:
    """Die in change 1, 2, ... of a cleaning and its swaps; with and without losing power."""
    for power in (False, True):
        for n in range(1, 500):
            disk = storage()
            log = filled(disk, rounds=30)
            pairs(log, (b"k1", None))
            log.roll(NOW)
            log.flush()
            want, end_offset = seen(log).state, log.end_offset
            disk.fail_at, disk.fail_forever = disk.changes + n, True
            try:
                compact(disk, log, NOW)
                whole = True
            except OSError:
                whole = False
            disk.fail_forever, disk.fail_at = False, None
            if power:
                disk.crash()
            log = open_log(disk, config(), clean=False, recovery_point=end_offset)
            assert seen(log).state == want, (power, n)
            assert log.end_offset == end_offset, (power, n)
            assert names(disk, ".cleaned", ".swap", ".deleted") == [], (power, n)
            compact(disk, log, NOW)
            assert len(seen(log).rows) == 4, (power, n)
            assert seen(log).state == want, (power, n)
            if whole:
                break
        assert n > 20
