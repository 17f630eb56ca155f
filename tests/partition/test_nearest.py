"""The replica that a consumer is sent to (KIP-392)."""

from __future__ import annotations

import pytest

from msklite.errors import UserError
from msklite.metadata.configs import BrokerConfig
from msklite.partition.nearest import LEADER, SELECTOR, nearest
from tests.partition.test_partition import Leader

RACKS: dict[int, str | None] = {1: "a", 2: "b", 3: "b"}


@pytest.fixture
def leader() -> Leader:
    made = Leader()
    for _ in range(4):
        made.put()
    made.fetch(2, 3, 10)
    made.fetch(3, 4, 10)
    return made


def test_who_is_where_the_leader_is_reads_there(leader: Leader) -> None:
    assert nearest(leader.p, "a", RACKS, 0, 10) == LEADER
    assert nearest(leader.p, "", RACKS, 0, 10) == LEADER
    assert nearest(leader.p, "nowhere", RACKS, 0, 10) == LEADER


def test_of_several_the_one_that_has_most(leader: Leader) -> None:
    assert nearest(leader.p, "b", RACKS, 0, 10) == 3
    leader.fetch(2, 4, 11)
    assert nearest(leader.p, "b", RACKS, 0, 12) == 2, "it was caught up last"
    leader.fetch(3, 4, 11)
    assert nearest(leader.p, "b", RACKS, 0, 12) == 3, "the higher id"


def test_only_the_living_in_sync_that_have_the_offset(leader: Leader) -> None:
    assert nearest(leader.p, "b", {1: "a", 2: "b"}, 0, 10) == 2
    assert nearest(leader.p, "b", {1: "a", 2: "b"}, 4, 10) == LEADER
    leader.p.lead(5, 2, [1, 2, 3], [1, 2], 10)
    assert nearest(leader.p, "b", RACKS, 0, 10) == 2
    leader.p.follower_fetched(2, 20, 4, 2, 10)
    assert nearest(leader.p, "b", RACKS, 1, 10) == LEADER, "deleted there"


def test_another_selector_is_refused() -> None:
    BrokerConfig({"replica.selector.class": SELECTOR})
    with pytest.raises(UserError, match="there is only"):
        BrokerConfig({"replica.selector.class": "com.example.Mine"})
