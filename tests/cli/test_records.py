"""`msklite produce` and `consume`: bytes in, the same bytes out, in every form."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.runner import SCRIPT, Msklite

AWKWARD = b"plain\n\ncarriage\r\n\x00\xff\xfe not text\ntab\there\n" + "grüße 🙂\n".encode()


def everything(msklite: Msklite, topic: str, output: str = "lines") -> bytes:
    return msklite.ok("consume", topic, "--from-beginning", "--until-end", "-o", output).raw


def documents(msklite: Msklite, topic: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in everything(msklite, topic, "json").splitlines()]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_lines_come_back_byte_for_byte(shared: Msklite, codec: str) -> None:
    topic = f"lines-{codec}"
    done = shared.ok("produce", topic, "--compression", codec, stdin=AWKWARD)
    assert done.err == f"6 records in {topic}.\n"
    assert done.out == ""
    assert everything(shared, topic) == AWKWARD


def test_a_last_line_without_a_newline_counts(shared: Msklite) -> None:
    assert shared.json("produce", "last", stdin=b"one\ntwo") == {
        "topic": "last",
        "records": 2,
        "partitions": {"0": 1},
    }
    assert everything(shared, "last") == b"one\ntwo\n"


def test_whole_files_are_one_record_each(shared: Msklite, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(3_000_000))
    small = tmp_path / "small.bin"
    small.write_bytes(b"\n\n")
    shared.ok("topic", "create", "files", "-c", "max.message.bytes=10000000")
    shared.ok("produce", "files", "-f", big, "-f", small)
    shared.ok("produce", "files", "-f", "-", stdin=b"from\nstdin")
    assert everything(shared, "files", "raw") == big.read_bytes() + b"\n\nfrom\nstdin"
    assert len(documents(shared, "files")) == 3


def test_a_record_too_large(shared: Msklite, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(2_000_000))
    shared.ok("topic", "create", "small")
    assert "MESSAGE_TOO_LARGE" in shared.refused("produce", "small", "-f", big)
    assert everything(shared, "small") == b""


def test_keys_headers_nulls_and_bytes_that_are_no_text(shared: Msklite) -> None:
    shared.ok(
        "produce", "rich", "--key-separator", ":", "--null", "NULL", "-H", "a=1", "-H", "b=",
        stdin=b"k:v\nk2:NULL\n:\xff\n",
    )  # fmt: skip
    found = documents(shared, "rich")
    assert [(d["key"], d.get("value")) for d in found] == [("k", "v"), ("k2", None), ("", None)]
    assert found[2]["value_base64"] == "/w=="
    assert all(
        d["headers"] == [{"key": "a", "value": "1"}, {"key": "b", "value": ""}] for d in found
    )
    table = everything(shared, "rich", "table").decode().splitlines()
    assert table[0].split()[-2:] == ["k", "v"]
    assert table[1].split()[-2:] == ["k2", "-"]
    assert table[2].endswith("\\xff")


def test_a_fixed_key_and_a_partition(shared: Msklite) -> None:
    shared.ok("topic", "create", "placed", "-p", 3)
    shared.ok("produce", "placed", "--key", "same", "--partition", 2, stdin=b"a\nb\n")
    assert {(d["key"], d["partition"]) for d in documents(shared, "placed")} == {("same", 2)}
    shared.ok("produce", "placed", "--partition", 1, stdin=b"c\n")
    only = shared.ok("consume", "placed", "-p", 1, "--from-beginning", "--until-end")
    assert only.raw == b"c\n"


def test_from_an_offset_and_only_so_many(shared: Msklite) -> None:
    shared.ok("produce", "seek", stdin=b"".join(b"%d\n" % n for n in range(10)))
    assert shared.ok("consume", "seek", "--offset", 7, "--until-end").raw == b"7\n8\n9\n"
    assert shared.ok("consume", "seek", "--from-beginning", "-n", 2).raw == b"0\n1\n"
    assert shared.ok("consume", "seek", "--until-end").raw == b""
    assert shared.ok("consume", "seek", "--timeout", 0.5).raw == b""


def test_a_group_goes_on_where_it_left_off(shared: Msklite) -> None:
    shared.ok("produce", "turns", stdin=b"a\nb\nc\n")
    first = shared.ok("consume", "turns", "--group", "reader", "--from-beginning", "-n", 2)
    assert first.raw == b"a\nb\n"
    assert shared.ok("consume", "turns", "--group", "reader", "-n", 1).raw == b"c\n"


def test_ctrl_c_ends_a_consumer_quietly(shared: Msklite) -> None:
    shared.ok("produce", "endless", stdin=b"one\n")
    process = subprocess.Popen(
        [SCRIPT, "consume", "endless", "--from-beginning"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=shared.env,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"one\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_a_reader_that_goes_away_is_no_error_to_tell(shared: Msklite) -> None:
    shared.ok("produce", "pipe", stdin=(b"x" * 1000 + b"\n") * 300)
    done = subprocess.run(
        f'"{SCRIPT}" consume pipe --from-beginning --until-end | head -c 5',
        shell=True, capture_output=True, env=shared.env, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == b"xxxxx"
    assert done.stderr == b""


def test_what_is_refused(shared: Msklite, tmp_path: Path) -> None:
    shared.ok("topic", "create", "strict")
    assert "no topic nowhere" in shared.refused("consume", "nowhere")
    assert "no partition 9" in shared.refused("consume", "strict", "-p", 9)
    assert "partition 77" in shared.refused("produce", "strict", "-p", 77, stdin=b"x\n")
    missing = tmp_path / "missing"
    assert f"{missing} can't be read" in shared.refused("produce", "strict", "-f", missing)
    said = shared.refused("produce", "strict", "--key-separator", ":", stdin=b"a:b\nnone\n")
    assert "Line 2" in said
    for wrong in (
        ("produce", "strict", "--key", "k", "--key-separator", ":"),
        ("produce", "strict", "--key-separator", ""),
        ("produce", "strict", "--header", "nonsense"),
        ("consume", "strict", "--group", "g", "--offset", "3"),
        ("consume", "strict", "--group", "g", "--until-end"),
    ):
        shared.refused(*wrong, code=2)
