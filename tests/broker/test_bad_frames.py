"""Hostile and broken clients on the Kafka port: each gets Kafka's answer, nobody else notices."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msklite.errors import Code
from msklite.testing import LocalCluster
from msklite.wire.messages.api_versions_request import ApiVersionsRequest
from msklite.wire.messages.api_versions_response import ApiVersionsResponse


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    config = {"socket.request.max.bytes": "100000"}
    with LocalCluster(storage="memory", config=config) as c:
        yield c


def dial(cluster: LocalCluster) -> socket.socket:
    host, port = cluster.bootstrap_servers.split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def frame(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def header(key: int, version: int, correlation: int = 7, tail: bytes = b"\xff\xff") -> bytes:
    return struct.pack(">hhi", key, version, correlation) + tail


def versions_request(correlation: int = 7) -> bytes:
    return frame(header(18, 0, correlation) + ApiVersionsRequest().encode(0))


def read_frame(sock: socket.socket) -> bytes:
    head = b""
    while len(head) < 4:
        got = sock.recv(4 - len(head))
        if not got:
            return b""
        head += got
    (n,) = struct.unpack(">i", head)
    body = b""
    while len(body) < n:
        got = sock.recv(n - len(body))
        if not got:
            return b""
        body += got
    return body


def closes(sock: socket.socket) -> bool:
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def works(sock: socket.socket) -> bool:
    sock.sendall(versions_request(99))
    body = read_frame(sock)
    return body[:4] == struct.pack(">i", 99)


BAD = {
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a frame over the limit": struct.pack(">i", 100_001),
    "a negative length": struct.pack(">i", -5),
    "a frame too short for a header": frame(b"\0\0\0"),
    "an unknown API": frame(header(9999, 0)),
    "a version that isn't served": frame(header(0, 2)),
    "a body that doesn't decode": frame(header(3, 1) + struct.pack(">i", 1_000_000)),
    "a client id that runs out of the frame": frame(header(18, 0, 7, b"\x7f\xff")),
    "a produce that ends with its fixed header": frame(header(0, 12, 7, b"")),
    "a produce that ends within its client id's length": frame(header(0, 12, 7, b"\0")),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_bytes_close_only_their_own_connection(cluster: LocalCluster, what: str) -> None:
    with dial(cluster) as other, dial(cluster) as sock:
        assert works(other)
        sock.sendall(BAD[what])
        assert closes(sock)
        assert works(other)


def test_a_truncated_frame_harms_nobody(cluster: LocalCluster) -> None:
    with dial(cluster) as other, dial(cluster) as sock:
        sock.sendall(versions_request()[:9])
        sock.close()
        assert works(other)


def test_an_unknown_api_versions_version_is_answered_in_version_0(cluster: LocalCluster) -> None:
    with dial(cluster) as sock:
        sock.sendall(frame(header(18, 99, 5, b"\xff\xff\0")))
        body = read_frame(sock)
        assert struct.unpack(">i", body[:4]) == (5,)
        reply, _ = ApiVersionsResponse.read(body, 4, 0)
        assert reply.error_code == Code.UNSUPPORTED_VERSION
        assert [a.api_key for a in reply.api_keys] == [18]
        assert works(sock)


def test_an_unknown_tagged_field_is_skipped(cluster: LocalCluster) -> None:
    with dial(cluster) as sock:
        tags = b"\x01\x63\x03abc"
        body = header(18, 3, 6, b"\xff\xff" + tags) + b"\x05test" + b"\x041.0" + tags
        sock.sendall(frame(body))
        reply, _ = ApiVersionsResponse.read(read_frame(sock), 4, 3)
        assert reply.error_code == Code.NONE


def test_replies_come_in_the_order_of_requests_sent_byte_by_byte(cluster: LocalCluster) -> None:
    with dial(cluster) as sock:
        stream = b"".join(versions_request(i) for i in range(20))
        for i in range(0, len(stream), 7):
            sock.sendall(stream[i : i + 7])
        got = [struct.unpack(">i", read_frame(sock)[:4])[0] for _ in range(20)]
        assert got == list(range(20))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300), key=st.integers(0, 92), version=st.integers(0, 18))
def test_arbitrary_bodies_never_stop_the_broker(
    cluster: LocalCluster, data: bytes, key: int, version: int
) -> None:
    with dial(cluster) as sock:
        sock.sendall(frame(header(key, version) + data))
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass
    with dial(cluster) as sock:
        assert works(sock)
