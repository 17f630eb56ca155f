"""Faults of compaction."""

from __future__ import annotations

from typing import Any

from msklite.log import cleaner, tidying
from msklite.log.cleaned_segment import CleanedSegment
from msklite.log.keys import Kept, kept_records
from msklite.log.offset_map import OffsetMap
from msklite.log.segment import SWAP
from msklite.world import Storage
from tests.sim.faults.planting import Patch, fault


class _Newer(dict[bytes, int]):
    def get(self, key: bytes, default: Any = None) -> Any:
        return dict.get(self, key, 2**62)


@fault("a key without a newer record counts as if it had one")
def old_keys_are_cleaned_away() -> list[Patch]:
    def kept(body: bytes, header: Any, known: OffsetMap, *, deletes: bool) -> Kept:
        wrong = OffsetMap(known.slots)
        wrong.latest, wrong.offsets = known.latest, _Newer(known.offsets)
        return kept_records(body, header, wrong, deletes=deletes)

    return [(cleaner, "kept_records", kept)]


@fault(
    "a finished swap is thrown away by a start, with what it replaces half gone", first=31, faults=8
)
def swaps_are_forgotten() -> list[Patch]:
    def forget(storage: Storage, path: str, names: set[str]) -> None:
        for name in sorted(n for n in names if n.endswith(SWAP)):
            storage.remove(f"{path}/{name}")
            names.discard(name)

    return [(tidying, "_finish_swaps", forget)]


@fault("what replaces segments isn't synced before they go", faults=8)
def cleaned_segments_arent_synced() -> list[Patch]:
    original = CleanedSegment.finish

    def finish(self: CleanedSegment, aborted: Any) -> None:
        self._file.sync = lambda: None  # type: ignore[method-assign]
        original(self, aborted)

    return [(CleanedSegment, "finish", finish)]
