"""Kafka's text checkpoints: a version line (0), a count line, then one line an entry.

`topic partition offset`: replication-offset-checkpoint (high watermarks),
recovery-point-offset-checkpoint, log-start-offset-checkpoint, cleaner-offset-checkpoint.
`epoch start-offset`: leader-epoch-checkpoint. An empty file is an empty checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msklite.errors import UserError
from msklite.world import Storage

REPLICATION = "replication-offset-checkpoint"
RECOVERY_POINT = "recovery-point-offset-checkpoint"
LOG_START = "log-start-offset-checkpoint"
CLEANER = "cleaner-offset-checkpoint"
EPOCHS = "leader-epoch-checkpoint"


class DamagedCheckpoint(UserError):
    """A checkpoint file that isn't one; the sentence names it."""


def read_lines(storage: Storage, path: str) -> list[list[str]]:
    """The entries, split at spaces; none where there is no file. DamagedCheckpoint otherwise."""
    try:
        data = storage.read(path)
    except FileNotFoundError:
        return []
    if not data:
        return []
    try:
        version, count, *rest = data.decode("ascii").splitlines()
        entries = [line.split(" ") for line in rest]
        # Without its last line feed it was cut short, maybe inside a number.
        if int(version) == 0 and int(count) == len(entries) and data.endswith(b"\n"):
            return entries
    except ValueError:
        pass
    raise DamagedCheckpoint(f"{path} is damaged: it is no checkpoint of version 0.")


def write_lines(storage: Storage, path: str, lines: Iterable[str], *, sync: bool = True) -> None:
    """Replace the checkpoint atomically."""
    rows = list(lines)
    text = "\n".join(["0", str(len(rows)), *rows, ""])
    storage.write(path, text.encode("ascii"), sync=sync)


def read_offsets(storage: Storage, path: str) -> dict[tuple[str, int], int]:
    """(topic, partition) to offset."""
    try:
        rows = read_lines(storage, path)
        return {(topic, int(index)): int(offset) for topic, index, offset in rows}
    except ValueError:
        raise DamagedCheckpoint(f"{path} is damaged: an entry has the wrong form.") from None


def write_offsets(
    storage: Storage, path: str, offsets: Mapping[tuple[str, int], int], *, sync: bool = True
) -> None:
    """Replace the checkpoint of (topic, partition) to offset."""
    rows = (f"{topic} {index} {offset}" for (topic, index), offset in offsets.items())
    write_lines(storage, path, rows, sync=sync)
