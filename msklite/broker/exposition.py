"""A broker's figures as Prometheus reads them, under the names of the JMX exporter.

Names are those that the exporter gives to Kafka's beans without rules of one's own, as on Amazon
MSK: `domain_Type_Attribute{name="..."}`, case kept. Values are what is so: nothing is made up, and
what isn't measured here has no row. Beside them stands what MSK's own exporter lacks: the groups'
lag, under the names that kafka_exporter made known (`kafka_consumergroup_lag`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from msklite.broker.lag import Lag
from msklite.broker.meters import Flows, Waits

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

LATE_MS = 5 * 60_000
"""A transaction that has been open this much longer than any may be hangs (KIP-664)."""
_RUNNING = 3
"""Kafka's number of a broker's usual state."""
_SHARES = {
    "50thPercentile": 0.5,
    "75thPercentile": 0.75,
    "95thPercentile": 0.95,
    "98thPercentile": 0.98,
    "99thPercentile": 0.99,
    "999thPercentile": 0.999,
}


class ControllerFacts(NamedTuple):
    """What the controller of a broker's zone knows."""

    active: bool
    unclean_elections: int


class Page:
    """Rows by metric name, so that each name stands together."""

    def __init__(self) -> None:
        self._rows: dict[str, list[str]] = {}
        self._kinds: dict[str, str] = {}

    def add(self, name: str, value: float, kind: str = "untyped", /, **labels: object) -> None:
        """One value; a label whose value is None is left out."""
        shown = ",".join(f'{k}="{_escaped(v)}"' for k, v in labels.items() if v is not None)
        number = repr(float(value)) if isinstance(value, float) else str(int(value))
        row = f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"
        self._rows.setdefault(name, []).append(row)
        self._kinds.setdefault(name, kind)

    def text(self) -> str:
        """The text format, version 0.0.4."""
        lines = []
        for name, rows in self._rows.items():
            lines.append(f"# TYPE {name} {self._kinds[name]}")
            lines += rows
        return "\n".join(lines) + "\n"


def _escaped(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def page(
    broker: Broker, flows: Flows, controller: ControllerFacts | None, lags: Iterable[Lag]
) -> str:
    """Everything of one broker; `controller` for the one that speaks for its zone's."""
    out = Page()
    _flows(out, broker, flows)
    _replicas(out, broker)
    _controller(out, broker, controller)
    _requests(out, broker)
    _connections(out, broker)
    _logs(out, broker)
    _transactions(out, broker)
    _loads(out, broker)
    _cleaner(out, broker)
    _lags(out, lags)
    return out.text()


def _flows(out: Page, broker: Broker, flows: Flows) -> None:
    now = broker.world.clock.mono_ms()
    for (name, topic), meter in flows.meters.items():
        labels = {"name": name, "topic": topic or None}
        out.add("kafka_server_BrokerTopicMetrics_Count", meter.count, **labels)
        for rate, value in meter.rates(now).items():
            out.add(f"kafka_server_BrokerTopicMetrics_{rate}", value, **labels)
    for name, api in (
        ("TotalProduceRequestsPerSec", "Produce"),
        ("TotalFetchRequestsPerSec", "Fetch"),
    ):
        count = sum(r.count for r in broker.dispatcher.routes if r.api.name == api)
        out.add("kafka_server_BrokerTopicMetrics_Count", count, name=name)


def _replicas(out: Page, broker: Broker) -> None:
    hosted = broker.replicas.all()
    led = [p for p in hosted if p.is_leader]
    dark = len(broker.replicas.damaged)
    values = {
        "PartitionCount": len(hosted) + dark,
        "LeaderCount": len(led),
        "OfflineReplicaCount": dark,
        "UnderReplicatedPartitions": sum(len(p.isr) < len(p.replicas) for p in led),
        "UnderMinIsrPartitionCount": sum(len(p.isr) < p.min_isr for p in led),
        "AtMinIsrPartitionCount": sum(len(p.isr) == p.min_isr for p in led),
        "ReassigningPartitions": sum(
            bool(state is not None and (state.adding or state.removing))
            for p in led
            for topic in (broker.image.topics.get(p.topic),)
            for state in (topic.partitions.get(p.index) if topic is not None else None,)
        ),
    }
    for name, value in values.items():
        out.add("kafka_server_ReplicaManager_Value", value, name=name)
    out.add("kafka_server_KafkaServer_Value", _RUNNING, name="BrokerState")


def _controller(out: Page, broker: Broker, facts: ControllerFacts | None) -> None:
    """The active controller's broker tells of the cluster; the others say 0, so sums are right."""
    active = facts is not None and facts.active
    image = broker.image
    partitions = [p for t in image.topics.values() for p in t.partitions.values()]
    values = {
        "ActiveControllerCount": 1,
        "ActiveBrokerCount": sum(not b.fenced for b in image.brokers.values()),
        "FencedBrokerCount": sum(b.fenced for b in image.brokers.values()),
        "GlobalTopicCount": len(image.topics),
        "GlobalPartitionCount": len(partitions),
        "OfflinePartitionsCount": sum(p.leader < 0 for p in partitions),
        "PreferredReplicaImbalanceCount": sum(
            bool(p.replicas) and p.leader != p.replicas[0] for p in partitions
        ),
    }
    for name, value in values.items():
        out.add("kafka_controller_KafkaController_Value", value if active else 0, name=name)
    if facts is not None:
        out.add("kafka_controller_ControllerStats_Count", facts.unclean_elections,
                name="UncleanLeaderElectionsPerSec")  # fmt: skip


def _requests(out: Page, broker: Broker) -> None:
    kinds = [(r.api.name, r.count, r.waits) for r in broker.dispatcher.routes]
    kinds += [(name, m.count, m.waits) for name, m in broker.fetch_meters.items()]
    for name, count, waits in sorted(kinds, key=lambda kind: kind[0]):
        out.add("kafka_network_RequestMetrics_Count", count, name="RequestsPerSec", request=name)
        _times(out, name, count, waits)


def _times(out: Page, request: str, count: int, waits: Waits) -> None:
    labels = {"name": "TotalTimeMs", "request": request}
    _histogram(out, "kafka_network_RequestMetrics", labels, count, waits)


def _histogram(out: Page, bean: str, labels: dict[str, str], count: int, waits: Waits) -> None:
    out.add(f"{bean}_Count", count, **labels)
    out.add(f"{bean}_Mean", waits.total_ms / count if count else 0.0, **labels)
    out.add(f"{bean}_Max", float(waits.longest), **labels)
    for name, share in _SHARES.items():
        out.add(f"{bean}_{name}", waits.percentile(share, count), **labels)


def _connections(out: Page, broker: Broker) -> None:
    by_listener = {e.listener: 0 for e in broker.listeners.endpoints}
    for conn in broker.dispatcher.connections:
        by_listener[conn.listener] = by_listener.get(conn.listener, 0) + 1
    for listener, count in by_listener.items():
        out.add("kafka_server_socket_server_metrics_connection_count", count,
                listener=listener, networkProcessor="0")  # fmt: skip


def _logs(out: Page, broker: Broker) -> None:
    for p in broker.replicas.all():
        values = {
            "Size": p.log.size,
            "LogStartOffset": p.log.start_offset,
            "LogEndOffset": p.log.end_offset,
        }
        for name, value in values.items():
            out.add("kafka_log_Log_Value", value, name=name, topic=p.topic, partition=p.index)


def _transactions(out: Page, broker: Broker) -> None:
    """The coordinator's markers; what leaders ask coordinators; what partitions know."""
    markers = broker.markers
    for name, value in (
        ("UnknownDestinationQueueSize", markers.homeless),
        ("LogAppendRetryQueueSize", markers.unwritten),
    ):
        bean = "kafka_coordinator_transaction_TransactionMarkerChannelManager"
        out.add(f"{bean}_Value", value, name=name)
    asked, failures = broker.verifications.asked, broker.verifications.failures
    bean = "kafka_server_AddPartitionsToTxnManager"
    _histogram(out, bean, {"name": "VerificationTimeMs"}, asked.count, asked.waits)
    failed = {"name": "VerificationFailureRate"}
    out.add(f"{bean}_Count", failures.count, **failed)
    for rate, speed in failures.rates(broker.world.clock.mono_ms()).items():
        out.add(f"{bean}_{rate}", speed, **failed)
    hosted = broker.replicas.all()
    before = broker.world.clock.now_ms() - LATE_MS
    before -= broker.config.int("transaction.max.timeout.ms")
    late = sum(p.is_leader and 0 < p.log.producer_state.oldest_open_ms() < before for p in hosted)
    producers = sum(len(p.log.producer_state.producers) for p in hosted)
    for name, value in (
        ("PartitionsWithLateTransactionsCount", late), ("ProducerIdCount", producers)
    ):  # fmt: skip
        out.add("kafka_server_ReplicaManager_Value", value, name=name)


def _loads(out: Page, broker: Broker) -> None:
    mono_ms = broker.world.clock.mono_ms()
    for kind, loads in (("transaction", broker.txns.loads), ("group", broker.groups.loads)):
        most, mean = loads.most_and_mean(mono_ms)
        bean = f"kafka_server_{kind}_coordinator_metrics_partition_load_time"
        out.add(f"{bean}_max", most)
        out.add(f"{bean}_avg", mean)


def _cleaner(out: Page, broker: Broker) -> None:
    """Whole numbers, cut off, as Kafka's are; nothing where log.cleaner.enable is off."""
    if not broker.config.bool("log.cleaner.enable"):
        return
    cleaning = broker.replicas.keeper.cleaning
    last, clock = cleaning.last, broker.world.clock
    of_last = {
        "max-buffer-utilization-percent": 100 * last.map_filled,
        "cleaner-recopy-percent": 100 * last.bytes_kept / max(last.bytes_read, 1),
        "max-clean-time-secs": last.seconds,
        "max-compaction-delay-secs": last.late_ms / 1000,
        "DeadThreadCount": cleaning.ended,
    }
    for name, value in of_last.items():
        out.add("kafka_log_LogCleaner_Value", int(value), name=name)
    bean = "kafka_log_LogCleanerManager_Value"
    out.add(bean, int(100 * last.dirtiest), name="max-dirty-percent")
    out.add(bean, clock.mono_ms() - last.looked_ms, name="time-since-last-run-ms")
    left = cleaning.uncleanable()
    out.add(bean, len(left), name="uncleanable-partitions-count", logDirectory=broker.directory)
    out.add(bean, sum(map(cleaning.dirty_bytes, left)),
            name="uncleanable-bytes", logDirectory=broker.directory)  # fmt: skip


def _lags(out: Page, lags: Iterable[Lag]) -> None:
    sums: dict[tuple[str, str], list[int]] = {}
    for lag in lags:
        labels = {"consumergroup": lag.group, "topic": lag.topic, "partition": lag.partition}
        out.add("kafka_consumergroup_current_offset", lag.committed, "gauge", **labels)
        out.add("kafka_consumergroup_lag", lag.records, "gauge", **labels)
        sums.setdefault((lag.group, lag.topic), []).append(lag.records)
    for (group, topic), records in sums.items():
        labels = {"consumergroup": group, "topic": topic}
        out.add("kafka_consumergroup_lag_sum", sum(records), "gauge", **labels)
        out.add("kafka_consumergroup_lag_max", max(records), "gauge", **labels)
