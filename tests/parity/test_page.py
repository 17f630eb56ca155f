"""The comparison itself, its masks, and that docs/parity.md is what the tables say."""

from __future__ import annotations

from tests.parity import page
from tests.parity.differences import LISTED, Listed
from tests.parity.masks import NOW_FROM, masked
from tests.parity.talk import Difference, Exchange, compare


def test_the_page_is_rendered_from_the_tables() -> None:
    assert page.PAGE.read_text() == page.render(), "run: python -m tests.parity.run page"


def test_every_listed_difference_says_why() -> None:
    assert all(len(entry.reason) > 20 and entry.title for entry in LISTED)


def exchange(answer: object) -> Exchange:
    return Exchange("area/step", "Api", 1, None, answer)


def test_a_changed_field_is_found_with_its_path() -> None:
    left = exchange({"topics": [{"error_code": 0, "name": "t"}]})
    right = exchange({"topics": [{"error_code": 3, "name": "t"}]})
    assert compare([left], [right]) == [Difference("area/step", "topics.0.error_code", 0, 3)]


def test_lists_of_other_lengths_and_missing_steps_are_found() -> None:
    assert compare([exchange([1])], [exchange([1, 2])]) == [
        Difference("area/step", "", [1], [1, 2])
    ]
    assert compare([exchange(1), exchange(2)], [exchange(1)])
    assert compare([exchange("closed")], [exchange({"error_code": 0})])


def test_masks_hide_the_value_but_not_that_there_is_one() -> None:
    assert masked({"error_message": "some text"}, {}) == {"error_message": "<error_message>"}
    assert masked({"error_message": None}, {}) == {"error_message": None}
    assert masked({"error_message": ""}, {}) == {"error_message": ""}
    assert masked({"port": 9092}, {}) == {"port": "<port>"}
    assert masked({"port": -1}, {}) == {"port": -1}
    assert masked({"t": NOW_FROM + 1, "u": NOW_FROM - 1}, {}) == {"t": "<now>", "u": NOW_FROM - 1}


def test_named_values_are_compared_by_name() -> None:
    names = {"m-1": "<a>", bytes(range(16)): "<id of t>", 7000: "<producer>"}
    assert masked({"member_id": "m-1", "other": "m-2"}, names) == {
        "member_id": "<a>",
        "other": "m-2",
    }
    assert masked({"topic_id": bytes(range(16))}, names) == {"topic_id": "<id of t>"}
    assert masked({"topic_id": bytes(16)}, names) == {"topic_id": "zero"}
    assert masked({"producer_id": 7000, "offset": 7000}, names) == {
        "producer_id": "<producer>",
        "offset": 7000,
    }


def test_unordered_replies_keep_the_order_that_means_something() -> None:
    value = {"topics": [{"name": "b"}, {"name": "a"}], "synonyms": ["z", "a"]}
    assert masked(value, {}, unordered=True) == {
        "topics": [{"name": "a"}, {"name": "b"}],
        "synonyms": ["z", "a"],
    }
    assert masked(value, {}) == value


def test_a_listed_difference_covers_only_what_it_says() -> None:
    entry = Listed("title", "area/s*", "*.error_code", 0, 3, "because")
    assert entry.covers(Difference("area/step", "topics.0.error_code", 0, 3))
    assert not entry.covers(Difference("area/step", "topics.0.error_code", 0, 5))
    assert not entry.covers(Difference("area/other", "topics.0.error_code", 0, 3))
    assert not entry.covers(Difference("area/step", "topics.0.name", 0, 3))
