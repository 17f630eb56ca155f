"""The log as a state machine beside a list: appends, rolls, cuts, crashes, deletions, reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from msklite.errors import Code, KafkaError
from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from tests.log.logs import (
    NOW,
    PATH,
    append,
    batch,
    contents,
    headers,
    idempotent,
    names,
    open_log,
    replicate,
    storage,
)


class LogMachine(RuleBasedStateMachine):
    """The model is a list of batches: base offset, epoch, values, timestamp."""

    def __init__(self) -> None:
        super().__init__()
        self.disk: MemoryStorage = storage()
        self.batches: list[tuple[int, int, list[bytes], int]] = []
        self.start = 0
        self.end = 0
        self.epoch = 0
        self.sequence: int | None = None
        self.count = 0

    @initialize(
        segment_bytes=st.sampled_from([250, 600, 5000]),
        interval=st.sampled_from([0, 150, 4096]),
    )
    def begin(self, segment_bytes: int, interval: int) -> None:
        self.config = LogConfig(segment_bytes=segment_bytes, index_interval_bytes=interval)
        self.log: Log = open_log(self.disk, self.config)

    def _added(self, base: int, values: list[bytes], timestamp: int) -> None:
        self.batches.append((base, self.epoch, values, timestamp))
        self.end = base + len(values)

    def _values(self, count: int) -> list[bytes]:
        self.count += count
        return [b"%d" % i for i in range(self.count - count, self.count)]

    # -- growing ------------------------------------------------------------------------------

    @rule(count=st.integers(1, 5), time=st.integers(0, 50), codec=st.sampled_from([0, 0, 4]))
    def append(self, count: int, time: int, codec: int) -> None:
        values = self._values(count)
        data = batch(*values, timestamp=NOW + time, compression=codec)
        assert append(self.log, data, self.epoch).first_offset == self.end
        self._added(self.end, values, NOW + time)

    @rule(count=st.integers(1, 3))
    def append_idempotent(self, count: int) -> None:
        sequence = self.sequence or 0
        values = [b"%d" % (sequence + i) for i in range(count)]
        info = append(self.log, idempotent(sequence, count), self.epoch)
        assert (info.first_offset, info.duplicate) == (self.end, False)
        assert append(self.log, idempotent(sequence, count), self.epoch).duplicate
        self._added(self.end, values, NOW)
        self.sequence = sequence + count
        with pytest.raises(KafkaError) as e:
            append(self.log, idempotent(self.sequence + 1), self.epoch)
        assert e.value.code == Code.OUT_OF_ORDER_SEQUENCE_NUMBER

    @rule(gap=st.integers(0, 3), count=st.integers(1, 4))
    def replicate(self, gap: int, count: int) -> None:
        values = self._values(count)
        replicate(self.log, self.end + gap, *values, epoch=self.epoch)
        self._added(self.end + gap, values, NOW)

    @rule()
    def lead(self) -> None:
        self.epoch += 1
        self.log.start_epoch(self.epoch)

    @rule()
    def roll(self) -> None:
        self.log.roll(NOW)

    # -- shrinking ----------------------------------------------------------------------------

    @rule(back=st.integers(0, 12))
    def truncate(self, back: int) -> None:
        target = max(self.end - back, self.start)
        self.log.truncate_to(target)
        self.batches = [b for b in self.batches if b[0] + len(b[2]) <= target]
        held = [b for b in self.batches if b[0] <= target]
        assert held == self.batches
        self.end = self.log.end_offset
        # A start inside the batch that was cut goes back with it.
        last = self.batches[-1][0] + len(self.batches[-1][2]) if self.batches else 0
        assert last <= self.end <= max(target, last)
        self.start = min(self.start, self.end)
        self.sequence = self._known_sequence()

    def _known_sequence(self) -> int | None:
        producer = self.log.producers.get(7)
        return None if producer is None else producer.last_sequence + 1

    @rule(part=st.floats(0, 1))
    def delete_records(self, part: float) -> None:
        self.start += int((self.end - self.start) * part)
        self.log.advance_start(self.start)

    @rule()
    def collect(self) -> None:
        self.log.collect()
        assert names(self.disk, ".deleted") == []

    def _opened(self, recovery_point: int = 0, clean: bool = False) -> None:
        """Open the log again: it ends where it did."""
        self.log = open_log(
            self.disk, self.config, clean=clean, recovery_point=recovery_point, start=self.start
        )
        assert self.log.end_offset == self.end
        self.sequence = self._known_sequence()

    # -- stopping -----------------------------------------------------------------------------

    @rule()
    def stop_and_start(self) -> None:
        self.log.close()
        self._opened(clean=True)

    @rule(lost=st.floats(0, 1), known=st.booleans())
    def crash(self, lost: float, known: bool) -> None:
        """After a flush and some unflushed batches, of which a part is lost."""
        self.log.flush()
        recovery_point = self.log.recovery_point if known else 0
        self.disk.crash()
        self._opened(recovery_point)
        before = self.end
        active = self.log.segments[-1]
        replicate(self.log, self.end, b"maybe", b"lost", epoch=self.epoch)
        if self.log.segments[-1] is active:
            self.disk.crash(keep=lambda n: int(n * lost))
        else:
            self.disk.crash(keep=lambda n: 0)
        self.log = open_log(self.disk, self.config, clean=False, recovery_point=recovery_point,
                            start=self.start)  # fmt: skip
        if self.log.end_offset > before:
            assert lost == 1
            self._added(before, [b"maybe", b"lost"], NOW)
        self.end = self.log.end_offset
        assert self.end == before or lost == 1
        self.sequence = self._known_sequence()

    @rule(which=st.sampled_from([".index", ".timeindex", "leader-epoch-checkpoint", ".snapshot"]))
    def lose_files(self, which: str) -> None:
        self.log.close()
        for name in names(self.disk, which):
            self.disk.remove(f"{PATH}/{name}")
        self._opened(clean=True)

    # -- what must hold -----------------------------------------------------------------------

    @invariant()
    def offsets(self) -> None:
        log = getattr(self, "log", None)
        if log is None:
            return
        assert (log.start_offset, log.end_offset) == (self.start, self.end)
        assert log.size == sum(self.disk.size(s.path + ".log") for s in log.segments)
        bases = [s.base_offset for s in log.segments]
        assert bases == sorted(set(bases))

    def _records(self) -> list[tuple[int, bytes, int]]:
        return [
            (base + i, value, time)
            for base, _, values, time in self.batches
            for i, value in enumerate(values)
            if base + i >= self.start
        ]

    @rule()
    def read_all(self) -> None:
        assert contents(self.log) == [(o, v) for o, v, _ in self._records()]

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def read_one(self, data: Any) -> None:
        if self.start == self.end:
            return
        offset = data.draw(st.integers(self.start, self.end - 1))
        upper = data.draw(st.integers(offset, self.end))
        held = [b for b in self.batches if b[0] + len(b[2]) > offset]
        piece = self.log.read(offset, data.draw(st.sampled_from([0, 100, 10_000])), upper, True)
        if not held or held[0][0] + len(held[0][2]) > upper:
            assert piece.length == 0 or upper > offset
        else:
            assert piece.first_offset == held[0][0] and piece.length > 0
        for code, bad in ((Code.OFFSET_OUT_OF_RANGE, self.start - 1),
                          (Code.OFFSET_OUT_OF_RANGE, self.end + 1)):  # fmt: skip
            with pytest.raises(KafkaError) as e:
                self.log.read(bad, 100, self.end, True)
            assert e.value.code == code

    @rule(time=st.integers(-1, 51))
    def find_by_time(self, time: int) -> None:
        records = self._records()
        found = self.log.offset_for_time(NOW + time)
        if found is None:
            # Kafka looks into one segment only, the first that reaches that time.
            return
        assert any(o == found.offset and t == found.timestamp for o, _, t in records)
        assert found.timestamp >= NOW + time

    @rule()
    def epochs(self) -> None:
        for base, epoch, _, _ in self.batches:
            if base >= self.start:
                assert self.log.epoch_at(base) == epoch
        assert [h.leader_epoch for h in headers(self.log)] == [
            e for b, e, v, _ in self.batches if b + len(v) > self.start
        ]


TestLog = LogMachine.TestCase
TestLog.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
