"""The client side of fetch sessions, against the server side: both always agree on what stands."""

from __future__ import annotations

from random import Random

from msklite.errors import Code
from msklite.partition.fetch_plan import FetchPlan, Key
from msklite.partition.partition import Partition
from msklite.partition.sessions import Sessions
from msklite.wire.messages.fetch_request import FetchRequest
from msklite.wire.messages.fetch_response import FetchResponse
from tests.log.logs import open_log, put, storage

TOPIC = b"t" * 16


class Seeded:
    """World's randomness from a seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def bytes(self, n: int) -> bytes:
        return self._random.randbytes(n)

    def below(self, n: int) -> int:
        return self._random.randrange(n)


def partition(index: int) -> Partition:
    made = Partition("t", TOPIC, index, open_log(storage()), 0, broker_id=2)
    made.follow(1, 1, 1)
    return made


def named(request: FetchRequest) -> list[int]:
    return [p.partition for t in request.topics for p in t.partitions]


def forgotten(request: FetchRequest) -> list[int]:
    return [p for t in request.forgotten_topics_data for p in t.partitions]


def test_later_requests_name_what_is_new() -> None:
    plan = FetchPlan()
    for n in range(3):
        plan.add(partition(n))
    first = plan.request(100)
    assert named(first) == [0, 1, 2] and (first.session_id, first.session_epoch) == (0, 0)
    assert plan.answered(FetchResponse(session_id=7)) == Code.NONE
    plan.due[TOPIC, 1] = None
    second = plan.request(100)
    assert named(second) == [1] and (second.session_id, second.session_epoch) == (7, 1)
    plan.answered(FetchResponse(session_id=7))
    plan.pause((TOPIC, 0))
    plan.remove((TOPIC, 2))
    third = plan.request(100)
    assert named(third) == [] and forgotten(third) == [0, 2]
    plan.answered(FetchResponse(session_id=7))
    plan.add(plan.partitions[TOPIC, 0])
    fourth = plan.request(100)
    assert named(fourth) == [0] and forgotten(fourth) == []


def test_paused_and_back_before_the_next_request_is_not_forgotten() -> None:
    plan = FetchPlan()
    plan.add(partition(0))
    plan.request(100)
    plan.answered(FetchResponse(session_id=7))
    plan.pause((TOPIC, 0))
    plan.add(plan.partitions[TOPIC, 0])
    again = plan.request(100)
    assert named(again) == [0] and forgotten(again) == []


def test_after_an_error_all_is_named_and_the_old_session_ended() -> None:
    plan = FetchPlan()
    for n in range(2):
        plan.add(partition(n))
    plan.request(100)
    plan.answered(FetchResponse(session_id=7))
    plan.request(100)
    plan.reset()  # the connection broke
    anew = plan.request(100)
    assert named(anew) == [0, 1] and (anew.session_id, anew.session_epoch) == (7, 0)
    plan.answered(FetchResponse(error_code=Code.FETCH_SESSION_ID_NOT_FOUND))
    anew = plan.request(100)
    assert named(anew) == [0, 1] and (anew.session_id, anew.session_epoch) == (0, 0)


def test_a_leader_without_room_for_a_session_is_asked_all_each_time() -> None:
    plan = FetchPlan()
    plan.add(partition(0))
    for _ in range(3):
        request = plan.request(100)
        assert named(request) == [0] and request.session_epoch == 0
        assert plan.answered(FetchResponse(session_id=0)) == Code.NONE
        assert (TOPIC, 0) in plan.asked, "its answers still count"


def test_both_sides_agree_whatever_happens() -> None:
    for seed in range(100):
        random = Random(seed)
        plan = FetchPlan()
        server = Sessions(Seeded(random), slots=2, eviction_ms=0)
        parts = [partition(n) for n in range(4)]
        for step in range(60):
            p = random.choice(parts)
            key: Key = (TOPIC, p.index)
            what = random.randrange(6)
            if what <= 1:
                plan.add(p)
            elif what == 2:
                plan.pause(key)
            elif what == 3:
                plan.remove(key)
            elif what == 4 and key in plan.asked:
                put(p.log, b"x")
                plan.due[key] = None
            wanted = {k for k in plan.partitions if k in plan.asked or k in plan.due}
            if not wanted:
                continue
            request = plan.request(100)
            lost = random.random()
            if lost < 0.1:
                plan.reset()  # it never came
                continue
            fetching = server.open(request, 18, {TOPIC: "t"}.get, step)
            if lost < 0.2:
                plan.reset()  # its answer never came
                continue
            assert len(server) <= 2
            if not fetching.error:
                stands = {(w.topic_id, w.index): w.data for w in fetching.wanted}
                assert stands == plan.asked, f"seed {seed}"
                assert all(
                    d.fetch_offset == plan.partitions[k].log.end_offset for k, d in stands.items()
                )
            session = fetching.session
            reply = FetchResponse(error_code=fetching.error)
            reply.session_id = 0 if session is None else session.id
            plan.answered(reply)
