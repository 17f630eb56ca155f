"""Runs the scripts: `python -m tests.parity.run dump|twice|compare [area ...]`, `... brokers|page`.

dump prints every request with Apache Kafka's answer, twice runs two Kafkas against each other (to
prove that a script has one right outcome), compare runs Kafka against msklite and prints what the
test would, brokers does so with three brokers on each side, page writes docs/parity.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pprint import pformat

from tests.parity import (
    ask_brokers,
    ask_commits,
    ask_configs,
    ask_groups,
    ask_hello,
    ask_offsets,
    ask_produce,
    ask_random,
    ask_read,
    ask_replicas,
    ask_topics,
    ask_txn_records,
    ask_txns,
    page,
)
from tests.parity.crowds import Crowd, Kafkas, Zones
from tests.parity.differences import unlisted
from tests.parity.talk import Difference, Exchange, Talk, compare
from tests.support.jvm import ApacheKafka

SETTINGS = {
    "auto.create.topics.enable": "true",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "5",
    "group.min.session.timeout.ms": "1000",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "5",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "300",
    "log.initial.task.delay.ms": "86400000",
    "log.retention.check.interval.ms": "86400000",
}
"""What both clusters are started with. Retention would come after 30 s, amid some area or other,
and take the records of times long ago that the scripts write."""
KAFKA = {**SETTINGS, "broker.rack": "az1"}
"""msklite's brokers always have a rack: their availability zone."""

AREAS: dict[str, Callable[[Talk], None]] = {
    **ask_hello.AREAS,
    **ask_produce.AREAS,
    **ask_read.AREAS,
    **ask_offsets.AREAS,
    **ask_topics.AREAS,
    **ask_configs.AREAS,
    **ask_replicas.AREAS,
    **ask_commits.AREAS,
    **ask_groups.AREAS,
    **ask_random.AREAS,
    **ask_txns.AREAS,
    **ask_txn_records.AREAS,
}


def address(bootstrap: str) -> tuple[str, int]:
    host, port = bootstrap.split(",")[0].rsplit(":", 1)
    return host, int(port)


def run(area: str, bootstrap: str, asked: Counter[tuple[str, int]] | None = None) -> list[Exchange]:
    """One area's script against one cluster; `asked` counts requests by API and version."""
    talk = Talk(address(bootstrap), area)
    try:
        AREAS[area](talk)
    except BaseException as failed:
        failed.add_note(f"after {talk.exchanges[-1] if talk.exchanges else 'nothing'}")
        raise
    finally:
        talk.close()
    if asked is not None:
        asked += talk.asked
    return talk.transcript()


def story(crowd: Crowd) -> list[Exchange]:
    """The script of three brokers."""
    talk = Talk(crowd.addresses()[1], "brokers")
    try:
        ask_brokers.story(talk, crowd)
    except BaseException as failed:
        failed.add_note(f"after {talk.exchanges[-1] if talk.exchanges else 'nothing'}")
        raise
    finally:
        talk.close()
    return talk.transcript()


def shown(exchange: Exchange) -> str:
    parts = [f"### {exchange.step}   {exchange.api} v{exchange.version}"]
    if exchange.request is not None:
        parts.append(pformat(exchange.request, width=150, compact=True, sort_dicts=False))
    answer = pformat(exchange.answer, width=150, compact=True, sort_dicts=False)
    return "\n".join([*parts, "  -> " + answer.replace("\n", "\n     ")])


def main() -> int:
    mode, wanted = sys.argv[1], sys.argv[2:] or list(AREAS)
    if mode == "page":
        page.write()
        return 0
    if mode == "brokers":
        with Kafkas() as left:
            theirs = story(left)
        with Zones() as right:
            return _told("brokers", compare(theirs, story(right)))
    with ApacheKafka(properties=KAFKA) as kafka:
        if mode == "dump":
            for area in wanted:
                print(
                    "\n\n".join(shown(e) for e in run(area, kafka.bootstrap)),
                    end="\n\n",
                    flush=True,
                )
            return 0
        if mode == "twice":
            with ApacheKafka(properties=KAFKA) as other:
                return _against(wanted, kafka.bootstrap, other.bootstrap)
        from msklite.testing import LocalCluster

        with LocalCluster(config=SETTINGS) as cluster:
            return _against(wanted, kafka.bootstrap, cluster.bootstrap_servers)


def _against(areas: list[str], left: str, right: str) -> int:
    total = 0
    for area in areas:
        try:
            found = compare(run(area, left), run(area, right))
        except Exception as failed:  # the next area may still tell something
            print(f"== {area}: {type(failed).__name__} {failed} {getattr(failed, '__notes__', '')}")
            total += 1
            continue
        total += _told(area, found)
    return 1 if total else 0


def _told(area: str, found: list[Difference]) -> int:
    new = unlisted(found)
    print(f"== {area}: {len(found)} differences, {len(new)} not listed", flush=True)
    for difference in new:
        print(f"   {difference}"[:400])
    return len(new)


if __name__ == "__main__":
    sys.exit(main())
