"""Bad bytes against every generated reader: only MALFORMED errors, and no work for huge counts."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.wire.messages.fetch_request import FetchRequest
from msklite.wire.messages.list_groups_request import ListGroupsRequest
from msklite.wire.messages.metadata_request import MetadataRequest
from msklite.wire.primitives import MALFORMED, DecodeError, write_tags, write_uvarint
from tests.wire.samples import Case, cases

ALL = list(cases())
FLEXIBLE = [c for c in ALL if c.version >= c.cls.FLEXIBLE]


def unknown_tags(raw: bytes) -> bytes:
    """`raw`, which ends in an empty section of tagged fields, with two unknown ones in it."""
    assert raw[-1] == 0
    out = bytearray(raw[:-1])
    write_tags(out, [(9000, bytearray(b"from the future")), (2**31, bytearray())])
    return bytes(out)


@pytest.mark.parametrize("case", FLEXIBLE, ids=str)
def test_unknown_tagged_fields_are_skipped(case: Case) -> None:
    plain = case.cls().encode(case.version)
    marked = unknown_tags(plain)
    read, end = case.cls.read(marked, 0, case.version)
    assert end == len(marked)
    assert read == case.cls()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ALL), st.binary(max_size=200))
def test_arbitrary_bytes(case: Case, raw: bytes) -> None:
    try:
        read, end = case.cls.read(memoryview(raw), 0, case.version)
    except MALFORMED:
        return
    assert end <= len(raw)
    assert case.cls.read(read.encode(case.version), 0, case.version)[0] == read


def test_every_reader_survives_noise() -> None:
    rnd = random.Random(42)
    for case in ALL:
        for _ in range(5):
            raw = bytes(rnd.choice((0, 1, 2, 127, 255, rnd.randrange(256))) for _ in range(60))
            try:
                case.cls.read(raw, 0, case.version)
            except MALFORMED:
                pass


def test_huge_counts_cost_nothing() -> None:
    compact = bytearray()
    write_uvarint(compact, 2**32 - 1)
    tracemalloc.start()
    try:
        for raw, cls, version in (
            (b"\x7f\xff\xff\xff" + bytes(20), MetadataRequest, 1),
            (bytes(compact) + bytes(20), MetadataRequest, 12),
            (bytes(17) + b"\x7f\xff\xff\xff", FetchRequest, 4),
            (bytes(compact), ListGroupsRequest, 5),
        ):
            with pytest.raises(DecodeError):
                cls.read(raw, 0, version)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("count", [2**31 - 1, 100, -2])
def test_a_count_beyond_the_frame_is_refused(count: int) -> None:
    raw = (count & 0xFFFFFFFF).to_bytes(4, "big") + b"\0\1a" * 3
    if count < -1:
        # Kafka takes any negative length of a nullable array as null.
        assert MetadataRequest.read(raw + b"\0", 0, 1)[0].topics is None
        return
    with pytest.raises(MALFORMED):
        MetadataRequest.read(raw, 0, 1)
