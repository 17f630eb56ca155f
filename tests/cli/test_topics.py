"""`msklite topic`: create, list, describe, alter, delete, and what each refuses."""

from __future__ import annotations

import re

import pytest

from tests.cli.runner import Msklite


def names(msklite: Msklite, *options: str) -> list[str]:
    return [t["topic"] for t in msklite.json("topic", "list", *options)]


def test_create_and_describe(shared: Msklite) -> None:
    said = shared.ok("topic", "create", "made", "-p", 3, "-c", "retention.ms=86400000").out
    assert said == "Topic made is made.\n"
    (found,) = shared.json("topic", "describe", "made")
    assert found["config"] == {"retention.ms": "86400000"}
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", found["id"])
    assert [p["partition"] for p in found["partitions"]] == [0, 1, 2]
    assert {p["leader"] for p in found["partitions"]} == {1, 2}
    assert all(p["replicas"] == p["isr"] == [p["leader"]] for p in found["partitions"])
    people = shared.ok("topic", "describe", "made").lines
    assert people[0] == f"made  id {found['id']}"
    assert people[2].split() == ["PARTITION", "LEADER", "REPLICAS", "ISR", "START", "END"]


def test_the_default_number_of_partitions_is_the_brokers(shared: Msklite) -> None:
    assert shared.json("topic", "create", "plain")[0] == {
        "topic": "plain",
        "partitions": 1,
        "created": True,
    }


def test_list_hides_internal_topics(shared: Msklite) -> None:
    shared.ok("topic", "create", "seen")
    shared.ok("produce", "seen", stdin=b"x\n")
    shared.ok("consume", "seen", "--group", "lister", "--from-beginning", "--max", 1)
    assert "seen" in names(shared)
    assert "__consumer_offsets" not in names(shared)
    assert "__consumer_offsets" in names(shared, "--internal")
    assert shared.ok("topic", "list").lines[0].split() == ["TOPIC", "PARTITIONS", "REPLICAS"]


def test_create_twice(shared: Msklite) -> None:
    shared.ok("topic", "create", "twice")
    assert "TOPIC_ALREADY_EXISTS" in shared.refused("topic", "create", "twice")
    said = shared.ok("topic", "create", "twice", "--if-not-exists").out
    assert said == "Topic twice was there already.\n"


def test_validate_only_creates_nothing(shared: Msklite) -> None:
    assert shared.ok("topic", "create", "dry", "--validate-only").out == "Topic dry is fine.\n"
    assert "dry" not in names(shared)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-c", "nope=1"], "INVALID_CONFIG"),
        (["-c", "retention.ms=soon"], "retention.ms"),
        (["-r", "3"], "INVALID_REPLICATION_FACTOR"),
        (["-p", "0"], "INVALID_PARTITIONS"),
    ],
)
def test_a_wrong_topic_is_refused_and_none_is_made(
    shared: Msklite, options: list[str], said: str
) -> None:
    assert said in shared.refused("topic", "create", "wrong", *options)
    assert "wrong" not in names(shared)


def test_one_wrong_name_stops_the_others_too(shared: Msklite) -> None:
    assert "INVALID_TOPIC" in shared.refused("topic", "create", "good", "not good")
    assert "good" not in names(shared)


def test_alter(shared: Msklite) -> None:
    shared.ok("topic", "create", "alter", "-c", "retention.ms=1000000")
    shared.ok("topic", "alter", "alter", "-p", 4, "-c", "max.message.bytes=2000000")
    (found,) = shared.json("topic", "describe", "alter")
    assert len(found["partitions"]) == 4
    assert found["config"] == {"max.message.bytes": "2000000", "retention.ms": "1000000"}
    assert shared.json("topic", "alter", "alter", "--delete-config", "retention.ms")["altered"]
    (found,) = shared.json("topic", "describe", "alter")
    assert found["config"] == {"max.message.bytes": "2000000"}


def test_partitions_are_never_removed_and_then_nothing_is_altered(shared: Msklite) -> None:
    shared.ok("topic", "create", "shrink", "-p", 2)
    said = shared.refused("topic", "alter", "shrink", "-p", 1, "-c", "retention.ms=1000")
    assert "INVALID_PARTITIONS" in said
    (found,) = shared.json("topic", "describe", "shrink")
    assert len(found["partitions"]) == 2
    assert found["config"] == {}


def test_a_wrong_setting_adds_no_partitions(shared: Msklite) -> None:
    shared.ok("topic", "create", "grow")
    shared.refused("topic", "alter", "grow", "-p", 3, "-c", "nope=1")
    assert len(shared.json("topic", "describe", "grow")[0]["partitions"]) == 1


def test_delete(shared: Msklite) -> None:
    shared.ok("topic", "create", "gone", "gone-too")
    said = shared.refused("topic", "delete", "gone", "never-was")
    assert "There is no topic never-was" in said
    assert "gone" in names(shared)
    shared.ok("topic", "delete", "gone", "gone-too")
    assert not {"gone", "gone-too"} & set(names(shared))
    said = shared.ok("topic", "delete", "gone", "--if-exists").out
    assert said == "Topic gone was not there.\n"


@pytest.mark.parametrize(
    "args", [("describe", "nope"), ("alter", "nope", "-p", "2"), ("delete", "nope")]
)
def test_an_unknown_topic(shared: Msklite, args: tuple[str, ...]) -> None:
    assert shared.refused("topic", *args).startswith("There is no topic nope")


def test_nothing_to_alter(shared: Msklite) -> None:
    shared.refused("topic", "alter", "nope", code=2)


def test_any_kafka_by_its_address(shared: Msklite, msklite: Msklite) -> None:
    """Commands that speak Kafka need no cluster of ours."""
    address = shared.ok("bootstrap").out.strip()
    msklite.ok("topic", "create", "elsewhere", "--bootstrap", address)
    assert "elsewhere" in names(shared)
