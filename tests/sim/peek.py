"""Where the harness looks inside a zone: the one place that knows how zones are built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msklite.broker.broker import Broker
from msklite.metadata.image import Image
from msklite.partition.partition import Partition
from msklite.zone.zone import Zone


def raft(zone: Zone) -> Any:
    """The raft node of the zone's controller; None while there is none."""
    return None if zone.controller is None else getattr(zone.controller.quorum, "node", None)


def image(zone: Zone) -> Image | None:
    """The metadata as applied in the zone."""
    return None if zone.controller is None else zone.controller.controller.image


def registered(zone: Zone) -> bool:
    """Whether this life of the zone's controller is registered."""
    return zone._registration is not None and zone._registration.registered


def broken(zone: Zone) -> bool:
    """The disk has failed the metadata log: only a new start helps."""
    return zone.controller is not None and zone.controller.quorum.failure is not None


def damaged(zone: Zone) -> list[str]:
    """Why partitions are out of service."""
    return [why for broker in zone.brokers.values() for why in broker.replicas.damaged.values()]


def partitions(zone: Zone) -> Iterator[tuple[Broker, Partition]]:
    """What the zone's brokers host."""
    for broker in zone.brokers.values():
        for hosted in broker.replicas._partitions.values():
            for partition in hosted.values():
                yield broker, partition
