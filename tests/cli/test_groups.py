"""`msklite group`: list, describe, and reset-offsets in each of its ways."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.runner import SCRIPT, Msklite


@pytest.fixture(scope="module")
def topic(shared: Msklite) -> str:
    """Ten records, of which the group `four` has read four."""
    shared.ok("topic", "create", "for-groups")
    shared.ok("produce", "for-groups", stdin=b"".join(b"%d\n" % n for n in range(10)))
    shared.ok("consume", "for-groups", "--group", "four", "--from-beginning", "--max", 4)
    return "for-groups"


def committed(msklite: Msklite, group: str = "four") -> list[int]:
    return [o["committed"] for o in msklite.json("group", "describe", group)["offsets"]]


def reset(msklite: Msklite, *how: object) -> tuple[int, int]:
    (row,) = msklite.json("group", "reset-offsets", "four", *how)
    return row["old"], row["new"]


def test_list(shared: Msklite, topic: str) -> None:
    rows = {g["group"]: g for g in shared.json("group", "list")}
    assert rows["four"]["state"] == "Empty"
    assert rows["four"]["protocol"] == "consumer"
    assert shared.ok("group", "list").lines[0].split() == ["GROUP", "STATE", "TYPE", "PROTOCOL"]


def test_describe_and_reset(shared: Msklite, topic: str) -> None:
    found = shared.json("group", "describe", "four")
    assert found["state"] == "Empty"
    assert found["members"] == []
    assert found["offsets"] == [
        {"topic": topic, "partition": 0, "committed": 4, "end": 10, "lag": 6, "member": None}
    ]
    assert reset(shared, "--to-earliest", "--dry-run") == (4, 0)
    assert committed(shared) == [4]
    assert reset(shared, "--to-earliest") == (4, 0)
    assert committed(shared) == [0]
    assert reset(shared, "--to-offset", 6) == (0, 6)
    assert reset(shared, "--shift-by", -2) == (6, 4)
    assert reset(shared, "--shift-by", 100) == (4, 10)  # never past the end
    assert reset(shared, "--to-datetime", "2020-01-01T00:00:00Z") == (10, 0)
    assert reset(shared, "--to-datetime", "2999-01-01T00:00:00+01:00") == (0, 10)
    assert reset(shared, "--to-latest", "--topic", f"{topic}:0") == (10, 10)
    shared.ok("group", "reset-offsets", "four", "--to-offset", 8)
    assert shared.ok("consume", topic, "--group", "four", "--max", 2).raw == b"8\n9\n"


def test_a_group_with_members_is_shown_and_not_reset(shared: Msklite) -> None:
    shared.ok("topic", "create", "busy")
    shared.ok("produce", "busy", stdin=b"x\n")
    with subprocess.Popen(
        [SCRIPT, "consume", "busy", "--group", "busy", "--from-beginning"],
        stdout=subprocess.PIPE, env=shared.env,
    ) as reader:  # fmt: skip
        assert reader.stdout is not None
        try:
            # Its line comes through a pipe once nothing more is to be read: then it has joined.
            assert reader.stdout.readline() == b"x\n"
            found = shared.json("group", "describe", "busy")
            said = shared.refused("group", "reset-offsets", "busy", "--to-earliest")
        finally:
            reader.terminate()
    assert found["state"] == "Stable"
    assert len(found["members"]) == 1
    assert found["members"][0]["client"] == "msklite-cli"
    assert found["offsets"][0]["member"] == found["members"][0]["member"]
    assert "has 1 member" in said


def test_what_is_refused(shared: Msklite, topic: str) -> None:
    assert "no group nobody" in shared.refused("group", "describe", "nobody")
    assert "nobody" in shared.refused("group", "reset-offsets", "nobody", "--to-earliest")
    assert "no topic nope" in shared.refused(
        "group", "reset-offsets", "four", "--to-latest", "-t", "nope"
    )
    assert "no partition 5" in shared.refused(
        "group", "reset-offsets", "four", "--to-latest", "-t", f"{topic}:5"
    )
    for wrong in (
        (),
        ("--to-earliest", "--to-offset", "3"),
        ("--to-datetime", "yesterday"),
        ("--to-latest", "-t", "a:b"),
    ):
        shared.refused("group", "reset-offsets", "four", *wrong, code=2)
