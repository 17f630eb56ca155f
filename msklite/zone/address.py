"""Where a zone is: the hosts by which it listens, clients know it, and other zones know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True, frozen=True)
class Address:
    """Where the nodes of a zone are."""

    listen: str
    advertise: str = ""
    """The host that clients are told, where it isn't the one to listen on."""
    inside: str = ""
    """The host that nodes of other zones dial, where it isn't the one that clients are told."""

    @property
    def told(self) -> str:
        """The host that clients dial."""
        if self.advertise:
            return self.advertise
        return "localhost" if self.listen in ("0.0.0.0", "::") else self.listen

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Address:
        """From `cluster.json`."""
        return cls(str(data["listen"]), str(data.get("advertise", "")), str(data.get("inside", "")))

    def plain(self) -> dict[str, str]:
        """For `cluster.json`: what is given."""
        return {key: value for key, value in asdict(self).items() if value}


def addresses_of(data: Mapping[str, Any]) -> dict[int, Address]:
    """All that `cluster.json` says, by zone; older files have `hosts`, by which all dial."""
    found = {int(zone): Address.of(at) for zone, at in data.get("addresses", {}).items()}
    old = {int(zone): str(host) for zone, host in data.get("hosts", {}).items()}
    return {zone: Address(str(data["host"]), host) for zone, host in old.items()} | found
