"""Figures of the control API: a cluster from its creation to the first record, its end, and many.

    python benchmarks/control.py                # all parts
    python benchmarks/control.py --part life    # or many

`life` makes a cluster of three zones, as often as `--runs` says: seconds until a record of a
producer that dials as soon as it can is acknowledged (acks=all, three replicas), and until
DescribeCluster says that the cluster is gone. `many` has `--clusters` of one broker at once, writes
to each, and gives their memory, resident and with what they share counted once, and their CPU
seconds. The first line has the machine's load, without which seconds tell little.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaProducer

from benchmarks import procs
from msklite.control import companion
from msklite.control.client import Client
from msklite.errors import UserError


@contextmanager
def serving() -> Iterator[tuple[Client, Path]]:
    """A service with a home of its own; all its clusters end with it."""
    with tempfile.TemporaryDirectory(prefix="msklite-bench-") as folder:
        home = Path(folder) / "home"
        client = Client(companion.ensure(home))
        try:
            yield client, home
        finally:
            for found in client.clusters():
                delete(client, found["clusterName"])
            companion.leave(home)


def create(client: Client, name: str, zones: int) -> None:
    """Ask for it, and return at once."""
    group = {"instanceType": "kafka.m5.large", "clientSubnets": [f"s{n}" for n in range(zones)]}
    client.call("POST", "v1", "clusters", body={
        "clusterName": name, "kafkaVersion": "4.2.x.kraft", "numberOfBrokerNodes": zones,
        "brokerNodeGroupInfo": group,
        "encryptionInfo": {"encryptionInTransit": {"clientBroker": "PLAINTEXT"}},
    })  # fmt: skip


def delete(client: Client, name: str) -> None:
    """Until it is gone."""
    arn = client.cluster(name)["clusterArn"]
    client.call("DELETE", "v1", "clusters", arn)
    client.wait_deleted(name, arn, lambda text: None)


def first_record(client: Client, name: str, replicas: int) -> None:
    """Wait for ACTIVE, make a topic, and have one record acknowledged."""
    info = client.wait_cluster(name, lambda text: None)
    arn = info["clusterArn"]
    client.call("POST", "v1", "clusters", arn, "topics", body={
        "topicName": "t", "partitionCount": 1, "replicationFactor": replicas,
    })  # fmt: skip
    told = client.call("GET", "v1", "clusters", arn, "bootstrap-brokers")
    producer = KafkaProducer(bootstrap_servers=told["bootstrapBrokerString"], acks="all")
    producer.send("t", b"first").get(timeout=60)
    producer.close()


def life(runs: int) -> None:
    """From creation to the first record, and to the end."""
    made, gone = [], []
    with serving() as (client, _):
        for run in range(runs):
            name = f"life{run}"
            began = time.perf_counter()
            create(client, name, 3)
            first_record(client, name, 3)
            made.append(time.perf_counter() - began)
            began = time.perf_counter()
            delete(client, name)
            gone.append(time.perf_counter() - began)
    for what, figures in (("create_cluster to the first record", made), ("delete", gone)):
        rows = ", ".join(f"{s:.2f}" for s in figures)
        print(f"{what}: {statistics.median(figures):.2f} s (median of {rows})")


def many(count: int) -> None:
    """So many clusters of one broker at once."""
    with serving() as (client, home):
        began = time.perf_counter()
        names = [f"many{n}" for n in range(count)]
        for name in names:
            create(client, name, 1)
        for name in names:
            first_record(client, name, 1)
        took = time.perf_counter() - began
        folders = [home / "clusters" / name for name in names]
        pids = [int(json.loads(file.read_text())["pid"])
                for folder in folders for file in folder.glob("**/admin.json")]  # fmt: skip
        pids = sorted(set(pids))
        resident = [procs.memory_bytes(pid) for pid in pids]
        own = [procs.shared_memory_bytes(pid) for pid in pids]
        cpu = sum(procs.cpu_seconds(pid) for pid in pids)
        where = companion.where(home)
        if where is None:
            raise UserError("The service is gone.")
        print(f"{count} clusters of one broker, each with a record acknowledged: {took:.1f} s,"
              f" {cpu / count:.2f} CPU seconds each")  # fmt: skip
        print(f"memory of a cluster: {sum(resident) / count / 2**20:.1f} MiB resident,"
              f" {sum(own) / count / 2**20:.1f} MiB with what is shared counted once")  # fmt: skip
        service = procs.memory_bytes(int(where["pid"])) - sum(resident)  # clusters are children
        print(f"memory of the service: {service / 2**20:.1f} MiB")


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--part", nargs="*", choices=("life", "many"), default=["life", "many"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--clusters", type=int, default=20)
    options = parser.parse_args()
    print(f"{procs.machine()}; load before: {os.getloadavg()[0]:.1f}")
    if "life" in options.part:
        life(options.runs)
    if "many" in options.part:
        many(options.clusters)


if __name__ == "__main__":
    main()
