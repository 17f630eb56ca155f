"""The short way of a Produce: from the frame to the log and its reply without objects between.

It takes what nearly every producer sends: one sound batch of plain data for one partition without
followers, in a flexible version, to a topic whose settings look at no record. Whatever isn't so,
and everything that is an error, is None here and goes the long way, through `api/produce`, which
decides. So this way must refuse whatever the long one would treat in some other manner, and a new
feature of Produce is either refused here or built twice. `tests/broker/test_quick_produce.py` sends
both ways the same and compares answers and logs; `benchmarks/micro.py` shows the gain: what little
a request touches counts most, as a broker that has just been woken finds its caches cold.
"""

from __future__ import annotations

from struct import Struct, error
from typing import TYPE_CHECKING

from msklite.broker.topics import INTERNAL
from msklite.errors import KafkaError
from msklite.log.config import FOREVER
from msklite.wire.batch import (
    CRC_START,
    HEADER,
    MAGIC,
    MAX_CODEC,
    PREFIX_SIZE,
    BatchHeader,
)
from msklite.wire.crc import crc32c
from msklite.wire.frames import Frame
from msklite.wire.produce import read_one, reply_to_one

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_client_id = Struct(">h").unpack_from
_header = HEADER.unpack_from
_FLEXIBLE = 9
_SHORTEST = HEADER.size
"""No request with a batch is shorter than a batch's header."""


def quick(
    broker: Broker, view: memoryview, version: int, correlation_id: int, mono_ms: int, now_ms: int
) -> Frame | None:
    """The reply, once the batch is in the log; None: nothing was done, go the long way."""
    if version < _FLEXIBLE or len(view) < _SHORTEST:
        return None
    (size,) = _client_id(view, 8)
    pos = 11 + size if size > 0 else 11
    if pos >= len(view) or view[pos - 1]:
        return None
    one = read_one(view, pos, version)
    if one is None or one.end + 3 != len(view):
        return None
    if one.topic_id is None:
        name = str(view[one.name_begin + 1 : one.name_end], "utf-8", "replace")
    else:
        name = broker.image.topic_names.get(one.topic_id, "")
    partition = broker.replicas.get(name, one.partition)
    if (
        partition is None
        or not partition.is_leader
        or partition.followers is not None
        or len(partition.isr) < partition.min_isr
        or one.acks not in (-1, 1)
        or name in INTERNAL
    ):
        return None
    log = partition.log
    config = log.config
    records = view[one.begin : one.end]
    try:
        header = BatchHeader(*_header(records, 0))
    except error:
        return None
    length = header.length
    if (
        header.base_offset
        or length != len(records)
        or header.magic != MAGIC
        or not 0 <= header.attributes <= MAX_CODEC
        or header.last_offset_delta + 1 != header.count
        or header.count <= 0
        or (header.producer_id >= 0 and header.base_sequence < 0)
        or length > config.max_message_bytes
        or length > config.segment_bytes
        or not config.takes_any
        or config.flush_messages != FOREVER
        or header.max_timestamp > now_ms + config.message_timestamp_after_max_ms
        or crc32c(records[CRC_START:]) != header.crc
    ):
        return None
    before = bytes(records[: PREFIX_SIZE + 4])
    try:
        info = partition.append(records, [header], now_ms, mono_ms)
    except (KafkaError, OSError):
        records[: PREFIX_SIZE + 4] = before
        return None
    return Frame(
        reply_to_one(
            view, one, correlation_id, info.first_offset, info.append_time, log.start_offset
        )
    )
