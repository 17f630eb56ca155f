"""What the parity test doesn't compare, each with its reason.

A mask hides a value and not that there is one: null, empty, 0 and -1 always stay visible. Values
that a script has named (`Talk.call_it`) are shown by name and so are compared: that the second
reply carries the same member id as the first is part of the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOW_FROM = 1_700_000_000_000
"""Times after this are the clock's; the scripts' own record times are all before it."""


@dataclass(frozen=True)
class Mask:
    """Fields that are masked, by name, in every reply."""

    fields: tuple[str, ...]
    reason: str


TEXTS = Mask(
    ("error_message", "batch_index_error_message", "documentation"),
    "texts for people: ours name the remedy and are written anew, only their presence is compared",
)
PLACES = Mask(
    ("cluster_id", "log_dir", "host", "port"),
    "each cluster has its own id, address and folders",
)
SIZES = Mask(
    ("total_bytes", "usable_bytes"),
    "the state of the disk at that moment",
)
COUNTERS = Mask(
    ("finalized_features_epoch",),
    "an offset in the metadata log, which holds other records before it (registrations, no-ops)",
)
IDS = Mask(
    ("topic_id", "producer_id", "session_id", "member_id", "leader"),
    "drawn at random or counted up; compared by the name that the script gave to each",
)
TIMES = Mask(
    (),
    f"any number from {NOW_FROM} (November 2023) up to 2^53 is the wall clock's",
)
MASKS = (TEXTS, PLACES, SIZES, COUNTERS, IDS, TIMES)

_TEXT_FIELDS = {*TEXTS.fields, "cluster_id", "log_dir", "host"}
_NUMBER_FIELDS = {"port", *SIZES.fields, *COUNTERS.fields, "session_id"}
_NAMED_NUMBERS = {"producer_id", "session_id"}
IN_ORDER = {"synonyms", "replica_nodes", "isr_nodes", "configuration_keys"}
"""Lists whose order means something, also where a reply's other lists are compared unordered."""


def masked(value: Any, names: Mapping[Any, str], key: str = "", *, unordered: bool = False) -> Any:
    """Plain data with the masked fields replaced and the named values by their names."""
    if isinstance(value, dict):
        return {k: masked(v, names, k, unordered=unordered) for k, v in value.items()}
    if isinstance(value, list):
        items = [masked(v, names, key, unordered=unordered) for v in value]
        return sorted(items, key=repr) if unordered and key not in IN_ORDER else items
    if isinstance(value, bytes | memoryview | bytearray):
        return _masked_bytes(bytes(value), names, key)
    if isinstance(value, str) and value:
        return names.get(value) or (f"<{key}>" if key in _TEXT_FIELDS else value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _masked_number(value, names, key)
    return value


def _masked_bytes(value: bytes, names: Mapping[Any, str], key: str) -> str:
    if len(value) == 16 and "id" in key:
        return names.get(value) or ("zero" if value == bytes(16) else "<id>")
    return value.hex()


def _masked_number(value: int, names: Mapping[Any, str], key: str) -> Any:
    if key in _NAMED_NUMBERS and value in names:
        return names[value]
    if key in _NUMBER_FIELDS and value not in (0, -1):
        return f"<{key}>"
    return "<now>" if NOW_FROM < value < 2**53 else value
