"""The whole story: a cluster and its crowd, the faults one after the other, and the judgement."""

from __future__ import annotations

import time
from collections import Counter

from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.apache import ApacheCluster
from tests.chaos.check import check_commits, check_records
from tests.chaos.cluster import ChaosCluster, until
from tests.chaos.crowd import PARTITIONS, PATIENCE_S, TOPIC, Crowd
from tests.chaos.faults import Fault, carry_out, plan
from tests.crash.load import QUIET

SETTINGS = {
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
    "segment.bytes": "1048576",
}


def make_topic(bootstrap: str) -> None:
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(TOPIC, PARTITIONS, 3, config=SETTINGS)]).values():
        future.result(timeout=60)


def run(cluster: ChaosCluster | ApacheCluster, seed: int, seconds: float) -> str:
    """On a new cluster; what came of it, in sentences."""
    faults = [f for f in plan(seed, seconds) if f.kind not in cluster.impossible]
    print(f"MSKLITE_CHAOS_SEED={seed}", *map(str, faults), sep="\n  ", flush=True)
    with cluster:
        cluster.start()
        make_topic(cluster.bootstrap)
        crowd = Crowd(cluster.bootstrap, seed)
        for load in crowd.loads:
            load.start()
        crowd.all_go_on()
        begin = time.monotonic()
        slowest_s = _break(cluster, crowd, faults)
        for writer in crowd.writers:
            writer.finish(PATIENCE_S)
        until(crowd.have_read_all, "all is read")
        for load in (*crowd.readers, *crowd.members):
            load.finish(PATIENCE_S)
        records = check_records(crowd)
        commits = check_commits(crowd, int(cluster.config["offsets.topic.num.partitions"]))
        assert records > 1000 and commits > 10
        kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(f.kind for f in faults).items())
        told = [
            f"chaos, seed {seed}, {time.monotonic() - begin:.0f} s, {len(faults)} faults: {kinds}",
            f"{records} records, each once and in order, {commits} commits, none went back",
            f"after a fault all clients went on within {slowest_s:.1f} s; "
            f"{crowd.renewals} clients of librdkafka stood still and were replaced",
        ]
        if longest := cluster.longest_callbacks():
            told.append(f"longest callback on a zone's loop: {longest[0][0]:.1f} ms of CPU time")
            told += [f"    {ms:.1f} ms {at}" for ms, at in longest[:3]]
        return "\n".join(told)


def _break(cluster: ChaosCluster | ApacheCluster, crowd: Crowd, faults: list[Fault]) -> float:
    """One fault after the other; how long it took clients at most to go on after one."""
    begin = time.monotonic()
    slowest_s = 0.0
    for fault in faults:
        print(f"{time.monotonic() - begin:6.1f} s: {fault}", flush=True)
        carry_out(cluster, fault)
        healed = time.monotonic()
        time.sleep(fault.quiet_s)
        crowd.healthy()
        if fault.quiet_s > 1:
            crowd.all_go_on()
            slowest_s = max(slowest_s, time.monotonic() - healed)
            print(f"{time.monotonic() - begin:6.1f} s: all go on", flush=True)
    return slowest_s
