"""Clients that misbehave for long: floods, dribbles, deaf ears, frozen processes, wrong clocks."""

from __future__ import annotations

import os
import resource
import signal
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from msklite.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from tests.bad_days.clients import make, read, write
from tests.broker.test_bad_frames import closes, frame, header, read_frame, versions_request
from tests.support.zones import ZoneProcess


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[ZoneProcess]:
    with ZoneProcess(tmp_path) as found:
        yield found


def works(zone: ZoneProcess) -> bool:
    with zone.dial() as sock:
        sock.settimeout(30)
        sock.sendall(versions_request(5))
        return read_frame(sock)[:4] == struct.pack(">i", 5)


def resident(zone: ZoneProcess) -> int:
    assert zone.process is not None
    pages = int(Path(f"/proc/{zone.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def fetch(topic: str, max_bytes: int) -> bytes:
    request = FetchRequest(
        max_wait_ms=100, min_bytes=1, max_bytes=max_bytes, session_epoch=-1,
        topics=[
            FetchTopic(topic=topic, partitions=[FetchPartition(partition_max_bytes=max_bytes)])
        ],
    )  # fmt: skip
    return frame(header(1, 8) + request.encode(8))


linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks into /proc")


@linux
def test_a_client_that_never_reads_costs_little(zone: ZoneProcess) -> None:
    zone.start()
    make(zone.bootstrap, NewTopic("t", 1, 1))
    write(zone.bootstrap, "t", 0, [os.urandom(500_000) for _ in range(20)])
    before = resident(zone)
    deaf = [zone.dial() for _ in range(6)]
    for i, sock in enumerate(deaf):
        sock.setblocking(False)
        asked = fetch("t", 9_000_000) if i % 2 else versions_request()
        try:
            for _ in range(200_000):
                sock.send(asked)
        except BlockingIOError:
            pass
    assert works(zone)
    assert read(zone.bootstrap, "t", 0, 20)
    assert resident(zone) - before < 60_000_000
    for sock in deaf:
        sock.close()
    assert works(zone)


@linux
def test_claimed_lengths_and_slow_lorises_cost_little(zone: ZoneProcess) -> None:
    """300 clients announce 100 MB each and dribble."""
    zone.start()
    before = resident(zone)
    clients = [zone.dial() for _ in range(300)]
    for sock in clients:
        sock.sendall(struct.pack(">i", 100_000_000))
    for _ in range(5):
        for sock in clients:
            sock.sendall(b"x")
    assert works(zone)
    assert resident(zone) - before < 150_000_000
    for sock in clients:
        sock.close()
    assert works(zone)


def test_a_flood_of_connections_leaves_descriptors_for_files(zone: ZoneProcess) -> None:
    """`ulimit -n 256`, 400 connections: those there go on, files are written, topics made."""
    zone.start("sh", "-c", 'ulimit -n 256 && exec "$@"', "sh")
    make(zone.bootstrap, NewTopic("t", 1, 1))
    producer = Producer({"bootstrap.servers": zone.bootstrap, "log_level": 0})
    producer.produce("t", b"before", partition=0)
    assert producer.flush(30) == 0
    flood = []
    for _ in range(400):
        try:
            flood.append(zone.dial())
        except OSError:
            break
    refused = 0
    for sock in flood:
        sock.settimeout(5)
        try:
            sock.sendall(versions_request())
            refused += read_frame(sock) == b""
        except OSError:
            refused += 1
    assert refused >= 100
    assert "file descriptors" in zone.log
    producer.produce("t", b"meanwhile", partition=0)
    assert producer.flush(30) == 0
    for sock in flood:
        sock.close()
    make(zone.bootstrap, NewTopic("u", 20, 1))
    assert read(zone.bootstrap, "t", 0, 2) == [b"before", b"meanwhile"]
    write(zone.bootstrap, "u", 19, [b"after"])
    zone.kill()
    zone.start()
    assert read(zone.bootstrap, "u", 19, 1) == [b"after"]


def test_max_connections_waits_and_per_ip_closes(tmp_path: Path) -> None:
    config = {"max.connections": "3", "max.connections.per.ip": "5"}
    with ZoneProcess(tmp_path, config=config) as zone:
        zone.start()
        inside = [zone.dial() for _ in range(3)]
        for sock in inside:
            sock.sendall(versions_request())
            assert read_frame(sock)
        waiting = [zone.dial() for _ in range(2)]
        for sock in waiting:
            sock.sendall(versions_request())
            sock.settimeout(0.3)
            with pytest.raises(TimeoutError):
                sock.recv(1)
        with zone.dial() as sixth:
            assert closes(sixth)
        for sock in inside[:2]:
            sock.close()
        for sock in waiting:
            sock.settimeout(30)
            assert read_frame(sock)
        for sock in (*inside, *waiting):
            sock.close()


def test_idle_connections_are_closed_and_busy_ones_are_not(tmp_path: Path) -> None:
    with ZoneProcess(tmp_path, config={"connections.max.idle.ms": "1500"}) as zone:
        zone.start()
        make(zone.bootstrap, NewTopic("t", 1, 1))
        idle, half, deaf, waiting = (zone.dial() for _ in range(4))
        half.sendall(versions_request()[:7])
        deaf.setblocking(False)
        try:
            while True:
                deaf.send(versions_request())
        except BlockingIOError:
            deaf.settimeout(30)
        request = FetchRequest(
            max_wait_ms=6000, min_bytes=1, session_epoch=-1,
            topics=[FetchTopic(topic="t", partitions=[FetchPartition(partition_max_bytes=9)])],
        )  # fmt: skip
        waiting.sendall(frame(header(1, 8) + request.encode(8)))
        for sock in (idle, half):
            sock.settimeout(30)
            assert closes(sock)
        waiting.settimeout(30)
        assert read_frame(waiting)[:4] == struct.pack(">i", 7)
        with pytest.raises(OSError):  # cut off, with its replies unread
            while deaf.recv(1 << 20):
                pass
            raise ConnectionResetError
        for sock in (idle, half, deaf, waiting):
            sock.close()


def test_half_closed_connections_go_away(zone: ZoneProcess) -> None:
    zone.start()
    for _ in range(50):
        with zone.dial() as sock:
            sock.settimeout(30)
            sock.sendall(versions_request() + versions_request()[:9])
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
    assert works(zone)


def test_thousands_of_pipelined_requests_are_answered_in_order(zone: ZoneProcess) -> None:
    zone.start()
    count = 5000
    with zone.dial() as sock:
        sock.settimeout(30)
        sent = 0
        answered = 0
        while answered < count:
            if sent < count:
                sock.sendall(b"".join(versions_request(sent + i) for i in range(100)))
                sent += 100
            if sent - answered > 1000 or sent == count:
                assert read_frame(sock)[:4] == struct.pack(">i", answered)
                answered += 1


def test_a_frozen_zone_goes_on_where_it_was(zone: ZoneProcess) -> None:
    """SIGSTOP for longer than a session or an election, then SIGCONT."""
    zone.start()
    make(zone.bootstrap, NewTopic("t", 1, 1))
    write(zone.bootstrap, "t", 0, [b"before"])
    assert zone.process is not None
    producer = Producer({"bootstrap.servers": zone.bootstrap, "log_level": 0})
    zone.process.send_signal(signal.SIGSTOP)
    producer.produce("t", b"meanwhile", partition=0)
    time.sleep(11)
    zone.process.send_signal(signal.SIGCONT)
    assert producer.flush(60) == 0
    make(zone.bootstrap, NewTopic("u", 1, 1))
    write(zone.bootstrap, "u", 0, [b"after"])
    assert read(zone.bootstrap, "t", 0, 2) == [b"before", b"meanwhile"]
    assert "Traceback" not in zone.log
    assert "fenced" not in zone.log.lower()


@pytest.mark.parametrize(
    "when", [0, 1, 4_102_444_800_000, 2**62], ids=["none", "1970", "2100", "2^62"]
)
def test_a_client_with_a_wrong_clock(zone: ZoneProcess, when: int) -> None:
    """Kafka refuses times more than an hour ahead (message.timestamp.after.max.ms), and keeps old
    ones; neither may roll, expire or hide what others write."""
    zone.start()
    make(zone.bootstrap, NewTopic("t", 1, 1, config={"segment.ms": "60000"}))
    write(zone.bootstrap, "t", 0, [b"right"])
    refused: list[object] = []
    producer = Producer({"bootstrap.servers": zone.bootstrap, "log_level": 0})
    producer.produce(
        "t", b"wrong", partition=0, timestamp=when,
        on_delivery=lambda e, _: refused.append(e) if e else None,
    )  # fmt: skip
    assert producer.flush(30) == 0
    write(zone.bootstrap, "t", 0, [b"right again"])
    expected = [b"right", b"right again"] if refused else [b"right", b"wrong", b"right again"]
    assert bool(refused) == (when > 10**13 or when == 4_102_444_800_000)
    assert read(zone.bootstrap, "t", 0, len(expected)) == expected
    consumer = Consumer({"bootstrap.servers": zone.bootstrap, "group.id": "r", "log_level": 0})
    (found,) = consumer.offsets_for_times(
        [TopicPartition("t", 0, int(time.time() * 1000) - 60_000)], timeout=30
    )
    consumer.close()
    assert found.offset == 0
    assert AdminClient({"bootstrap.servers": zone.bootstrap}).list_topics(timeout=20).topics["t"]
