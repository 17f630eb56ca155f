"""Produce's hand-written codec: the shape that nearly every request and reply has, in one step.

One topic with one partition in a flexible version, no transactional id, no unknown tags; a reply
without an error text or a new leader. Anything else, malformed bytes too, goes to the generated
code, which stays the judge: `tests/wire/test_produce.py` holds both against each other, and
`benchmarks/micro.py` shows what this saves.
"""

from __future__ import annotations

from struct import Struct, error
from typing import NamedTuple

from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.produce_response import (
    DEFAULT_LeaderIdAndEpoch,
    ProduceResponse,
)
from msklite.wire.primitives import ZERO_UUID, Buffer, write_compact_string

_begin = Struct(">bhib").unpack_from
_by_id = Struct(">16sbi").unpack_from
_by_name = Struct(">bi").unpack_from
_head = Struct(">iibb").pack
_ROW = Struct(">bihqqqbbbbib")
_WHOLE = Struct(">iibb16sbihqqqbbbbib")
_row = _ROW.pack
_whole = _WHOLE.pack
_LENGTH = _WHOLE.size - 4
_ONE = 2
"""A compact array of one item begins with it."""


class One(NamedTuple):
    """A request for one partition: where in the frame its topic's name and its records are."""

    acks: int
    timeout_ms: int
    topic_id: bytes | None
    name_begin: int
    name_end: int
    partition: int
    begin: int
    end: int


def read_one(buf: Buffer, pos: int, version: int) -> One | None:
    """The parts of a request of the usual shape in a flexible version; else None."""
    try:
        transactional, acks, timeout_ms, topics = _begin(buf, pos)
        if transactional or topics != _ONE:
            return None
        pos += 8
        topic_id = None
        name_begin = name_end = pos
        if version >= 13:
            topic_id, partitions, index = _by_id(buf, pos)
            pos += 21
        else:
            size = buf[pos]
            if not 0 < size < 128:
                return None
            name_end = pos + size
            partitions, index = _by_name(buf, name_end)
            pos = name_end + 5
        if partitions != _ONE:
            return None
        size = buf[pos]
        pos += 1
        if size > 127:
            more = buf[pos]
            size += (more << 7) - 128
            pos += 1
            if more > 127:
                more = buf[pos]
                size += (more << 14) - (128 << 7)
                pos += 1
                if more > 127:
                    return None
    except (IndexError, error):
        return None
    end = pos + size - 1
    if size == 0 or buf[end : end + 3] != b"\0\0\0":  # no tags of partition, topic, request
        return None
    return One(acks, timeout_ms, topic_id, name_begin, name_end, index, pos, end)


def read_request(buf: Buffer, pos: int, version: int) -> tuple[ProduceRequest, int]:
    """A ProduceRequest from its body's position on."""
    one = read_one(buf, pos, version) if version >= 9 else None
    if one is None:
        return ProduceRequest.read(buf, pos, version)
    partition = PartitionProduceData(one.partition, buf[one.begin : one.end])
    if one.topic_id is None:
        name = str(buf[one.name_begin + 1 : one.name_end], "utf-8", "replace")
        topic = TopicProduceData(name, ZERO_UUID, [partition])
    else:
        topic = TopicProduceData("", one.topic_id, [partition])
    return ProduceRequest(None, one.acks, one.timeout_ms, [topic]), one.end + 3


def reply_to_one(
    buf: Buffer, one: One, correlation_id: int, base_offset: int, append_time: int, start: int
) -> bytes:
    """The whole frame that says that the records of `one` were taken."""
    if one.topic_id is not None:
        return _whole(
            _LENGTH, correlation_id, 0, _ONE, one.topic_id, _ONE, one.partition, 0, base_offset,
            append_time, start, 1, 0, 0, 0, 0, 0,
        )  # fmt: skip
    name = buf[one.name_begin : one.name_end]
    return b"".join((
        _head(6 + len(name) + _ROW.size, correlation_id, 0, _ONE), name,
        _row(_ONE, one.partition, 0, base_offset, append_time, start, 1, 0, 0, 0, 0, 0),
    ))  # fmt: skip


def write_response(reply: ProduceResponse, out: bytearray, version: int) -> None:
    """Append the body of a reply."""
    topics = reply.responses
    if version < 9 or len(topics) != 1 or reply.node_endpoints:
        reply.write(out, version)
        return
    topic = topics[0]
    row = topic.partition_responses[0] if len(topic.partition_responses) == 1 else None
    if (
        row is None
        or row.error_message is not None
        or row.record_errors
        or row.current_leader is not DEFAULT_LeaderIdAndEpoch
    ):
        reply.write(out, version)
        return
    out.append(_ONE)
    if version >= 13:
        out += topic.topic_id
    else:
        write_compact_string(out, topic.name)
    out += _row(
        _ONE, row.index, row.error_code, row.base_offset, row.log_append_time_ms,
        row.log_start_offset, 1, 0, 0, 0, reply.throttle_time_ms, 0,
    )  # fmt: skip
