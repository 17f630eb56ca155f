"""What a zone's status says of one of its brokers that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msklite.broker.broker import Broker
from msklite.log.volume import Volume
from msklite.metadata.image import Image
from msklite.zone.spec import ZoneSpec


def broker_facts(
    broker: Broker,
    image: Image,
    spec: ZoneSpec,
    volumes: Mapping[int, Volume],
    generations: Mapping[int, int],
) -> dict[str, Any]:
    """One row, as plain JSON; `generations` are of the specs that they were started with."""
    node = broker.node_id
    partitions = broker.replicas.all()
    row: dict[str, Any] = {
        "id": node,
        "epoch": broker.epoch,
        "generation": generations.get(node, 0),
        "lagging": _lagging(image, node),
        "host": broker.endpoint.advertised_host,
        "port": spec.client_ports[node],
    }
    if spec.serves_tls:
        row["tls_port"] = spec.tls_ports[node]
    volume = volumes.get(node)
    if volume is not None:
        row |= {"volume_bytes": volume.limit, "volume_used": volume.used}
    return row | {
        **spec.exporter_facts(node),
        "rack": broker.rack,
        "kafka_version": broker.shown.name,
        "fenced": node not in image.brokers or image.brokers[node].fenced,
        "connections": len(broker.dispatcher.connections),
        "partitions": len(partitions),
        "leaders": sum(p.is_leader for p in partitions),
    }


def _lagging(image: Image, node_id: int) -> int:
    """How many partitions have a replica on this broker that isn't in sync."""
    return sum(
        node_id in p.replicas and node_id not in p.isr
        for t in image.topics.values()
        for p in t.partitions.values()
    )
