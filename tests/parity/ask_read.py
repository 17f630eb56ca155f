"""Fetch with its sessions."""

from __future__ import annotations

from msklite.wire.messages.fetch_request import ForgottenTopic
from tests.parity.batches import batch
from tests.parity.shapes import STRANGE, fetch, fetch_topic, fill, make_topic
from tests.parity.talk import Talk


def versions(talk: Talk) -> None:
    topic_id = make_topic(talk, "f-versions", 2)
    fill(talk, "f-versions", batch(b"a", b"b"), batch(b"c"))
    fill(talk, "f-versions", partition=1)
    for version in range(4, 19):
        topic = topic_id if version >= 13 else "f-versions"
        nobody = STRANGE if version >= 13 else "f-nobody"
        talk.ask("whole", fetch(topic), version)
        talk.ask("at the end", fetch(topic, 3), version)
        talk.ask("past the end", fetch(topic, 4), version)
        talk.ask("no such partition", fetch(topic, partition=9), version)
        talk.ask("no such topic", fetch(nobody), version)
    for version in (13, 14, 15, 18):
        for level in (0, 1):
            talk.ask(f"zero id, isolation {level}", fetch(bytes(16), isolation=level), version)
            talk.ask(
                f"isolation {level}, partition -1",
                fetch(topic_id, partition=-1, isolation=level),
                version,
            )
    both = [fetch_topic(bytes(16), (0, 0)), fetch_topic(bytes(16), (1, 0))]
    talk.ask("zero id twice", fetch(topics=both), 13)
    talk.ask("isolation 7 with ids", fetch(topic_id, isolation=7), 13)


def limits(talk: Talk) -> None:
    make_topic(talk, "f-limits", 2)
    fill(talk, "f-limits", batch(b"x" * 1000), batch(b"y" * 500), batch(b"z" * 2000))
    fill(talk, "f-limits", batch(b"q" * 1000), partition=1)
    for offset in (0, 1, 2, 3, -1, -2, 2**40):
        talk.ask(f"offset {offset}", fetch("f-limits", offset), 12)
    for size in (0, 1, 1000, 1100, 1700, 100_000, -1):
        talk.ask(f"partition max bytes {size}", fetch("f-limits", partition_bytes=size), 12)
        talk.ask(f"max bytes {size}", fetch("f-limits", max_bytes=size), 12)

    def pair(size: int) -> list:
        return [fetch_topic("f-limits", (0, 0), size), fetch_topic("f-limits", (1, 0), size)]

    for total in (1, 1100, 2500, 100_000):
        talk.ask(
            f"two partitions, max bytes {total}", fetch(topics=pair(1 << 20), max_bytes=total), 12
        )
    talk.ask("two partitions of one byte", fetch(topics=pair(1)), 12)
    talk.ask("offset in the middle of a batch", fetch("f-limits", 1, partition_bytes=10), 12)
    talk.ask("min bytes 0", fetch("f-limits", 3, min_bytes=0), 12)
    talk.ask("min bytes can't be had", fetch("f-limits", 3, min_bytes=100, wait=50), 12)
    talk.ask("min bytes huge but wait 0", fetch("f-limits", 0, min_bytes=1 << 30), 12)
    talk.ask("an error answers at once", fetch("f-limits", 99, min_bytes=1 << 30, wait=20_000), 12)
    talk.ask("no topics", fetch(topics=[]), 12)
    talk.ask("wait negative", fetch("f-limits", 3, wait=-5), 12)
    for level in (0, 1, 2, -1):
        talk.ask(f"isolation level {level}", fetch("f-limits", isolation=level), 12)
    talk.ask("rack", fetch("f-limits", rack="nowhere"), 12)
    pending = talk.send(
        "a long poll ends with the record", fetch("f-limits", 3, wait=20_000), 12, on="poll"
    )
    fill(talk, "f-limits", batch(b"new"))
    talk.finish(pending)


def epochs(talk: Talk) -> None:
    make_topic(talk, "f-epochs")
    fill(talk, "f-epochs")
    for epoch in (-1, 0, 1, 5, -2):
        talk.ask(f"leader epoch {epoch}", fetch("f-epochs", epoch=epoch), 12)
    for level in (0, 1):
        talk.ask(
            f"divergence, isolation {level}",
            fetch("f-epochs", 9, last_epoch=0, isolation=level),
            12,
        )
    for last in (-1, 0, 1, 7):
        talk.ask(f"last fetched epoch {last}", fetch("f-epochs", last_epoch=last), 12)
        talk.ask(
            f"last fetched epoch {last}, past the end", fetch("f-epochs", 9, last_epoch=last), 12
        )
    talk.ask("leader epoch on an unknown partition", fetch("f-epochs", partition=4, epoch=5), 12)


def sessions(talk: Talk) -> None:
    for version, by_id in ((7, False), (12, False), (13, True), (17, True)):
        name = f"f-session-{version}"
        topic_id = make_topic(talk, name, 3)
        topic = topic_id if by_id else name
        for p in range(3):
            fill(talk, name, partition=p)

        def step(text: str, request, version=version):  # type: ignore[no-untyped-def]
            return talk.ask(f"{text} v{version}", request, version)

        full = step(
            "full",
            fetch(topics=[fetch_topic(topic, (0, 0)), fetch_topic(topic, (1, 0))], session=(0, 0)),
        )
        sid = full.session_id
        talk.call_it(sid, f"session {version}")
        step("incremental, nothing new", fetch(topics=[], session=(sid, 1)))
        fill(talk, name, partition=1)
        step(
            "incremental, moved on",
            fetch(
                topics=[fetch_topic(topic, (0, 3)), fetch_topic(topic, (1, 3))], session=(sid, 2)
            ),
        )
        step(
            "incremental, moved to the end",
            fetch(topics=[fetch_topic(topic, (1, 6))], session=(sid, 3)),
        )
        step("incremental, add one", fetch(topics=[fetch_topic(topic, (2, 0))], session=(sid, 4)))
        gone = ForgottenTopic(
            topic=name if not by_id else "",
            topic_id=topic_id if by_id else bytes(16),
            partitions=[2],
        )
        step("incremental, forget one", fetch(topics=[], session=(sid, 5), forget=[gone]))
        step(
            "incremental, unknown partition",
            fetch(topics=[fetch_topic(topic, (9, 0))], session=(sid, 6)),
        )
        step("incremental, the error comes again", fetch(topics=[], session=(sid, 7)))
        step("epoch repeated", fetch(topics=[], session=(sid, 7)))
        step("epoch skipped", fetch(topics=[], session=(sid, 20)))
        step("epoch as it was", fetch(topics=[], session=(sid, 8)))
        step("out of range", fetch(topics=[fetch_topic(topic, (0, 99))], session=(sid, 9)))
        step("closed by epoch -1", fetch(topics=[], session=(sid, -1)))
        step("closed one is unknown", fetch(topics=[], session=(sid, 10)))
        step("unknown session", fetch(topics=[], session=(1, 1)))
        step("unknown session, full", fetch(topic, session=(1, 0)))
        step("id 0 with epoch 1", fetch(topics=[], session=(0, 1)))
        step("empty full session", fetch(topics=[], session=(0, 0)))
        nobody = STRANGE if by_id else "f-nobody"
        step(
            "full with an unknown topic",
            fetch(topics=[fetch_topic(nobody, (0, 0)), fetch_topic(topic, (0, 0))], session=(0, 0)),
        )
    sid = full.session_id
    talk.ask("topic ids then names", fetch(topics=[], session=(sid, 11)), 12)


AREAS = {
    "fetch": versions,
    "fetch-limits": limits,
    "fetch-epochs": epochs,
    "fetch-sessions": sessions,
}
