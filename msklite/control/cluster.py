"""A cluster as the service knows it, and the operations on it: the documents of the store.

`settled` is what the caller gave at creation with all finished updates, in the shape of the API's
`provisioned` block; `wanted` is what the brokers are to be, which an update changes at once and
which runs ahead of `settled` until the update has ended.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Where in its life a cluster is."""

    CREATING = "CREATING"
    SETTLED = "SETTLED"
    UPDATING = "UPDATING"
    REBOOTING = "REBOOTING_BROKER"
    DELETING = "DELETING"
    FAILED = "FAILED"


@dataclass(slots=True)
class Wanted:
    """What the brokers are to be."""

    azs: int
    brokers: list[int]
    config: dict[str, str] = field(default_factory=dict)
    """Broker settings: what the configuration's revision holds."""
    extras: dict[str, Any] = field(default_factory=dict)
    """Further fields of the cluster's file, by their names there."""
    generation: int = 1
    """Grows with every change of this."""
    restart: int = 0
    """Brokers started with an older generation are to be restarted, one after another."""
    reboot: dict[str, int] = field(default_factory=dict)
    """Brokers to be rebooted, with the broker epoch that they must have left behind."""
    exists: bool = True
    """False: it is to be deleted."""


@dataclass(slots=True)
class Cluster:
    """See the module's text."""

    arn: str
    name: str
    created_ms: int
    version: str
    settled: dict[str, Any]
    subnets: list[str]
    """Zone by zone: brokers of az1 are in the first."""
    wanted: Wanted
    phase: Phase = Phase.CREATING
    operation: str | None = None
    failure: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    added_ms: dict[str, int] = field(default_factory=dict)
    policy: str | None = None
    policy_version: str | None = None
    highest_broker: int = 0
    """Numbers of brokers aren't used again."""

    def doc(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @classmethod
    def of(cls, doc: dict[str, Any]) -> Cluster:
        """From the store."""
        found = cls(**{**doc, "wanted": Wanted(**doc["wanted"])})
        found.phase = Phase(found.phase)
        return found

    @property
    def moving(self) -> bool:
        """Whether something is being done to it."""
        return self.phase in (Phase.CREATING, Phase.UPDATING, Phase.REBOOTING, Phase.DELETING)


@dataclass(slots=True)
class Operation:
    """One change of a cluster, from the request to its end."""

    arn: str
    cluster_arn: str
    kind: str
    """MSK's operationType."""
    created_ms: int
    state: str = "PENDING"
    steps: list[str] = field(default_factory=list)
    done_steps: int = 0
    ended_ms: int | None = None
    source: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    settled_after: dict[str, Any] | None = None
    """What becomes the cluster's `settled` when it succeeds."""
    before: dict[str, Any] | None = None
    """The `wanted` to go back to when it fails."""
    error: str | None = None
    """Why it failed; set while it is being undone, too."""
    connection: dict[str, Any] | None = None

    def doc(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @classmethod
    def of(cls, doc: dict[str, Any]) -> Operation:
        """From the store."""
        return cls(**doc)
