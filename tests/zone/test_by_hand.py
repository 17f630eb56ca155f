"""Zones with hosts of their own, started one by one: the file they share, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from msklite.errors import UserError
from msklite.zone import by_hand
from msklite.zone import spec as specs

HOSTS = ["az1", "az2", "az3"]


def test_the_first_makes_the_cluster_and_the_others_find_it(tmp_path: Path) -> None:
    for seed in (b"1" * 16, b"2" * 16):
        by_hand.prepare(tmp_path, "c", HOSTS, 9092, "localhost:19092", seed)
    spec = specs.load(tmp_path)
    assert spec.bootstrap == "az1:9092,az2:9093,az3:9094"
    assert spec.outside_ports == {1: 19092, 2: 19093, 3: 19094}
    voters = spec.voter_set()
    assert voters is not None
    assert [spec.host_of(node) for node in spec.directory_ids] == HOSTS
    assert [spec.for_zone(z).client_host for z in (1, 2, 3)] == HOSTS


def test_the_shared_file_serves_a_single_node_too(tmp_path: Path) -> None:
    by_hand.prepare(tmp_path, "c", HOSTS, 9092, None, b"1" * 16)
    node = specs.load(tmp_path).for_node(2, 2)
    assert (node.listen_host, node.client_host) == (by_hand.EVERYWHERE, "az2")
    assert node.book[10001][0] == "az1", "how it finds the controllers"


def test_a_file_that_says_hosts_is_understood(tmp_path: Path) -> None:
    by_hand.prepare(tmp_path, "c", HOSTS, 9092, None, b"1" * 16)
    data = json.loads((tmp_path / specs.FILE_NAME).read_text())
    del data["addresses"]
    data["hosts"] = {"1": "az1", "2": "az2", "3": "az3"}
    (tmp_path / specs.FILE_NAME).write_text(json.dumps(data))
    by_hand.prepare(tmp_path, "c", HOSTS, 9092, None, b"1" * 16)
    spec = specs.load(tmp_path)
    assert [spec.inner_host(node) for node in spec.directory_ids] == HOSTS
    assert spec.for_zone(2).listen_host == by_hand.EVERYWHERE


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="two or three"):
        by_hand.prepare(tmp_path, "c", ["az1"], 9092, None, b"1" * 16)
    with pytest.raises(UserError, match="HOST:PORT"):
        by_hand.prepare(tmp_path, "c", HOSTS, 9092, "localhost", b"1" * 16)
    assert not specs.exists(tmp_path)
    by_hand.prepare(tmp_path, "c", HOSTS, 9092, None, b"1" * 16)
    with pytest.raises(UserError, match="has its zones at az1,az2,az3"):
        by_hand.prepare(tmp_path, "c", ["a", "b", "c"], 9092, None, b"1" * 16)
