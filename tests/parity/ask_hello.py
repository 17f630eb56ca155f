"""ApiVersions, the cluster's description, and frames that are no requests."""

from __future__ import annotations

import struct

from msklite.wire.messages.api_versions_request import ApiVersionsRequest
from msklite.wire.messages.describe_cluster_request import DescribeClusterRequest
from msklite.wire.messages.describe_topic_partitions_request import (
    Cursor,
    DescribeTopicPartitionsRequest,
    TopicRequest,
)
from msklite.wire.messages.metadata_request import MetadataRequest
from msklite.wire.primitives import Message
from tests.parity.shapes import STRANGE, make_topic, metadata, wait_for
from tests.parity.talk import Talk, frame

ALL_VERSIONS = range(5)


def api_versions(talk: Talk) -> None:
    client = {"client_software_name": "parity", "client_software_version": "1.0"}
    for version in ALL_VERSIONS:
        reply = talk.ask(f"all v{version}", ApiVersionsRequest(**client), version, quiet=True)
        talk.note(
            f"ranges v{version}",
            {k.api_key: [k.min_version, k.max_version] for k in reply.api_keys},
        )
        talk.note(
            f"order v{version}", reply.api_keys == sorted(reply.api_keys, key=lambda k: k.api_key)
        )
        rest = reply.plain()
        for gone in ("api_keys", "supported_features", "finalized_features"):
            del rest[gone]
        talk.note(f"rest v{version}", rest)
        for kind in ("supported_features", "finalized_features"):
            found = {f.name: f.plain() for f in getattr(reply, kind)}
            talk.note(f"{kind} v{version}", found)
    for name in ("", " ", "a b", "-x", "x-", "good.name-1", "ünicode", "x" * 300):
        talk.ask(f"name {name[:12]!r}", ApiVersionsRequest(name, "1.0"), 4) if name in BAD else None
        if name not in BAD:
            ok = talk.ask("ok", ApiVersionsRequest(name, "1.0"), 4, quiet=True)
            talk.note(f"name {name[:12]!r}", ok.error_code)
    talk.ask("version of the client is bad", ApiVersionsRequest("ok", "1 0"), 3)
    body = ApiVersionsRequest(**client).encode(3)
    for version in (5, 99, -1):
        raw = frame(18, version, 7, body, True)
        talk.raw(f"ApiVersions v{version}", raw)


BAD = ("", " ", "a b", "-x", "x-", "ünicode")


def frames(talk: Talk) -> None:
    """Each on a connection of its own; Kafka closes it without an answer."""
    ok = frame(3, 1, 1, b"\0\0\0\0", False)
    talk.raw("HTTP request", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    talk.raw("garbage", bytes(range(200, 256)) * 4)
    talk.raw("length is negative", struct.pack(">i", -1) + b"xxxx")
    talk.raw("length 0", struct.pack(">i", 0), half_close=True)
    talk.raw("length is 2 GiB", struct.pack(">i", 2**31 - 1))
    talk.raw("longer than socket.request.max.bytes", struct.pack(">i", 104857601) + b"\0\3\0\1")
    talk.raw("header cut", struct.pack(">i", 6) + b"\0\3\0\1\0\0")
    talk.raw("header without client id", struct.pack(">ihhi", 8, 3, 1, 5))
    talk.raw("client id runs out", struct.pack(">ihhih", 10, 3, 1, 5, 50))
    talk.raw("body cut", frame(3, 1, 1, b"\0\0\0\5\0\3ab", False))
    talk.raw(
        "body is longer than the message",
        frame(3, 1, 1, b"\0\0\0\0\1\2\3", False),
        replies=((1, metadata(), 1),),
    )
    talk.raw("huge array", frame(3, 1, 1, b"\x7f\xff\xff\xff\0\1a", False))
    talk.raw("api key 999", frame(999, 0, 1, b"", False))
    talk.raw("api key -1", frame(-1, 0, 1, b"", False))
    talk.raw("controller's API", frame(62, 0, 1, bytes(40), True))
    talk.raw("LeaderAndIsr, gone in 4.0", frame(4, 0, 1, bytes(40), False))
    talk.raw("Metadata v99", frame(3, 99, 1, b"\0", True))
    talk.raw("Metadata v-1", frame(3, -1, 1, b"\0", False))
    talk.raw("Produce v2", frame(0, 2, 1, bytes(12), False))
    talk.raw("Fetch v3", frame(1, 3, 1, bytes(20), False))
    talk.raw("CreateTopics v1", frame(19, 1, 1, bytes(20), False))
    talk.raw("frame cut by the client", ok[:-2], half_close=True)
    talk.raw("nothing", b"", half_close=True)
    talk.ask("another client is fine", metadata("nope"), 4)
    tagged(talk)
    pipelines(talk, ok)


def tagged(talk: Talk) -> None:
    """Tagged fields that nobody knows are passed over (KIP-482)."""
    unknown = b"\1\x63\3abc"  # one field, tag 99, three bytes

    def flexible_frame(header_tags: bytes, body: bytes, number: int) -> bytes:
        raw = struct.pack(">hhih", 3, 12, number, 1) + b"p" + header_tags + body
        return struct.pack(">i", len(raw)) + raw

    request = metadata("nope")
    body = request.encode(12)
    assert body.endswith(b"\0"), "the section of tagged fields is empty"
    with_tags = body[:-1] + unknown
    for step, raw in {
        "unknown tag in the header": flexible_frame(unknown, body, 1),
        "unknown tag in the body": flexible_frame(b"\0", with_tags, 1),
        "unknown tags in both": flexible_frame(unknown, with_tags, 1),
        "a tag twice": flexible_frame(b"\0", body[:-1] + b"\2\x63\1a\x63\1b", 1),
        "tags out of order": flexible_frame(b"\0", body[:-1] + b"\2\x63\1a\x62\1b", 1),
    }.items():
        talk.raw(step, raw, replies=((1, request, 12),))
    talk.raw("tag runs past the end", flexible_frame(b"\0", body[:-1] + b"\1\x63\x7fabc", 1))
    talk.raw(
        "header's tag runs past the end",
        struct.pack(">ihhih", 15, 3, 12, 1, 1) + b"p" + b"\1\x63\x7f\1",
    )


def pipelines(talk: Talk, ok: bytes) -> None:
    """Several frames in one write are answered in order."""
    request = metadata()
    second = ok[:8] + struct.pack(">i", 2) + ok[12:]
    talk.raw("two requests at once", ok + second, replies=((1, request, 1), (2, request, 1)))
    talk.raw(
        "a good and an unknown API",
        ok + frame(999, 0, 2, b"", False),
        replies=((1, request, 1), (2, request, 1)),
    )


def metadata_area(talk: Talk) -> None:
    one = make_topic(talk, "meta-one", 3)
    make_topic(talk, "meta-two", 1)
    for version in range(14):
        talk.ask(f"one v{version}", metadata("meta-one"), version, unordered=True)
        if version >= 4:  # before it, the client can't but have topics created
            talk.ask(f"unknown v{version}", metadata("meta-unknown"), version)
    for version in (0, 1, 5, 9, 12, 13):
        everything = MetadataRequest()
        if version:
            everything.topics = None
        reply = talk.ask("all", everything, version, quiet=True)
        found = {t.name: t for t in reply.topics}
        for name in ("meta-one", "meta-two"):
            found[name].partitions.sort(key=lambda p: p.partition_index)
            talk.note(f"all v{version}, {name}", found[name].plain())
    for version in (1, 12):
        talk.ask(f"none v{version}", metadata(), version)
    names = ("bad name", "", ".", "..", "x" * 250, "ok" * 124, "a/b", "grün", "a_b.c-d", "a\0b")
    for name in names:
        talk.ask(f"name {name[:10]!r}", metadata(name), 12)
    for version in (10, 11, 12, 13):
        talk.ask(f"by id v{version}", metadata(one), version, unordered=True)
        talk.ask(f"by unknown id v{version}", metadata(STRANGE), version)
    talk.ask("by zero id", metadata(bytes(16)), 12)
    for version in (4, 12):
        name = f"meta-auto-{version}"
        talk.ask(f"auto creation v{version}", metadata(name, auto=True), version)
        wait_for(talk, name)
        talk.ask(f"auto creation, later, v{version}", metadata(name, auto=True), version)
    talk.ask("auto creation, v0", metadata("meta-auto-0"), 0)
    wait_for(talk, "meta-auto-0")
    talk.ask("auto creation, bad name", metadata("bad name", auto=True), 12)
    talk.ask("twice the same", metadata("meta-one", "meta-one"), 12, unordered=True)
    talk.ask("good and bad", metadata("meta-two", "bad name", "nope"), 12, unordered=True)
    both = metadata(one)
    assert both.topics is not None
    both.topics[0].name = "meta-one"
    talk.ask("id and name", both, 12, unordered=True)
    talk.ask("ids and names", metadata("meta-one", one), 12, unordered=True)
    rights = metadata("meta-one")
    rights.include_topic_authorized_operations = True
    talk.ask("topic operations", rights, 9, unordered=True)
    talk.ask("topic operations", rights, 13, unordered=True)
    for name in ("meta-none", "bad name", ""):
        rights = metadata(name)
        rights.include_topic_authorized_operations = True
        talk.ask(f"topic operations of {name!r}", rights, 9)
    rights = metadata(STRANGE)
    rights.include_topic_authorized_operations = True
    talk.ask("topic operations of an unknown id", rights, 13)
    talk.ask("neither name nor id beside an id", metadata(one, bytes(16)), 12, unordered=True)
    cluster = metadata("meta-one")
    cluster.include_cluster_authorized_operations = True
    talk.ask("cluster operations", cluster, 9, unordered=True)


def cluster(talk: Talk) -> None:
    for version in (0, 1, 2):
        talk.ask("brokers", DescribeClusterRequest(), version)
        talk.ask(
            "operations",
            DescribeClusterRequest(include_cluster_authorized_operations=True),
            version,
        )
    for kind in (2, 0, 3, -1):
        talk.ask(f"endpoint type {kind}", DescribeClusterRequest(endpoint_type=kind), 1)
    talk.ask("fenced too", DescribeClusterRequest(include_fenced_brokers=True), 2)


def topic_partitions(talk: Talk) -> None:
    make_topic(talk, "dtp-a", 3)
    make_topic(talk, "dtp-b", 2)

    def asked(*names: str, limit: int = 2000, cursor: Cursor | None = None) -> Message:
        return DescribeTopicPartitionsRequest(
            topics=[TopicRequest(n) for n in names], response_partition_limit=limit, cursor=cursor
        )

    for step, request in {
        "one": asked("dtp-a"),
        "two, asked backwards": asked("dtp-b", "dtp-a"),
        "unknown": asked("dtp-none"),
        "unknown between": asked("dtp-a", "dtp-aa", "dtp-b"),
        "bad name": asked("bad name"),
        "limit 2": asked("dtp-a", "dtp-b", limit=2),
        "limit 3": asked("dtp-a", "dtp-b", limit=3),
        "limit 4": asked("dtp-a", "dtp-b", limit=4),
        "limit 0": asked("dtp-a", limit=0),
        "limit -1": asked("dtp-a", limit=-1),
        "from cursor": asked("dtp-a", "dtp-b", cursor=Cursor("dtp-a", 1)),
        "cursor on b": asked("dtp-a", "dtp-b", cursor=Cursor("dtp-b", 1)),
        "cursor past the end": asked("dtp-a", cursor=Cursor("dtp-a", 9)),
        "cursor negative": asked("dtp-a", cursor=Cursor("dtp-a", -1)),
        "cursor on a topic that wasn't asked": asked("dtp-b", cursor=Cursor("dtp-a", 1)),
        "cursor on unknown": asked("dtp-a", cursor=Cursor("zzz", 0)),
        "twice": asked("dtp-a", "dtp-a"),
        "empty name": asked(""),
        "empty name beside another": asked("dtp-a", ""),
        "cursor on an empty name": asked("dtp-a", cursor=Cursor("", 0)),
        "empty name, cursor on another": asked("", cursor=Cursor("dtp-a", 0)),
        "empty name before the cursor": asked("", "dtp-a", cursor=Cursor("dtp-a", 0)),
        "two, limit 1": asked("dtp-a", "dtp-b", limit=1),
        "unknown first, limit 1": asked("dtp-a", "aaa", limit=1),
        "empty name first, limit 1": asked("dtp-a", "", limit=1),
        "empty name and more, limit 2": asked("dtp-a", "", limit=2),
    }.items():
        talk.ask(step, request, 0)


AREAS = {
    "hello": api_versions,
    "frames": frames,
    "metadata": metadata_area,
    "cluster": cluster,
    "topic-partitions": topic_partitions,
}
