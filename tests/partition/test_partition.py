"""Leading with followers: the high watermark, who joins and leaves, and what is acknowledged."""

from __future__ import annotations

from msklite.errors import Code
from msklite.partition.partition import Partition
from msklite.wire.batch import check_batch
from tests.log.logs import NOW, append, batch, open_log, storage
from tests.log.test_transactions import UNVERIFIED, end, transactional

LAG = 1000


class Leader:
    """Broker 1 leads; 2 and 3 follow."""

    def __init__(self, isr: tuple[int, ...] = (1, 2, 3), min_isr: int = 2) -> None:
        self.epochs = {1: 10, 2: 20, 3: 30}
        self.proposals: list[list[int] | None] = []
        self.p = Partition(
            "t", b"t" * 16, 0, open_log(storage()), 0, broker_id=1, may_join=self.may_join
        )
        self.now = 0
        self.p.lag_ms = LAG
        self.p.min_isr = min_isr
        self.p.on_proposal = lambda p: self.proposals.append(p.pending_isr)
        self.p.lead(5, 1, [1, 2, 3], list(isr), 0)

    def may_join(self, broker: int, epoch: int) -> bool:
        return epoch in (-1, self.epochs.get(broker))

    def put(self, mono_ms: int = 0) -> int:
        data = batch(b"v")
        return self.p.append(data, [check_batch(data, 0, len(data))], NOW, mono_ms).last_offset + 1

    def fetch(self, follower: int, offset: int, mono_ms: int = 0, epoch: int | None = None) -> bool:
        life = self.epochs[follower] if epoch is None else epoch
        return self.p.follower_fetched(follower, life, offset, 0, mono_ms)

    def answer(self, isr: list[int], code: Code = Code.NONE, epoch: int = 5, part: int = 2) -> bool:
        return self.p.isr_answered(code, epoch, part, isr, self.now)


def test_committed_is_what_all_in_sync_have() -> None:
    leader = Leader()
    end = leader.put()
    leader.fetch(2, end)
    assert leader.p.high_watermark == 0 and leader.p.committed(end, 5) is None
    leader.fetch(3, end)
    assert leader.p.high_watermark == end and leader.p.committed(end, 5) == Code.NONE


def test_a_late_fetch_of_an_earlier_life_counts_no_more() -> None:
    leader = Leader(isr=(1, 2))
    end = leader.put()
    leader.epochs[2] = 21
    assert leader.fetch(2, 0)
    assert not leader.fetch(2, end, epoch=20)
    assert leader.p.high_watermark == 0
    followers = leader.p.followers
    assert followers is not None and followers.remote[2].end_offset == 0


def test_a_new_member_counts_from_its_proposal_on() -> None:
    leader = Leader(isr=(1, 2))
    end = leader.put()
    leader.fetch(2, end)
    assert leader.p.high_watermark == end
    leader.fetch(3, end)
    assert leader.proposals == [[1, 2, 3]] and leader.p.isr == [1, 2]
    later = leader.put()
    leader.fetch(2, later)
    assert leader.p.high_watermark == end, "3 may be in the set already"
    leader.answer([1, 2, 3])
    assert leader.p.isr == [1, 2, 3] and leader.p.high_watermark == end
    leader.fetch(3, later)
    assert leader.p.high_watermark == later


def test_a_refused_member_counts_no_longer() -> None:
    leader = Leader(isr=(1, 2))
    end = leader.put()
    leader.fetch(2, end)
    leader.fetch(3, end)
    leader.epochs[3] = 31
    assert not leader.answer([], Code.INELIGIBLE_REPLICA)
    later = leader.put()
    leader.fetch(2, later)
    assert leader.p.high_watermark == later


def test_who_lags_leaves_only_when_the_controller_says_so() -> None:
    leader = Leader()
    end = leader.put()
    leader.fetch(2, end, LAG + 1)
    leader.p.check_lag(LAG + 1)
    assert leader.proposals == [[1, 2]]
    assert leader.p.high_watermark == 0
    leader.now = LAG + 1
    leader.answer([1, 2])
    assert leader.p.isr == [1, 2] and leader.p.high_watermark == end


def test_an_idle_follower_with_all_is_not_late() -> None:
    leader = Leader()
    leader.p.check_lag(100 * LAG)
    assert leader.proposals == [[1]], "nobody has fetched in this term yet"
    other = Leader()
    other.fetch(2, 0)
    other.fetch(3, 0)
    other.p.check_lag(100 * LAG)
    assert other.proposals == []


def test_an_answer_after_the_leadership_moved_changes_nothing() -> None:
    leader = Leader(isr=(1, 2))
    leader.fetch(3, leader.put())
    leader.p.follow(2, 6, 3)
    assert not leader.answer([1, 2, 3])
    assert leader.p.isr == [] and leader.p.committed(1, 5) == Code.NOT_LEADER_OR_FOLLOWER
    leader.p.lead(7, 4, [1, 2, 3], [1, 2], 0)
    leader.fetch(3, 0)
    leader.fetch(3, leader.p.log.end_offset)
    pending = leader.p.pending_isr
    assert not leader.answer([1, 3], epoch=5)
    assert leader.p.isr == [1, 2] and leader.p.pending_isr == pending


def test_metadata_may_overtake_the_answer() -> None:
    leader = Leader(isr=(1, 2))
    leader.fetch(3, 0)
    assert leader.proposals == [[1, 2, 3]]
    assert not leader.p.lead(5, 2, [1, 2, 3], [1, 2, 3], 0)
    assert leader.p.isr == [1, 2, 3] and leader.p.pending_isr is None
    assert not leader.answer([1, 2, 3])
    assert leader.p.isr == [1, 2, 3]


def test_a_stale_partition_epoch_waits_for_metadata() -> None:
    leader = Leader(isr=(1, 2))
    leader.fetch(3, 0)
    assert not leader.answer([], Code.INVALID_UPDATE_VERSION)
    assert leader.p.pending_isr == [1, 2, 3], "it may have been carried out"
    assert leader.answer([], Code.UNKNOWN_SERVER_ERROR), "asked again"


def test_below_min_isr_nothing_is_committed() -> None:
    leader = Leader(isr=(1, 2), min_isr=2)
    end = leader.put()
    leader.p.check_lag(LAG + 1)
    leader.answer([1])
    assert not leader.p.enough_in_sync()
    assert leader.p.high_watermark == 0 and leader.p.committed(end, 5) is None
    leader.fetch(2, end, LAG + 2)
    assert leader.proposals[-1] == [1, 2]
    leader.answer([1, 2], part=3)
    assert leader.p.high_watermark == end


def test_a_set_too_small_when_the_mark_passes_is_told() -> None:
    leader = Leader(min_isr=2)
    end = leader.put()
    leader.fetch(2, end)
    leader.fetch(3, end)
    leader.p.lead(5, 2, [1, 2, 3], [1], 0)
    assert leader.p.committed(end, 5) == Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND


def test_a_new_epoch_of_the_same_leader_takes_nothing_away() -> None:
    leader = Leader()
    end = leader.put()
    assert leader.p.lead(6, 2, [1, 2], [1, 2], 0)
    assert leader.p.committed(end, 5) is None
    leader.fetch(2, end)
    assert leader.p.committed(end, 5) == Code.NONE
    leader.p.follow(2, 7, 3)
    leader.p.lead(8, 4, [1, 2], [1, 2], 0)
    assert leader.p.committed(end, 6) == Code.NOT_LEADER_OR_FOLLOWER


def test_a_clock_that_begins_at_nought_makes_nobody_caught_up() -> None:
    leader = Leader(isr=(1,), min_isr=1)
    end = leader.put(5)
    assert leader.p.high_watermark == end, "2 and 3 have never fetched"


def test_the_high_watermark_waits_for_who_is_about_to_join() -> None:
    leader = Leader(isr=(1, 2), min_isr=1)
    leader.fetch(3, 0)
    leader.answer([], Code.INELIGIBLE_REPLICA)
    end = leader.put(1)
    leader.fetch(2, end, 1)
    assert leader.p.high_watermark == 0
    leader.p.check_lag(LAG + 2)  # 3 hasn't fetched since
    assert leader.p.high_watermark == end


def test_the_low_watermark_is_that_of_the_living() -> None:
    leader = Leader()
    leader.put()
    leader.put()
    leader.fetch(2, 2)
    leader.fetch(3, 2)
    leader.p.log.advance_start(2)
    called: list[int] = []
    leader.p.watchers[lambda: called.append(1)] = None
    assert leader.p.low_watermark(lambda n: True) == 0
    leader.p.follower_fetched(2, 20, 2, 2, 0)
    assert called and leader.p.low_watermark(lambda n: True) == 0
    assert leader.p.low_watermark(lambda n: n != 3) == 2


def test_an_unknown_broker_is_no_follower() -> None:
    leader = Leader()
    assert not leader.p.follower_fetched(9, 1, 0, 0, 0)


def test_until_its_own_epoch_is_committed_a_leader_is_behind() -> None:
    leader = Leader()
    end = leader.put()
    leader.p.follow(2, 6, 2)
    leader.p.lead(7, 3, [1, 2, 3], [1, 2, 3], 0)
    assert leader.p.behind_its_epoch
    leader.fetch(2, end)
    leader.fetch(3, end)
    assert not leader.p.behind_its_epoch


def test_markers_that_a_log_loads_after_they_were_committed_count_at_once() -> None:
    disk = storage()
    before = open_log(disk, UNVERIFIED)
    append(before, transactional(0))
    end(before, commit=True)
    log = open_log(disk, UNVERIFIED)
    p = Partition("t", b"t" * 16, 0, log, 0, broker_id=1)
    p.lead(5, 1, [1, 2], [1, 2], 0)
    p.follower_fetched(2, 20, log.end_offset, 0, 0)  # the log hasn't loaded its producers yet
    assert p.high_watermark == log.end_offset == 2
    assert p.last_stable_offset == 2
