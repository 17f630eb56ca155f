"""The metadata log on the disk: `log.Log` behind the small protocol that raft's shell needs.

    __cluster_metadata-0/
      00000000000000000000.log .index .timeindex     segments, as of any partition
      00000000000000001234.snapshot                   producer state (empty; Kafka wants the file)
      00000000000000001234-0000000007.checkpoint      see raft/snapshot
      leader-epoch-checkpoint  partition.metadata  quorum-state

Rules:
- Nothing here is trusted after a start: like Kafka's KafkaRaftLog, every segment from the newest
  checkpoint on is checked batch by batch, and a torn tail is cut. What lies before that checkpoint
  was on the disk when it was written.
- A sync makes records, indexes, epochs and the names of new segments durable; it runs in another
  thread while appends go on.
- A checkpoint begins a new segment, so that a start reads little and old segments can go (Kafka
  waits for the segment to be full). They go by metadata.max.retention.bytes and .ms: the oldest
  checkpoint and what is in no later one, as long as the total is too much or too old.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msklite.errors import UserError
from msklite.log.checkpoints import DamagedCheckpoint
from msklite.log.config import LogConfig
from msklite.log.flushing import Flush
from msklite.log.log import CorruptLog, Log
from msklite.raft import snapshot as snapshots
from msklite.raft.messages import OffsetEpoch
from msklite.wire.batch import HEADER_SIZE, batch_length, iter_headers
from msklite.wire.primitives import Buffer
from msklite.world import Storage, World

TOPIC = "__cluster_metadata"
TOPIC_ID = bytes(15) + b"\x01"
_FOREVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LogLimits:
    """Kafka's `metadata.log.*` and `metadata.max.*` settings that concern the files."""

    segment_bytes: int = 1024**3
    segment_ms: int = 7 * 24 * 3600 * 1000
    retention_bytes: int = 100 * 1024**2
    retention_ms: int = 7 * 24 * 3600 * 1000


class MetadataLog:
    """raft.log.RaftLog on `log.Log`."""

    def __init__(self, log: Log, now_ms: Callable[[], int]) -> None:
        self._log = log
        self._now_ms = now_ms

    @property
    def start_offset(self) -> int:
        return self._log.start_offset

    @property
    def end_offset(self) -> int:
        return self._log.end_offset

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return self._log.size

    def epochs(self) -> list[tuple[int, int]]:
        return self._log.epochs.entries

    def append(self, batch: Buffer) -> None:
        self._log.append_follower(batch, list(iter_headers(batch)), self._now_ms())

    def read(self, offset: int, max_bytes: int) -> bytes:
        """Of one segment at most: whoever wants more asks again."""
        if offset >= self.end_offset:
            return b""
        data = self._log.read(offset, max_bytes, self.end_offset, True).read()
        return data[: _whole(data)]

    def truncate(self, end_offset: int) -> None:
        self._log.truncate_to(end_offset)

    def restart_at(self, offset: int) -> None:
        self._log.truncate_fully(offset, self._now_ms())

    def roll(self) -> None:
        """Begin a new segment: a checkpoint holds what is in the old ones."""
        if self._log.segments[-1].size:
            self._log.roll(self._now_ms())

    def delete_before(self, offset: int) -> None:
        self._log.advance_start(offset)
        self._log.collect()

    def begin_sync(self) -> Flush:
        """Prepare a sync of what was appended until now; run it anywhere, then `end_sync`."""
        return self._log.begin_flush(self._now_ms())

    def end_sync(self, flush: Flush) -> None:
        """The sync was run, well or not."""
        self._log.end_flush(flush)

    def sync(self) -> None:
        """Both, here and now."""
        self._log.flush(self._now_ms())

    def close(self) -> None:
        self._log.close()


def _whole(data: bytes) -> int:
    """How much of `data` is whole batches."""
    pos, size = 0, len(data)
    while pos + HEADER_SIZE <= size:
        following = pos + batch_length(data, pos)
        if following > size:
            break
        pos = following
    return pos


def open_log(world: World, directory: str, limits: LogLimits) -> MetadataLog:
    """The metadata log in `directory`, made when there is none. UserError if it is damaged."""
    config = LogConfig(
        segment_bytes=limits.segment_bytes,
        segment_ms=limits.segment_ms,
        retention_bytes=-1,
        retention_ms=-1,
        max_message_bytes=limits.segment_bytes,
        producer_id_expiration_ms=_FOREVER,
    )
    found = snapshots.find(world.storage, directory)
    try:
        log = Log.open(
            world.storage, directory, TOPIC, 0, config,
            clean=False, recovery_point=found[-1].offset if found else 0, log_start_offset=0,
            now_ms=world.clock.now_ms(), topic_id=TOPIC_ID,
        )  # fmt: skip
    except (CorruptLog, DamagedCheckpoint) as e:
        raise UserError(f"can't open the metadata log: {e}") from None
    return MetadataLog(log, lambda: world.clock.now_ms())


def clean(
    storage: Storage, directory: str, log: MetadataLog, limits: LogLimits, now_ms: int
) -> list[OffsetEpoch]:
    """Let old checkpoints and segments go as the limits say; the checkpoints that are left.

    The newest checkpoint always stays, and the log from the oldest one left on.
    """
    ids = snapshots.find(storage, directory)
    sizes = [storage.size(f"{directory}/{snapshots.file_name(at)}") for at in ids]
    gone = 0
    while gone + 1 < len(ids):
        large = log.size + sum(sizes[gone:]) > limits.retention_bytes
        if not large and not _too_old(storage, directory, ids[gone], limits.retention_ms, now_ms):
            break
        gone += 1
        # First the log's start, then the file: a crash between them leaves one file too many.
        log.delete_before(ids[gone].offset)
    if not ids:
        return []
    return snapshots.delete_before(storage, directory, ids[gone])


def _too_old(storage: Storage, directory: str, at: OffsetEpoch, limit: int, now_ms: int) -> bool:
    if at.offset == 0:
        return True  # the first voters: every later checkpoint has them, and this one no data
    return now_ms - snapshots.last_log_time(storage, directory, at) > limit
