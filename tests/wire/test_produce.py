"""The hand-written codec of Produce says what the generated one says, whatever the shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.produce_response import (
    BatchIndexAndErrorMessage,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)
from msklite.wire.primitives import MALFORMED
from msklite.wire.produce import read_request, write_response

INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
VERSIONS = st.integers(*ProduceRequest.VERSIONS)
TEXT = st.text(max_size=200)
SIZES = st.sampled_from([0, 1, 61, 125, 126, 127, 128, 16_381, 16_382, 16_383, 2_097_150])
RECORDS = st.none() | st.binary(max_size=100) | SIZES.map(bytes)


def _few(items: st.SearchStrategy[object]) -> st.SearchStrategy[list[object]]:
    """Most often one, as in life."""
    return st.lists(items, min_size=1, max_size=1) | st.lists(items, max_size=3)


REQUESTS = st.builds(
    ProduceRequest,
    st.none() | TEXT,
    st.integers(-1, 1),
    INT32,
    _few(
        st.builds(
            TopicProduceData,
            TEXT,
            st.binary(min_size=16, max_size=16),
            _few(st.builds(PartitionProduceData, INT32, RECORDS)),
        )
    ),
)
ROWS = st.builds(
    PartitionProduceResponse,
    INT32,
    st.integers(-1, 120),
    INT64,
    INT64,
    INT64,
    st.just([]) | st.lists(st.builds(BatchIndexAndErrorMessage, INT32, st.none() | TEXT)),
    st.none() | TEXT,
)
RESPONSES = st.builds(
    ProduceResponse,
    _few(st.builds(TopicProduceResponse, TEXT, st.binary(min_size=16, max_size=16), _few(ROWS))),
    INT32,
    st.just([]) | st.lists(st.builds(NodeEndpoint, INT32, TEXT, INT32, st.none() | TEXT)),
)


def _outcome(read: object, data: memoryview, pos: int, version: int) -> object:
    try:
        request, end = read(data, pos, version)  # type: ignore[operator]
    except MALFORMED:
        return "malformed"
    return request, end


@given(REQUESTS, VERSIONS, st.integers(0, 3))
def test_requests(request: ProduceRequest, version: int, pos: int) -> None:
    data = memoryview(bytes(pos) + request.encode(version))
    read = read_request(data, pos, version)
    assert read == ProduceRequest.read(data, pos, version)
    assert read[1] == len(data)


@given(REQUESTS, VERSIONS, st.data())
def test_damaged_requests(request: ProduceRequest, version: int, data: st.DataObject) -> None:
    raw = bytearray(request.encode(version))
    at = data.draw(st.integers(0, min(len(raw), 60) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    view = memoryview(raw)[: data.draw(st.integers(0, len(raw)) | st.just(len(raw)))]
    assert _outcome(read_request, view, 0, version) == _outcome(
        ProduceRequest.read, view, 0, version
    )


@pytest.mark.parametrize("version", range(9, ProduceRequest.VERSIONS[1] + 1))
def test_unknown_tags_are_skipped(version: int) -> None:
    request = ProduceRequest(None, -1, 5, [TopicProduceData("a", b"i" * 16)])
    request.topic_data[0].partition_data = [PartitionProduceData(0, b"records")]
    tagged = request.encode(version)[:-1] + b"\x01\x63\x02hi"
    assert read_request(memoryview(tagged), 0, version) == ProduceRequest.read(
        memoryview(tagged), 0, version
    )


@given(RESPONSES, VERSIONS, st.booleans())
def test_replies(reply: ProduceResponse, version: int, moved: bool) -> None:
    if moved and reply.responses and reply.responses[0].partition_responses:
        row = reply.responses[0].partition_responses[0]
        row.current_leader = LeaderIdAndEpoch(leader_id=3, leader_epoch=4)
    out = bytearray(b"head")
    write_response(reply, out, version)
    assert out == b"head" + reply.encode(version)
