"""The batch reader with arbitrary and with mutated bytes: BatchError, or a batch that is sound."""

from __future__ import annotations

import struct
from typing import Any

from crc32c import crc32c
from hypothesis import example, given, settings
from hypothesis import strategies as st

from msklite.errors import Code
from msklite.log.log import LogConfig
from msklite.log.validate import Rejected, validate_append
from msklite.wire.batch import (
    CRC_START,
    HEADER_SIZE,
    BatchError,
    batch_length,
    check_batch,
    check_batches,
    iter_headers,
)
from msklite.wire.records import Record, build_batch, iter_records

LIMIT = 1 << 20
_bytes = st.none() | st.binary(max_size=60)
_records = st.lists(
    st.builds(
        Record,
        timestamp=st.integers(0, 2**41),
        key=_bytes,
        value=_bytes,
        headers=st.lists(st.tuples(st.text(max_size=5), _bytes), max_size=3),
    ),
    min_size=1,
    max_size=8,
)
_batches = st.builds(
    lambda records, codec, producer, base: build_batch(
        records, compression=codec, base_offset=base, leader_epoch=3, producer_id=producer,
        producer_epoch=min(producer, 1), base_sequence=min(producer, 5),
    ),
    _records, st.integers(0, 4), st.sampled_from([-1, 9]), st.integers(0, 2**40),
)  # fmt: skip


def read_all(data: bytes) -> None:
    """Everything that reads batches gives what is there, or BatchError."""
    try:
        header = check_batch(data, 0, len(data), client=False)
    except BatchError as e:
        assert isinstance(e.code, Code) and e.text
        header = None
    else:
        assert HEADER_SIZE <= header.length == batch_length(data) <= len(data)
        assert header.crc == crc32c(data[CRC_START : header.length])
    total = 0
    for found in iter_headers(data):
        assert found.length >= HEADER_SIZE
        total += found.length
    assert total <= len(data)
    try:
        assert sum(h.length for h in check_batches(data)) <= len(data)
    except BatchError:
        pass
    if header is None:
        return
    try:
        records = list(iter_records(data, max_size=LIMIT))
    except BatchError:
        return
    assert len(records) == header.count


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
@example(b"")
@example(bytes(61))
@example(struct.pack(">qi", 0, -1) + bytes(80))
@example(struct.pack(">qi", 0, 2**31 - 1) + bytes(80))
def test_arbitrary_bytes(data: bytes) -> None:
    read_all(data)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_batches(data: st.DataObject) -> None:
    """Bytes changed, cut out, doubled; half of them with a checksum that is right again."""
    content = bytearray(data.draw(_batches))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        match data.draw(st.sampled_from(["set", "cut", "double", "insert"])):
            case "set":
                content[at : at + 1] = data.draw(st.binary(min_size=1, max_size=4))
            case "cut":
                del content[at : at + data.draw(st.integers(1, 20))]
            case "double":
                content[at:at] = content[at : at + 12]
            case _:
                content[at:at] = data.draw(st.binary(max_size=10))
    if len(content) >= HEADER_SIZE and data.draw(st.booleans()):
        struct.pack_into(">i", content, 8, len(content) - 12)
        content[16] = 2
        struct.pack_into(">I", content, 17, crc32c(bytes(content[CRC_START:])))
    read_all(bytes(content))


@settings(max_examples=200, deadline=None)
@given(_batches, st.integers(HEADER_SIZE, 10_000), st.binary(min_size=1, max_size=30))
def test_insides_that_are_nonsense_behind_a_right_checksum(
    batch: bytes, at: int, noise: bytes
) -> None:
    """As a client might send; every setting that makes us look inside says no or gives a batch."""
    content = bytearray(batch)
    at = min(at, len(content))
    content[at : at + len(noise)] = noise
    struct.pack_into(">q", content, 0, 0)
    struct.pack_into(">i", content, 8, len(content) - 12)
    struct.pack_into(">I", content, 17, crc32c(bytes(content[CRC_START:])))
    try:
        header = check_batch(content, 0, len(content))
    except BatchError:
        return
    choices: list[dict[str, Any]] = [
        {"compression_type": "gzip"},
        {"compression_type": "uncompressed"},
        {"cleanup_policy": "compact"},
        {"validate_records": True},
        {"timestamp_type": "LogAppendTime"},
    ]
    for config in choices:
        data = bytearray(content)
        header = check_batch(data, 0, len(data))
        try:
            out, header = validate_append(header, data, LogConfig(**config), 2**42)
        except (BatchError, Rejected):
            continue
        assert repr(check_batch(out, 0, len(out))) == repr(header)


@settings(max_examples=100, deadline=None)
@given(_records, st.integers(0, 4))
def test_what_is_built_is_read_back(records: list[Record], codec: int) -> None:
    data = build_batch(records, compression=codec)
    found = list(iter_records(data))
    assert [(r.timestamp, r.key, r.value, list(r.headers)) for r in found] == [
        (r.timestamp, r.key, r.value, list(r.headers)) for r in records
    ]
    assert [r.offset for r in found] == list(range(len(records)))
