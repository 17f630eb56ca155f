"""Our generated codec against kio, an independent one made from the same version of Kafka.

For each message and version that both have: what we write, kio reads and writes again byte for
byte, and so do we.
"""

from __future__ import annotations

import pkgutil
import zlib
from collections import defaultdict
from io import BytesIO
from typing import Any

import pytest
from kio.index import KioIndexError, load_payload_module
from kio.schema.index import schema_name_map
from kio.serial import entity_reader, entity_writer
from kio.static.constants import EntityType

from msklite.wire.primitives import MALFORMED
from tests.wire.samples import Case, Sampler, cases

ROUNDS = 12
"""Random instances for each message and version."""

KIO_KIND = {
    "request": EntityType.request,
    "response": EntityType.response,
    "header": EntityType.header,
    "data": EntityType.data,
}


def kio_class(case: Case) -> Any:
    """kio's class for the case, or None."""
    kind = KIO_KIND.get(case.kind)
    if kind is None:
        return None
    if case.api_key is not None:
        try:
            module = load_payload_module(case.api_key, case.version, kind)
        except KioIndexError:
            return None
        return getattr(module, case.name, None)
    for versions in schema_name_map.values():
        path = versions.get(case.version, {}).get(kind, "")
        if path.endswith(f":{case.name}"):
            return pkgutil.resolve_name(path)
    return None


BY_NAME: dict[str, list[Case]] = defaultdict(list)
for _case in cases():
    BY_NAME[_case.name].append(_case)


KIO_LACKS: set[str] = set()
KIO_NAMES = sorted({c.name for c in cases() if c.kind in KIO_KIND and kio_class(c)})


@pytest.mark.parametrize("name", KIO_NAMES)
def test_kio_reads_what_we_write(name: str) -> None:
    for case in BY_NAME[name]:
        theirs = kio_class(case)
        if theirs is None:
            continue
        read, write = entity_reader(theirs), entity_writer(theirs)
        for i in range(ROUNDS):
            ours = Sampler(zlib.crc32(f"{case}/{i}".encode()), tame=True).sample(case)
            raw = ours.encode(case.version)
            again, end = case.cls.read(raw, 0, case.version)
            assert end == len(raw)
            assert again == ours, case
            assert again.encode(case.version) == raw
            entity, size = read(raw, 0)
            assert size == len(raw), case
            buffer = BytesIO()
            write(buffer, entity)
            assert buffer.getvalue() == raw, f"{case}: {ours}"


def test_kio_has_every_request_and_reply() -> None:
    missing = {str(c) for c in cases() if c.kind in ("request", "response") and not kio_class(c)}
    assert missing == KIO_LACKS


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_own_round_trip_at_the_edges_of_types(name: str) -> None:
    for case in BY_NAME[name]:
        for i in range(3):
            ours = Sampler(i * 7919 + case.version, tame=False).sample(case)
            raw = ours.encode(case.version)
            # A view into a longer buffer, as a connection hands it over.
            again, end = case.cls.read(memoryview(b"??" + raw), 2, case.version)
            assert end == len(raw) + 2
            assert again == ours, case


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_cut_is_refused(name: str) -> None:
    """A frame that ends early raises one of MALFORMED."""
    for case in BY_NAME[name]:
        raw = Sampler(case.version + 5, tame=False).sample(case).encode(case.version)
        for cut in sorted({0, 1, len(raw) // 3, len(raw) // 2, len(raw) - 1}):
            if 0 <= cut < len(raw):
                with pytest.raises(MALFORMED):
                    case.cls.read(memoryview(raw)[:cut], 0, case.version)
