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
    prefix = "kafka_network_RequestMetrics_"
    out.add(f"{prefix}Count", count, **labels)
    out.add(f"{prefix}Mean", waits.total_ms / count if count else 0.0, **labels)
    out.add(f"{prefix}Max", float(waits.longest), **labels)
    for name, share in _SHARES.items():
        out.add(f"{prefix}{name}", waits.percentile(share, count), **labels)


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
