"""A very light Kafka client: ready-made request frames over one blocking socket.

A benchmark's own client must cost little beside the broker, so a Produce frame is built once and
sent again and again; of the answer only the error code is read. The layouts are Kafka's:
CreateTopics version 4 and DeleteTopics version 3 (not flexible), Produce version 9 (flexible).
"""

from __future__ import annotations

import socket
import struct
import time

from msklite.wire.crc import crc32c

PRODUCE_VERSION = 9
CREATE_TOPICS_VERSION = 4
DELETE_TOPICS_VERSION = 3
CLIENT = b"bench"
TOPIC_ALREADY_EXISTS = 36


def _uvarint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _varint(value: int) -> bytes:
    return _uvarint((value << 1) ^ (value >> 63))


def _frame(key: int, version: int, body: bytes, *, flexible: bool) -> bytes:
    head = struct.pack(">hhih", key, version, 1, len(CLIENT)) + CLIENT
    head += b"\0" if flexible else b""
    return struct.pack(">i", len(head) + len(body)) + head + body


def record_batch(value: bytes, now_ms: int) -> bytes:
    """A version 2 batch with one record without a key."""
    record = b"\0" + _varint(0) + _varint(0) + _varint(-1) + _varint(len(value)) + value + b"\0"
    record = _varint(len(record)) + record
    tail = struct.pack(">hiqqqhii", 0, 0, now_ms, now_ms, -1, -1, -1, 1) + record
    crc = crc32c(tail)
    return struct.pack(">qiibI", 0, 4 + 1 + 4 + len(tail), -1, 2, crc) + tail


def produce_frame(topic: str, value: bytes) -> bytes:
    """A Produce request with acks=all of one record to partition 0."""
    name, batch = topic.encode(), record_batch(value, time.time_ns() // 1_000_000)
    body = b"\0" + struct.pack(">hi", -1, 30_000)
    body += b"\x02" + _uvarint(len(name) + 1) + name
    body += b"\x02" + struct.pack(">i", 0) + _uvarint(len(batch) + 1) + batch + b"\0\0\0"
    return _frame(0, PRODUCE_VERSION, body, flexible=True)


def create_topic_frame(topic: str, replicas: int = 1, partitions: int = 1) -> bytes:
    """A CreateTopics request."""
    name = topic.encode()
    body = struct.pack(">ih", 1, len(name)) + name
    body += struct.pack(">ihii", partitions, replicas, 0, 0)
    return _frame(
        19, CREATE_TOPICS_VERSION, body + struct.pack(">i?", 30_000, False), flexible=False
    )


def delete_topic_frame(topic: str) -> bytes:
    """A DeleteTopics request."""
    name = topic.encode()
    body = struct.pack(">ih", 1, len(name)) + name + struct.pack(">i", 30_000)
    return _frame(20, DELETE_TOPICS_VERSION, body, flexible=False)


class Connection:
    """One connection with one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self.socket.close()

    def call(self, frame: bytes) -> bytes:
        """Send one frame; the answer without its length."""
        self.socket.sendall(frame)
        data = self.socket.recv(65536)
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the broker closed the connection")
            data += more
        return data[4:]

    def create_topic(self, topic: str, replicas: int = 1, partitions: int = 1) -> int:
        """Create it; the error code."""
        reply = self.call(create_topic_frame(topic, replicas, partitions))
        # correlation id, throttle time, one topic, its name
        code: int = struct.unpack_from(">h", reply, 4 + 4 + 4 + 2 + len(topic.encode()))[0]
        return code

    def delete_topic(self, topic: str) -> None:
        """Delete it."""
        self.call(delete_topic_frame(topic))

    def produce(self, frame: bytes, code_at: int) -> int:
        """Send a Produce frame; the error code, whose place `code_at` names."""
        reply = self.call(frame)
        return int.from_bytes(reply[code_at : code_at + 2], "big", signed=True)


def produce_code_at(topic: str) -> int:
    """Where the error code stands in the answer to `produce_frame(topic, ...)`."""
    name = topic.encode()
    return 4 + 1 + 1 + len(_uvarint(len(name) + 1)) + len(name) + 1 + 4


def first_record(port: int, topic: str, deadline: float, pause: float = 0.002) -> None:
    """Keep trying until a broker on `port` has made the topic and acknowledged one record."""
    frame, code_at = produce_frame(topic, b"x" * 100), produce_code_at(topic)
    problem = "nobody listens"
    while time.monotonic() < deadline:
        try:
            connection = Connection(port)
        except OSError:
            time.sleep(pause)
            continue
        try:
            while time.monotonic() < deadline:
                code = connection.create_topic(topic)
                if code in (0, TOPIC_ALREADY_EXISTS):
                    code = connection.produce(frame, code_at)
                    if code == 0:
                        return
                problem = f"error code {code}"
                time.sleep(pause)
        except OSError as error:
            problem = str(error)
            time.sleep(pause)
        finally:
            connection.close()
    raise TimeoutError(f"no record was acknowledged on port {port}: {problem}")
