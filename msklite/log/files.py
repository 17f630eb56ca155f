"""What is done to a log's files: flushing, closing, moving, removing. `Log` is made of this.

Rules:
- Whoever owns the log calls it from one thread. What may take long runs in another: a `Flush`, the
  removal of garbage, `delete`.
- `recovery_point` says up to where the disk has it all; segments from there on are checked after a
  crash. Flushing is the owner's decision (`flush_wanted`).
"""

from __future__ import annotations

from msklite.log.checkpoints import EPOCHS
from msklite.log.config import LogConfig
from msklite.log.epochs import EpochCache
from msklite.log.flushing import Flush, files_between
from msklite.log.garbage import remove
from msklite.log.loading import LoadedLog
from msklite.log.producers import ProducerState
from msklite.log.segment import Segment
from msklite.world import Storage


class LogFiles:
    """See the module. Public attributes are for reading, but for `config`."""

    __slots__ = (
        "_epochs",
        "_flushes",
        "_garbage",
        "_snapshots",
        "_state",
        "_storage",
        "_unsynced",
        "config",
        "end_offset",
        "flushed_ms",
        "path",
        "recovery_point",
        "segments",
    )

    def __init__(
        self, storage: Storage, path: str, config: LogConfig, loaded: LoadedLog, now_ms: int
    ) -> None:
        self._storage = storage
        self.path = path
        self.config = config
        self.segments = loaded.segments
        self.end_offset = loaded.end_offset
        self.recovery_point = loaded.recovery_point
        self.flushed_ms = now_ms
        self._epochs: EpochCache | None = loaded.epochs
        self._flushes: list[Flush] = []
        self._garbage: list[Segment] = []
        self._snapshots = loaded.snapshots
        self._state: ProducerState | None = loaded.producers
        self._unsynced = loaded.unsynced

    @property
    def producer_state(self) -> ProducerState:
        """The producers at the log's end."""
        raise NotImplementedError

    def take_garbage(self) -> list[Segment]:
        """The segments set aside since the last call; see `garbage`."""
        taken, self._garbage = self._garbage, []
        return taken

    def collect(self) -> None:
        """Remove the files of segments set aside, here and now."""
        garbage = self.take_garbage()
        for segment in garbage:
            segment.drop()
        remove(self._storage, garbage)

    def flush_wanted(self, now_ms: int) -> int | None:
        """Up to which offset a rolled segment, flush.messages or flush.ms asks for a flush."""
        unflushed = self.end_offset - self.recovery_point
        if unflushed <= 0 or self._flushes:
            return None
        config = self.config
        if unflushed >= config.flush_messages or now_ms - self.flushed_ms >= config.flush_ms:
            return self.end_offset
        base = self.segments[-1].base_offset
        return base if self.recovery_point < base else None

    def begin_flush(self, now_ms: int, end: int | None = None) -> Flush:
        """Prepare to make all up to `end` (the log's) durable; see `flushing`."""
        end = self.end_offset if end is None else end
        epochs = self._epochs
        paths = list(self._unsynced)
        if epochs is not None and epochs.dirty:
            epochs.save()
            paths.append(epochs.path)
        files, begun = files_between(self.segments, self.recovery_point, end)
        self._unsynced = []
        if epochs is not None:
            epochs.dirty = False
        self.flushed_ms = now_ms
        folders = [self.path] if begun or paths else []
        if self.recovery_point <= self.segments[0].base_offset:
            # Nothing was ever flushed here: the name of the log's own folder may be new too.
            folders.append(self.path.rpartition("/")[0])
        flush = Flush(self._storage, end, files, paths, folders)
        self._flushes.append(flush)
        return flush

    def end_flush(self, flush: Flush) -> None:
        """The flush was run, well or not."""
        self._flushes.remove(flush)
        if flush.done:
            self.recovery_point = max(self.recovery_point, flush.end)
        else:
            self._unsynced += flush.paths

    def flush(self, now_ms: int | None = None) -> None:
        """Make everything durable, here and now."""
        flush = self.begin_flush(self.flushed_ms if now_ms is None else now_ms)
        try:
            flush.run()
        finally:
            self.end_flush(flush)

    def finish(self) -> None:
        """Write what a clean stop leaves: index entries, and the producers at the end."""
        if self.end_offset > self._snapshots.last:
            self._snapshots.take(self.end_offset, self.producer_state)
        for segment in self.segments:
            segment.finish()

    @property
    def unflushed(self) -> bool:
        """Whether a flush has anything to do."""
        dirty = self._epochs is not None and self._epochs.dirty
        return dirty or bool(self._unsynced) or self.recovery_point < self.end_offset

    def let_go(self) -> None:
        """Give the file handles back; nothing more is written."""
        for segment in self.segments:
            segment.drop()

    def close(self) -> None:
        """A clean stop: everything written and durable, garbage removed, files let go."""
        self.finish()
        if self.unflushed:
            self.flush()
        self.let_go()
        self.collect()

    def move(self, path: str) -> None:
        """Rename the log's folder, to be deleted later; replies under way may still read it."""
        self._storage.rename(self.path, path)
        for segment in [*self.segments, *self._garbage]:
            segment.moved(path)
        self._snapshots.moved(path)
        if self._epochs is not None:
            self._epochs.path = f"{path}/{EPOCHS}"
        self.path = path

    def delete(self) -> None:
        """Remove the folder with all files, after `move` and `let_go`; may run in any thread."""
        self._storage.remove_tree(self.path)
