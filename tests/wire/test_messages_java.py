"""Our generated codec against Kafka's own generated Java classes.

One JVM takes all samples: Java must read what we wrote and write the same bytes again, and an
object without any field set must come out alike on both sides (the defaults).
"""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path

import pytest

from msklite.wire.primitives import MALFORMED
from tests.support.jvm import compile_java, java, require_jvm
from tests.wire.samples import Case, Sampler, cases

ROUNDS = 6
DAMAGES = 20
PROGRAM = Path(__file__).parent / "java" / "RoundTrip.java"

pytestmark = pytest.mark.jvm


def ask(lines: list[str]) -> list[str]:
    require_jvm()
    done = java(
        "RoundTrip", input="\n".join(lines) + "\n", classes=compile_java(PROGRAM), check=True
    )
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines)
    return answers


def test_java_writes_the_same_bytes() -> None:
    sent: list[tuple[Case, str]] = []
    for case in cases():
        for i in range(ROUNDS):
            ours = Sampler(zlib.crc32(f"java/{case}/{i}".encode()), tame=False).sample(case)
            sent.append((case, ours.encode(case.version).hex()))
    answers = ask([f"{case.name} {case.version} {raw}" for case, raw in sent])
    wrong = [
        f"{case}: we wrote {raw[:400]}, Java says {answer[:400]}"
        for (case, raw), answer in zip(sent, answers, strict=True)
        if answer != f"ok {raw}"
    ]
    assert not wrong, f"{len(wrong)} of {len(sent)}:\n" + "\n".join(wrong[:20])


def test_defaults_are_javas() -> None:
    every = list(cases())
    answers = ask([f"{case.name} {case.version} new" for case in every])
    wrong = []
    for case, answer in zip(every, answers, strict=True):
        try:
            mine = f"ok {case.cls().encode(case.version).hex()}"
        except AttributeError as failed:
            mine = f"{failed}"
        if mine != answer:
            wrong.append(f"{case}: ours {mine}, Java {answer}")
    assert not wrong, "\n".join(wrong)


def test_java_and_we_refuse_the_same_bytes() -> None:
    """Damaged frames: where Java reads a message we read the same one, else we refuse too."""
    sent: list[tuple[Case, bytes]] = []
    for case in cases():
        if case.kind not in ("request", "response"):
            continue
        sampler = Sampler(zlib.crc32(f"bad/{case}".encode()), tame=False)
        raw = bytearray(sampler.sample(case).encode(case.version))
        for _ in range(DAMAGES):
            bad = bytearray(raw)
            if bad:
                at = sampler.rnd.randrange(len(bad))
                bad[at] = sampler.rnd.choice((0, 1, 127, 128, 255, bad[at] ^ 1))
            sent.append((case, bytes(bad)))
    answers = ask([f"{case.name} {case.version} {raw.hex()}" for case, raw in sent])
    outcomes: Counter[str] = Counter()
    wrong = []
    for (case, raw), answer in zip(sent, answers, strict=True):
        theirs = (
            case.cls.read(bytes.fromhex(answer[3:]), 0, case.version)[0]
            if answer.startswith("ok")
            else None
        )
        try:
            ours, end = case.cls.read(raw, 0, case.version)
        except MALFORMED:
            ours = None
        else:
            ours = ours if end == len(raw) else None
        outcomes["read" if theirs else "refused"] += 1
        # Java keeps unknown tagged fields and we drop them, so objects are compared, not bytes.
        if ours != theirs:
            wrong.append(f"{case} {raw.hex()[:300]}: Java {answer[:300]}, ours {ours}")
    assert not wrong, f"{outcomes} {len(wrong)} of {len(sent)}:\n" + "\n".join(wrong[:20])
    assert min(outcomes["read"], outcomes["refused"]) > 500
