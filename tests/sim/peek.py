"""Where the harness looks inside a zone: the one place that knows how zones are built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msklite.broker.broker import Broker
from msklite.metadata.image import Image
from msklite.partition.partition import Partition
from msklite.zone.controller_node import ControllerNode
from msklite.zone.observer import Observer
from msklite.zone.zone import Zone


def _metadata(zone: Zone) -> ControllerNode | Observer | None:
    return zone.controller or zone._observer


def raft(zone: Zone) -> Any:
    """The raft node of the zone's controller, or of a broker alone; None while there is none."""
    found = _metadata(zone)
    return None if found is None else getattr(found.quorum, "node", None)


def image(zone: Zone) -> Image | None:
    """The metadata as applied in the zone."""
    found = _metadata(zone)
    return None if found is None else found.controller.image


def registered(zone: Zone) -> bool:
    """Whether this life of the zone's controller is registered; a broker alone has none."""
    if zone._observer is not None:
        return True
    return zone._registration is not None and zone._registration.registered


def broken(zone: Zone) -> bool:
    """The disk has failed the metadata log: only a new start helps."""
    found = _metadata(zone)
    return found is not None and found.quorum.failure is not None


def damaged(zone: Zone) -> list[str]:
    """Why partitions are out of service."""
    return [why for broker in zone.brokers.values() for why in broker.replicas.damaged.values()]


def partitions(zone: Zone) -> Iterator[tuple[Broker, Partition]]:
    """What the zone's brokers host."""
    for broker in zone.brokers.values():
        for hosted in broker.replicas._partitions.values():
            for partition in hosted.values():
                yield broker, partition
