"""Damaged requests of every API and version against a running broker.

Samples drawn from the schemas (every field with edge values) are sent as they are, and with bytes
flipped, cut, doubled, or overwritten by counts that can't be. The broker may answer or close; it
must do one of them, must not stumble over an exception that it doesn't know, and must go on serving
others. A failure prints its seed and the frame.
"""

from __future__ import annotations

import logging
import random
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from crc32c import crc32c
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from msklite.testing import LocalCluster
from msklite.wire.apis import APIS, Api
from msklite.wire.messages.metadata_request import MetadataRequest
from msklite.wire.messages.metadata_response import MetadataResponse
from tests.broker.test_bad_frames import dial, frame, read_frame, works
from tests.parity.batches import batch
from tests.wire.samples import Case, Sampler, cases

SEED = 20260101
ROUNDS = 60
REQUESTS = {
    (c.api_key, c.version): c for c in cases() if c.kind == "request" and c.api_key is not None
}
HUGE = (b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\xff\xff\xff\xff\x0f", b"\x7f\xff", b"\0\0\0\x7f")
NAMES = ("t", "u", "g", "h", "consumer", "range", "__consumer_offsets", "1", "segment.bytes")
SMALL = {"partitionindex", "index", "partition", "acks", "fetchoffset", "numpartitions", "count",
         "resourcetype", "maxwaitms", "minbytes", "replicationfactor", "producerepoch"}  # fmt: skip
MOMENT_S = 0.3
QUIET_S = 20.0


class Knowing(Sampler):
    """Draws names of things that exist as often as not, so that requests get past the door."""

    def __init__(self, seed: int, tame: bool, topic_ids: list[bytes]) -> None:
        super().__init__(seed, tame)
        self.topic_ids = topic_ids

    def _one(self, module: Any, f: Any, kind: str, common: Any, v: int, spec: Any) -> Any:
        if kind == "string" and self.rnd.random() < 0.6:
            return self.rnd.choice(NAMES)
        if kind == "uuid" and self.rnd.random() < 0.6:
            return self.rnd.choice(self.topic_ids)
        if kind == "records" and self.rnd.random() < 0.7:
            return damaged_batch(self.rnd)
        if f["name"].lower() in SMALL and self.rnd.random() < 0.7:
            return self.rnd.randrange(-1, 4)
        return super()._one(module, f, kind, common, v, spec)


def damaged_batch(rnd: random.Random) -> bytes:
    """A record batch that is sound, or nearly: a bit flipped, under a CRC that hides it or not."""
    producer = rnd.choice(((-1, -1, -1), (7, 0, rnd.randrange(3))))
    made = bytearray(
        batch(*(rnd.randbytes(rnd.randrange(20)) for _ in range(3)), producer=producer)
    )
    if rnd.random() < 0.5:
        made[rnd.randrange(len(made))] ^= 1 << rnd.randrange(8)
        if rnd.random() < 0.7:
            made[17:21] = crc32c(bytes(made[21:])).to_bytes(4, "big")
    return bytes(made)


class Stumbles(logging.Handler):
    """Collects what the broker logs as its own failure."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = logging.Formatter().format(record)
        if "__consumer_offsets can't be created" not in said:  # settings are altered here too
            self.records.append(said)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    config = {"socket.request.max.bytes": "1000000", "auto.create.topics.enable": "false"}
    with LocalCluster(storage="memory", config=config) as c:
        admin = KafkaAdminClient(bootstrap_servers=c.bootstrap_servers)
        admin.create_topics([NewTopic("t", 3, 1), NewTopic("u", 1, 1)])
        admin.close()
        yield c


@pytest.fixture(scope="module")
def topic_ids(cluster: LocalCluster) -> list[bytes]:
    with dial(cluster) as sock:
        head = struct.pack(">hhih", 3, 12, 1, -1) + b"\0"
        everything = MetadataRequest()
        everything.topics = None
        sock.sendall(frame(head + everything.encode(12)))
        reply, _ = MetadataResponse.read(read_frame(sock), 5, 12)
        return [t.topic_id for t in reply.topics]


@pytest.fixture
def stumbles() -> Iterator[Stumbles]:
    handler = Stumbles()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def request(api: Api, case: Case, body: bytes, correlation: int) -> bytes:
    head = struct.pack(">hhih", api.key, case.version, correlation, 4) + b"fuzz"
    return head + (b"\0" if case.version >= api.flexible else b"") + body


def damage(rnd: random.Random, raw: bytes) -> bytes:
    """One of several small disasters; the fixed part of the header stays."""
    keep, body = raw[:8], bytearray(raw[8:])
    for _ in range(rnd.choice((0, 1, 1, 2, 5))):
        at = rnd.randrange(len(body) + 1)
        kind = rnd.randrange(6)
        if kind == 0:
            del body[at:]
        elif kind == 1 and at < len(body):
            body[at] ^= 1 << rnd.randrange(8)
        elif kind == 2:
            huge = rnd.choice(HUGE)
            body[at : at + len(huge)] = huge
        elif kind == 3:
            body[at:at] = rnd.randbytes(rnd.randrange(1, 9))
        elif kind == 4:
            body[at:at] = body[at : at + rnd.randrange(1, 40)]
        elif at < len(body):
            body[at] = rnd.choice((0, 1, 127, 128, 255))
    return keep + bytes(body)


def last_words(sock: socket.socket) -> None:
    """Give it a moment to answer (some requests may wait for hours), then half-close and read to
    the end: the broker closes, and never hangs."""
    sock.settimeout(MOMENT_S)
    try:
        sock.recv(1 << 16)
    except OSError:
        pass
    sock.settimeout(QUIET_S)
    try:
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1 << 16):
            pass
    except (ConnectionResetError, BrokenPipeError, OSError) as e:
        assert not isinstance(e, TimeoutError), "the broker neither answered nor closed"


@pytest.mark.parametrize("key", APIS, ids=lambda key: APIS[key].name)
def test_damaged_requests_of_every_version(
    cluster: LocalCluster, topic_ids: list[bytes], stumbles: Stumbles, key: int
) -> None:
    api = APIS[key]
    rnd = random.Random(f"{SEED}-{key}")
    with dial(cluster) as other:
        assert works(other)
        for version in range(api.lowest, api.highest + 1):
            case = REQUESTS[key, version]
            for i in range(ROUNDS):
                seed = rnd.randrange(1 << 30)
                sample = Knowing(seed, i % 2 == 0, topic_ids).sample(case)
                raw = request(api, case, sample.encode(version), i)
                if i >= 2:
                    raw = damage(rnd, raw)
                with dial(cluster) as sock:
                    sock.settimeout(QUIET_S)
                    try:
                        sock.sendall(frame(raw))
                    except OSError:
                        pass
                    last_words(sock)
                assert not stumbles.records, f"{case} seed {seed} {raw!r}\n{stumbles.records[0]}"
        assert works(other)


def test_a_stream_of_damaged_requests_on_few_connections(
    cluster: LocalCluster, topic_ids: list[bytes], stumbles: Stumbles
) -> None:
    """Pipelined, split anywhere, with replies unread until the end."""
    rnd = random.Random(SEED)
    keys = [k for k in REQUESTS if k[0] in APIS]
    for _ in range(40):
        stream = b""
        for i in range(20):
            key, version = rnd.choice(keys)
            api = APIS[key]
            if not api.lowest <= version <= api.highest:
                continue
            sample = Knowing(rnd.randrange(1 << 30), True, topic_ids).sample(REQUESTS[key, version])
            raw = request(api, REQUESTS[key, version], sample.encode(version), i)
            stream += frame(damage(rnd, raw) if rnd.random() < 0.2 else raw)
        with dial(cluster) as sock:
            sock.settimeout(QUIET_S)
            try:
                while stream:
                    n = rnd.randrange(1, 4000)
                    sock.sendall(stream[:n])
                    stream = stream[n:]
            except OSError:
                pass
            last_words(sock)
        assert not stumbles.records, stumbles.records[0]
    with dial(cluster) as sock:
        assert works(sock)
