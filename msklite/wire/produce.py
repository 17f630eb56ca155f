"""Produce's hand-written codec: the shape that nearly every request and reply has, in one step.

One topic with one partition in a flexible version, no transactional id, no unknown tags; a reply
without an error text or a new leader. Anything else, malformed bytes too, goes to the generated
code, which stays the judge: `tests/wire/test_produce.py` holds both against each other, and
`benchmarks/micro.py` shows what this saves.
"""

from __future__ import annotations

from struct import Struct, error

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

_begin = Struct(">xhib").unpack_from
_by_id = Struct(">16sbi").unpack_from
_by_name = Struct(">bi").unpack_from
_reply_by_id = Struct(">b16sbihqqqbbbbib").pack
_reply_row = Struct(">bihqqqbbbbib").pack
_ONE = 2
"""A compact array of one item begins with it."""


def read_request(buf: Buffer, pos: int, version: int) -> tuple[ProduceRequest, int]:
    """A ProduceRequest from its body's position on."""
    if version >= 9:
        try:
            found = _read_one(buf, pos, version)
        except (IndexError, error):
            found = None
        if found is not None:
            return found
    return ProduceRequest.read(buf, pos, version)


def _read_one(buf: Buffer, pos: int, version: int) -> tuple[ProduceRequest, int] | None:
    acks, timeout_ms, topics = _begin(buf, pos)
    if buf[pos] or topics != _ONE:
        return None
    pos += 8
    name = ""
    topic_id = ZERO_UUID
    if version >= 13:
        topic_id, partitions, index = _by_id(buf, pos)
        pos += 21
    else:
        size = buf[pos]
        if not 0 < size < 128:
            return None
        end = pos + size
        name = str(buf[pos + 1 : end], "utf-8", "replace")
        partitions, index = _by_name(buf, end)
        pos = end + 5
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
    end = pos + size - 1
    if size == 0 or buf[end : end + 3] != b"\0\0\0":  # no tags of partition, topic, request
        return None
    partition = PartitionProduceData(index, buf[pos:end])
    return ProduceRequest(
        None, acks, timeout_ms, [TopicProduceData(name, topic_id, [partition])]
    ), end + 3


def write_response(reply: ProduceResponse, out: bytearray, version: int) -> None:
    """Append the body of a reply."""
    topics = reply.responses
    if version >= 9 and len(topics) == 1 and not reply.node_endpoints:
        topic = topics[0]
        rows = topic.partition_responses
        if len(rows) == 1:
            row = rows[0]
            if (
                row.error_message is None
                and not row.record_errors
                and row.current_leader is DEFAULT_LeaderIdAndEpoch
            ):
                if version >= 13:
                    out += _reply_by_id(
                        _ONE, topic.topic_id, _ONE, row.index, row.error_code, row.base_offset,
                        row.log_append_time_ms, row.log_start_offset, 1, 0, 0, 0,
                        reply.throttle_time_ms, 0,
                    )  # fmt: skip
                    return
                out.append(_ONE)
                write_compact_string(out, topic.name)
                out += _reply_row(
                    _ONE, row.index, row.error_code, row.base_offset, row.log_append_time_ms,
                    row.log_start_offset, 1, 0, 0, 0, reply.throttle_time_ms, 0,
                )  # fmt: skip
                return
    reply.write(out, version)
