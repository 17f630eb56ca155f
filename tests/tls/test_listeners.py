"""What each listener answers, which versions of TLS it speaks, and who isn't let in."""

from __future__ import annotations

import socket
import ssl
import stat
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from msklite.errors import UserError
from msklite.testing import LocalCluster
from tests.support.raw import exchange

METADATA = b"\x00\x03\x00\x01\x00\x00\x00\x07\x00\x01x\xff\xff\xff\xff"
"""Version 1, of all topics."""
PATIENCE_S = 60


@pytest.fixture(scope="module")
def both() -> Iterator[LocalCluster]:
    with LocalCluster(brokers=2, tls="TLS_PLAINTEXT", storage="memory") as made:
        yield made


def port_of(addresses: str) -> int:
    return int(addresses.split(",")[0].rpartition(":")[2])


def dial(cluster: LocalCluster, *, name: str = "localhost", version: ssl.TLSVersion | None = None,
         ca: str | None = None) -> ssl.SSLSocket:  # fmt: skip
    context = ssl.create_default_context(cafile=ca or cluster.ca_file)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    raw = socket.create_connection(
        ("127.0.0.1", port_of(cluster.bootstrap_servers_tls)), PATIENCE_S
    )
    try:
        return context.wrap_socket(raw, server_hostname=name)
    except BaseException:
        raw.close()
        raise


def ports_in(reply: bytes) -> list[int]:
    """The brokers' ports in a Metadata reply of version 1."""
    (count,) = struct.unpack_from(">i", reply, 4)
    at, ports = 8, []
    for _ in range(count):
        (length,) = struct.unpack_from(">h", reply, at + 4)
        at += 6 + length
        ports.append(struct.unpack_from(">i", reply, at)[0])
        (rack,) = struct.unpack_from(">h", reply, at + 4)
        at += 6 + max(rack, 0)
    return ports


def test_metadata_tells_the_addresses_of_the_listener_one_came_in_by(both: LocalCluster) -> None:
    plain = [int(a.rpartition(":")[2]) for a in both.bootstrap_servers.split(",")]
    secure = [int(a.rpartition(":")[2]) for a in both.bootstrap_servers_tls.split(",")]
    assert not set(plain) & set(secure)
    with socket.create_connection(("127.0.0.1", plain[0]), PATIENCE_S) as sock:
        assert ports_in(exchange(sock, METADATA)) == plain
    with dial(both) as sock:
        assert ports_in(exchange(sock, METADATA)) == secure


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_tls_1_2_and_1_3(both: LocalCluster, version: ssl.TLSVersion, name: str) -> None:
    with dial(both, version=version, name=name) as sock:
        assert sock.version() == version.name.replace("_", ".", 1).replace("TLSv1_", "TLSv1.")
        assert len(ports_in(exchange(sock, METADATA))) == 2


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_older_ones_are_refused(both: LocalCluster) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        dial(both, version=ssl.TLSVersion.TLSv1_1)


def test_an_authority_of_its_own(both: LocalCluster) -> None:
    """Another cluster's certificate is no pass here, and no other name is vouched for."""
    with (
        LocalCluster(storage="memory", tls=True) as other,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        dial(both, ca=other.ca_file)
    with pytest.raises(ssl.SSLCertVerificationError):
        dial(both, name="example.com")


def test_plain_text_at_the_tls_port_gets_no_answer(both: LocalCluster) -> None:
    port = port_of(both.bootstrap_servers_tls)
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as sock:
        sock.sendall(struct.pack(">i", len(METADATA)) + METADATA)
        answer = b""
        try:
            while more := sock.recv(65536):
                answer += more
        except ConnectionError:
            pass
        assert not answer or answer[0] == 21, "neither a TLS alert nor silence"
    with dial(both) as sock:
        assert exchange(sock, METADATA)


def test_a_client_that_never_says_hello_is_let_go(both: LocalCluster) -> None:
    """It holds nobody else up meanwhile."""
    port = port_of(both.bootstrap_servers_tls)
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as silent:
        with dial(both) as sock:
            assert exchange(sock, METADATA)
        assert silent.recv(1) == b""


def test_tls_alone_lets_no_client_in_by_plain_text() -> None:
    """The port that nodes use between themselves stays; a client that finds it is sent away."""
    with LocalCluster(azs=3, tls=True) as cluster:
        inner = cluster.spec.ports[1]
        assert inner != port_of(cluster.bootstrap_servers)
        with socket.create_connection(("127.0.0.1", inner), PATIENCE_S) as sock:
            assert exchange(sock, METADATA) == b""
        with dial(cluster) as sock:
            assert inner not in ports_in(exchange(sock, METADATA))


def test_records_over_tls_outlive_the_death_of_a_zone() -> None:
    """Replication goes on between nodes while clients speak TLS."""
    with LocalCluster(azs=3, tls=True) as cluster:
        settings = {
            "bootstrap_servers": cluster.bootstrap_servers,
            "security_protocol": "SSL",
            "ssl_cafile": cluster.ca_file,
        }
        admin = KafkaAdminClient(**settings)
        admin.create_topics([NewTopic("t", 1, 3)])
        admin.close()
        producer = KafkaProducer(**settings, acks="all", retries=100)
        for i in range(100):
            producer.send("t", b"%d" % i)
            if i == 50:
                producer.flush(PATIENCE_S)
                cluster.kill_zone(2)
        producer.flush(PATIENCE_S)
        producer.close()
        consumer = KafkaConsumer("t", **settings, auto_offset_reset="earliest",
                                 consumer_timeout_ms=PATIENCE_S * 1000)  # fmt: skip
        assert [next(consumer).value for _ in range(100)] == [b"%d" % i for i in range(100)]
        consumer.close()


def test_the_files(tmp_path: Path) -> None:
    """The authority stays over restarts, the brokers' certificates are new, keys are private."""
    folder = tmp_path / "tls"
    with LocalCluster(data_dir=str(tmp_path), tls=True) as cluster:
        assert cluster.ca_file == str(folder / "ca.pem")
        first = {p.name: p.read_bytes() for p in folder.iterdir()}
        cluster.restart()
        again = {p.name: p.read_bytes() for p in folder.iterdir()}
        with dial(cluster) as sock:
            assert exchange(sock, METADATA)
    for name in ("ca.pem", "ca.key", "truststore.p12"):
        assert again[name] == first[name]
    assert again["broker-1.pem"] != first["broker-1.pem"]
    for name in ("ca.key", "broker-1.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate(first["broker-1.pem"])
    lasts = certificate.not_valid_after_utc.timestamp() - time.time()
    assert 390 * 86400 < lasts < 398 * 86400


def test_a_damaged_authority_is_named(tmp_path: Path) -> None:
    with LocalCluster(data_dir=str(tmp_path), tls=True):
        pass
    (tmp_path / "tls" / "ca.key").write_text("nonsense")
    with pytest.raises(UserError, match="damaged"), LocalCluster(data_dir=str(tmp_path), tls=True):
        pass


def test_a_cluster_without_tls_has_no_files_of_it(tmp_path: Path) -> None:
    with LocalCluster(data_dir=str(tmp_path)) as cluster, pytest.raises(UserError, match="tls="):
        _ = cluster.ca_file
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize("word", ["yes", "SSL", 2])
def test_other_words_are_refused(word: object) -> None:
    with pytest.raises(UserError, match="TLS_PLAINTEXT"):
        LocalCluster(tls=word)  # type: ignore[arg-type]
