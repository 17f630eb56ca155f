"""Fetch sessions (KIP-227): what a request means, and what an incremental reply leaves out."""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.partition.sessions import Fetching, Sessions, Wanted
from msklite.wire.messages.fetch_request import (
    FetchPartition,
    FetchRequest,
    FetchTopic,
    ForgottenTopic,
)
from msklite.wire.messages.fetch_response import PartitionData


class Counting:
    """Random numbers that count up."""

    def __init__(self) -> None:
        self.n = 0

    def bytes(self, n: int) -> bytes:
        return bytes(n)

    def below(self, n: int) -> int:
        self.n += 1
        return self.n % n


NAMES = {b"a" * 16: "a", b"b" * 16: "b"}


def request(
    id_: int = 0,
    epoch: int = 0,
    topics: dict[str, list[int]] | None = None,
    forget: dict[str, list[int]] | None = None,
) -> FetchRequest:
    return FetchRequest(
        session_id=id_,
        session_epoch=epoch,
        topics=[
            FetchTopic(topic=t, partitions=[FetchPartition(partition=p) for p in ps])
            for t, ps in (topics or {}).items()
        ],
        forgotten_topics_data=[
            ForgottenTopic(topic=t, partitions=ps) for t, ps in (forget or {}).items()
        ],
    )


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(Counting(), slots=2, eviction_ms=1000)


def ask(s: Sessions, r: FetchRequest, version: int = 12, mono_ms: int = 0) -> Fetching:
    return s.open(r, version, NAMES.get, mono_ms)


def names(f: Fetching) -> list[tuple[str | None, int]]:
    return [(w.topic, w.index) for w in f.wanted]


def test_epoch_minus_one_makes_no_session(sessions: Sessions) -> None:
    f = ask(sessions, request(0, -1, {"a": [0]}))
    assert f.session is None
    assert names(f) == [("a", 0)]
    assert len(sessions) == 0


def test_a_session_remembers_updates_and_forgets(sessions: Sessions) -> None:
    first = ask(sessions, request(0, 0, {"a": [0, 1]}))
    assert first.session is not None
    assert not first.incremental
    second = ask(sessions, request(first.session.id, 1, {"b": [5]}, {"a": [0]}))
    assert second.incremental
    assert names(second) == [("a", 1), ("b", 5)]
    third = ask(sessions, request(first.session.id, 2))
    assert names(third) == [("a", 1), ("b", 5)]


def test_wrong_epochs_and_unknown_ids(sessions: Sessions) -> None:
    first = ask(sessions, request(0, 0, {"a": [0]}))
    assert first.session is not None
    assert ask(sessions, request(first.session.id, 2)).error == Code.INVALID_FETCH_SESSION_EPOCH
    assert ask(sessions, request(999, 1)).error == Code.FETCH_SESSION_ID_NOT_FOUND
    assert (
        ask(sessions, request(first.session.id, 1), version=13).error
        == Code.FETCH_SESSION_TOPIC_ID_ERROR
    )


def test_forgetting_everything_ends_the_session(sessions: Sessions) -> None:
    first = ask(sessions, request(0, 0, {"a": [0]}))
    assert first.session is not None
    last = ask(sessions, request(first.session.id, 1, forget={"a": [0]}))
    assert last.session is None
    assert last.error == Code.NONE
    assert len(sessions) == 0


def test_epoch_minus_one_with_an_id_closes_it(sessions: Sessions) -> None:
    first = ask(sessions, request(0, 0, {"a": [0]}))
    assert first.session is not None
    ask(sessions, request(first.session.id, -1, {"a": [0]}))
    assert len(sessions) == 0


def test_a_full_cache_takes_only_the_place_of_an_idle_session(sessions: Sessions) -> None:
    ask(sessions, request(0, 0, {"a": [0]}), mono_ms=0)
    ask(sessions, request(0, 0, {"a": [1]}), mono_ms=10)
    assert ask(sessions, request(0, 0, {"a": [2]}), mono_ms=900).session is None
    assert ask(sessions, request(0, 0, {"a": [2]}), mono_ms=1000).session is not None
    assert len(sessions) == 2


def reply(
    index: int, high_watermark: int = 0, records: bytes = b"", code: int = 0
) -> PartitionData:
    return PartitionData(
        partition_index=index,
        high_watermark=high_watermark,
        log_start_offset=0,
        records=records,
        error_code=code,
    )


def told(s: Sessions, f: Fetching, replies: list[PartitionData]) -> list[int]:
    pairs: list[tuple[Wanted, PartitionData]] = list(zip(f.wanted, replies, strict=True))
    return [r.partition_index for _, r in s.answered(f, pairs)]


def test_an_incremental_reply_names_only_partitions_with_news(sessions: Sessions) -> None:
    f = ask(sessions, request(0, 0, {"a": [0, 1, 2]}))
    assert f.session is not None
    assert told(sessions, f, [reply(0), reply(1), reply(2)]) == [0, 1, 2]
    f = ask(sessions, request(f.session.id, 1))
    assert told(sessions, f, [reply(0), reply(1, 7), reply(2, code=3)]) == [1, 2]
    assert f.session is not None
    f = ask(sessions, request(f.session.id, 2))
    # 0 and 1 have no news; 2 had an error and is named again now that it has recovered.
    assert told(sessions, f, [reply(0), reply(1, 7), reply(2)]) == [2]


def test_a_partition_with_records_goes_to_the_end(sessions: Sessions) -> None:
    f = ask(sessions, request(0, 0, {"a": [0, 1]}))
    assert f.session is not None
    told(sessions, f, [reply(0), reply(1)])
    f = ask(sessions, request(f.session.id, 1))
    assert told(sessions, f, [reply(0, 1, b"x"), reply(1)]) == [0]
    assert f.session is not None
    f = ask(sessions, request(f.session.id, 2))
    assert names(f) == [("a", 1), ("a", 0)]


def test_a_topic_id_that_becomes_known_later_gets_its_name(sessions: Sessions) -> None:
    r = FetchRequest(
        session_epoch=0,
        topics=[FetchTopic(topic_id=b"c" * 16, partitions=[FetchPartition(partition=0)])],
    )
    f = sessions.open(r, 13, NAMES.get, 0)
    assert names(f) == [(None, 0)]
    assert f.session is not None
    f = sessions.open(request(f.session.id, 1), 13, {**NAMES, b"c" * 16: "c"}.get, 0)
    assert names(f) == [("c", 0)]


def test_an_empty_full_fetch_opens_a_session_too(sessions: Sessions) -> None:
    opened = ask(sessions, request())
    assert opened.session is not None
    assert opened.wanted == []
    filled = ask(sessions, request(opened.session.id, 1, {"a": [0]}))
    assert [w.index for w in filled.wanted] == [0]
