"""`msklite up --tls` and the commands on a cluster that serves TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

from tests.cli.conftest import msklite  # noqa: F401
from tests.cli.runner import Msklite
from tests.support.ports import free_ports


def test_up_tls_and_every_command_finds_its_way(msklite: Msklite) -> None:  # noqa: F811
    said = msklite.ok("up", "--azs", 3, "-d", "--tls").out.splitlines()
    told = msklite.json("bootstrap")
    assert said[0] == f"Cluster default is up: {told['bootstrap']}"
    assert said[1] == f"TLS; clients trust {told['certificate_authority']}"
    assert told["bootstrap"] == told["bootstrap_tls"]
    ssl.create_default_context(cafile=told["certificate_authority"])
    msklite.ok("topic", "create", "t", "--partitions", 2)
    msklite.ok("produce", "t", stdin=b"one\ntwo\n")
    read = msklite.ok("consume", "t", "--group", "g", "--from-beginning", "--max", 2).lines
    assert sorted(read) == ["one", "two"]
    assert msklite.json("group", "list")[0]["group"] == "g"
    status = msklite.json("status")
    assert status["in_transit"] == "TLS"
    addresses = [f"{b['host']}:{b['tls_port']}" for b in status["brokers"]]
    assert ",".join(addresses) == told["bootstrap"]
    # By address, as any other cluster: with the certificate.
    away = ("--bootstrap", told["bootstrap"], "--ca", told["certificate_authority"])
    assert msklite.json("topic", "list", *away)[0]["topic"] == "t"


def test_modes_change_with_a_stop_in_between(msklite: Msklite) -> None:  # noqa: F811
    first = free_ports(4)
    msklite.ok("up", "-d", "--brokers", 2, "--port", first)
    assert "serves no TLS" in msklite.refused("bootstrap", "--tls")
    msklite.ok("topic", "create", "t")
    msklite.ok("produce", "t", stdin=b"one\n")
    msklite.ok("down")
    msklite.ok("up", "-d", "--client-broker", "TLS_PLAINTEXT", "--port", first)
    plain = msklite.ok("bootstrap").out.strip()
    secure = msklite.ok("bootstrap", "--tls").out.strip()
    assert plain == f"127.0.0.1:{first},127.0.0.1:{first + 1}"
    assert secure == f"127.0.0.1:{first + 2},127.0.0.1:{first + 3}"
    ca = msklite.json("bootstrap")["certificate_authority"]
    for away in (("--bootstrap", plain), ("--bootstrap", secure, "--ca", ca)):
        assert msklite.ok("consume", "t", "--from-beginning", "--until-end", *away).out == "one\n"
    msklite.ok("down")
    msklite.ok("up", "-d")  # what it was made with it keeps
    assert msklite.ok("bootstrap", "--tls").out.strip() == secure
    msklite.ok("down")
    msklite.ok("up", "-d", "--tls", "--port", first)
    assert msklite.ok("bootstrap").out.strip() == plain, "clients' ports are those of --port"
    assert msklite.ok("consume", "t", "--from-beginning", "--until-end").out == "one\n"
    msklite.ok("down")
    msklite.ok("up", "-d", "--client-broker", "PLAINTEXT")
    assert "serves no TLS" in msklite.refused("bootstrap", "--tls")
    assert msklite.ok("consume", "t", "--from-beginning", "--until-end").out == "one\n"


def test_a_copy_of_the_folder_brings_its_authority(msklite: Msklite, tmp_path: Path) -> None:  # noqa: F811
    import shutil

    home = msklite.home / "clusters" / "default"
    msklite.ok("up", "-d", "--tls")
    msklite.ok("produce", "t", stdin=b"one\n")
    msklite.ok("down")
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    msklite.folders.append(copy)
    msklite.ok("up", "-d", "--dir", copy)
    assert (copy / "tls" / "ca.pem").read_bytes() == (home / "tls" / "ca.pem").read_bytes()
    read = msklite.ok("consume", "t", "--from-beginning", "--until-end", "--dir", copy).out
    assert read == "one\n"


def test_refusals(msklite: Msklite, tmp_path: Path) -> None:  # noqa: F811
    both = msklite.refused("up", "-d", "--tls", "--client-broker", "PLAINTEXT", code=2)
    assert "--tls is --client-broker TLS" in both
    missing = msklite.refused("topic", "list", "--bootstrap", "127.0.0.1:1", "--ca",
                              tmp_path / "none.pem", code=2)  # fmt: skip
    assert "--ca takes a certificate" in missing
