"""Requests drawn from a seed: what nobody thought of.

Drawn from the schemas, with values that have a chance to mean something here. Left out are
requests that change metadata (their effect shows a moment later), that wait for others, or whose
answers hold the whole cluster's state; the scripts ask those.
"""

from __future__ import annotations

import random
from typing import Any

from msklite.wire.apis import APIS
from tests.parity.batches import T0, batch
from tests.parity.group_shapes import commit, ready
from tests.parity.shapes import STRANGE, fill, fill_ready, make_topic
from tests.parity.talk import Talk
from tests.wire.samples import Case, Sampler, cases

SEED = 42
REQUESTS = 400
ASKED = (1, 2, 3, 8, 9, 10, 12, 13, 15, 21, 23, 32, 34, 35, 42, 43, 46, 47, 57, 60, 61, 75)
TOPICS = ("r-one", "r-two", "r-none", "bad name", "")
GROUPS = ("g-random", "g-none", "")
STRINGS: dict[str, tuple[str, ...]] = {
    "resourcename": ("r-one", "r-none", "1", "", "99", "g-random"),
    "configurationkeys": ("retention.ms", "cleanup.policy", "no.such"),
    "memberid": ("", "m"),
    "path": ("/no/such", "x", ""),
    "key": GROUPS,
    "coordinatorkeys": GROUPS,
    "groups": GROUPS,
    "groupsnames": GROUPS,
}
NUMBERS: dict[str, tuple[int, ...]] = {
    "maxwaitms": (-1, 0, 1, 30),
    "timeoutms": (100, 5000),
    "timestamp": (-1, -2, -3, -4, -5, -6, -7, 0, T0, T0 + 1),
    "resourcetype": (2, 2, 16, 32, 4, 8, 0, 77, 1),
    "isolationlevel": (0, 1),
    "replicaid": (-1,),
    "sessionid": (0, 0, 7),
    "keytype": (0, 0, 0, 3, 2),
    "endpointtype": (1, 1, 2, 0),
    "electiontype": (0, 1, 2),
}


class Likely(Sampler):
    """Draws values that this cluster knows, or nearly knows."""

    def __init__(self, seed: int, ids: tuple[bytes, ...]) -> None:
        super().__init__(seed, tame=True)
        self._ids = ids

    def _one(self, module: Any, f: Any, kind: str, common: Any, v: int, spec: Any) -> Any:
        name = f["name"].lower()
        if kind == "uuid":
            return self.rnd.choice(self._ids)
        if kind != "string":
            return super()._one(module, f, kind, common, v, spec)
        if name in STRINGS:
            return self.rnd.choice(STRINGS[name])
        if f.get("entityType") == "topicName" or name in ("topic", "topicname", "name"):
            return self.rnd.choice(TOPICS)
        if f.get("entityType") == "groupId" or "group" in name:
            return self.rnd.choice(GROUPS)
        return self.rnd.choice(("", "a", "x y"))

    def _int(self, name: str, kind: str) -> int:
        name = name.lower()
        if name in NUMBERS:
            return self.rnd.choice(NUMBERS[name])
        if name.startswith("partition") and "bytes" not in name:
            return self.rnd.choice((0, 0, 1, 2, 9, -1))
        if "offset" in name:
            return self.rnd.choice((0, 1, 2, 3, 5, -1, -2, 77))
        if "epoch" in name or "generation" in name:
            return self.rnd.choice((-1, -1, 0, 0, 1, 5))
        if "bytes" in name:
            return self.rnd.choice((0, 1, 100, 1 << 20))
        return super()._int(name, kind)


def drawn(talk: Talk) -> None:
    ids = []
    for topic in ("r-one", "r-two"):
        ids.append(make_topic(talk, topic, 2))
        fill(talk, topic, batch(b"a", b"b"), batch(b"c"))
        fill_ready(talk, topic, 1)
        fill(talk, topic, partition=1)
    ready(talk, "g-random")
    talk.ask("an offset", commit("g-random", "r-one", 2), 8)
    rnd = random.Random(SEED)
    kinds = [c for c in cases() if c.kind == "request" and _served(c)]
    for i in range(REQUESTS):
        case = rnd.choice(kinds)
        request = Likely(rnd.randrange(1 << 30), (*ids, STRANGE)).sample(case)
        if _fits(case, request):
            talk.ask(f"{i} {case}", request, case.version, unordered=True)


def _served(case: Case) -> bool:
    api = APIS.get(-1 if case.api_key is None else case.api_key)
    return api is not None and api.key in ASKED and api.lowest <= case.version <= api.highest


def _fits(case: Case, request: Any) -> bool:
    """Whether the answer is about this script's topics only, and nothing is changed by it."""
    if case.api_key == 3:
        request.allow_auto_topic_creation = False
        return bool(request.topics) and case.version >= 4
    if case.api_key == 57:
        request.validate_only = True
        return case.version >= 1
    if case.api_key == 32:
        request.include_documentation = False
        return all(r.resource_type != 4 or r.configuration_keys for r in request.resources)
    if case.api_key == 43:
        return bool(request.topic_partitions)
    if case.api_key in (35, 46, 75):
        return bool(request.topics)
    return True


AREAS = {"random": drawn}
