"""What to do next to a cluster: a pure function of what is wanted and what is seen.

It knows no process, clock or file, and keeps no memory: after a kill between any two steps the next
look at the cluster leads on. So every step can be asked for twice, and each changes something that
the next look can see:

| step | what is seen afterwards |
|---|---|
| Retire | that broker neither runs nor is registered |
| WriteFile | the file has the wanted generation |
| Start | the cluster's process answers |
| Reload | it has read that generation |
| StartBroker | the broker runs |
| Reboot | the broker was started with the generation, or has a newer broker epoch |
| Stop, Remove | no process; no directory |

Rules: brokers go before the file forgets them; brokers are restarted one at a time, and only while
every other one is in sync, so that no partition loses a second replica to us; nothing is done while
a zone that is being started again has brokers to bring back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msklite.control.cluster import Wanted


@dataclass(slots=True, frozen=True)
class Seen:
    """One broker as its cluster tells of it."""

    running: bool
    fenced: bool = False
    lagging: int = 0
    generation: int = 0
    epoch: int = -1

    @property
    def healthy(self) -> bool:
        """In service, and in sync with all that it holds."""
        return self.running and not self.fenced and not self.lagging


@dataclass(slots=True, frozen=True)
class Observed:
    """A cluster as it is."""

    directory: bool = False
    file_generation: int | None = None
    """None: there is no file."""
    file_brokers: tuple[int, ...] = ()
    running: bool = False
    """Whether its process answers."""
    left: bool = False
    """Zones that run without their supervisor."""
    generation: int = 0
    """The generation that all its running zones have read."""
    brokers: dict[int, Seen] = field(default_factory=dict)
    registered: tuple[int, ...] = ()


@dataclass(slots=True, frozen=True)
class Retire:
    """A broker leaves for good."""

    broker: int


@dataclass(slots=True, frozen=True)
class WriteFile:
    """The cluster's file says what is wanted."""


@dataclass(slots=True, frozen=True)
class Start:
    """Start its processes, or take over those that run without a supervisor."""


@dataclass(slots=True, frozen=True)
class Reload:
    """Its processes read the file again."""


@dataclass(slots=True, frozen=True)
class StartBroker:
    """A broker that is new, or was stopped."""

    broker: int


@dataclass(slots=True, frozen=True)
class Reboot:
    """A broker stops cleanly and starts again."""

    broker: int


@dataclass(slots=True, frozen=True)
class Stop:
    """End its processes cleanly."""


@dataclass(slots=True, frozen=True)
class Remove:
    """Delete its directory."""


@dataclass(slots=True, frozen=True)
class Wait:
    """Look again soon."""

    why: str


@dataclass(slots=True, frozen=True)
class Done:
    """All is as wanted."""


Step = (
    Retire | WriteFile | Start | Reload | StartBroker | Reboot | Stop | Remove | Wait | Done
)  # fmt: skip


def next_step(wanted: Wanted, seen: Observed) -> Step:
    """The one thing to do now."""
    if not wanted.exists:
        if seen.running or seen.left:
            return Stop()
        return Remove() if seen.directory else Done()
    step = _file_step(wanted, seen)
    if step is not None:
        return step
    if not seen.running:
        return Start()
    if seen.generation < wanted.generation:
        return Reload()
    for broker in wanted.brokers:
        if not seen.brokers.get(broker, Seen(False)).running:
            return StartBroker(broker)
    return _rolling_step(wanted, seen)


def _file_step(wanted: Wanted, seen: Observed) -> Step | None:
    """Until the file is as wanted; brokers that are to go leave before it forgets them."""
    if seen.file_generation is not None and seen.file_generation >= wanted.generation:
        return None
    leaving = [b for b in seen.file_brokers if b not in wanted.brokers]
    if leaving and not seen.running:
        return Start()
    for broker in leaving:
        known = seen.brokers.get(broker)
        if broker in seen.registered or (known is not None and known.running):
            return Retire(broker)
    return WriteFile()


def _rolling_step(wanted: Wanted, seen: Observed) -> Step:
    """Restart who must be restarted, one at a time, and wait until all are in service."""
    due = [b for b in wanted.brokers if _is_due(wanted, b, seen.brokers[b])]
    sick = [b for b in wanted.brokers if not seen.brokers[b].healthy]
    if due:
        return Wait(f"broker {sick[0]} to be in sync") if sick else Reboot(due[0])
    rolled = wanted.restart == wanted.generation or bool(wanted.reboot)
    for broker in sick:
        if seen.brokers[broker].fenced or rolled:
            return Wait(f"broker {broker} to be in sync")
    return Done()


def _is_due(wanted: Wanted, broker: int, seen: Seen) -> bool:
    epoch = wanted.reboot.get(str(broker))
    return seen.generation < wanted.restart or (epoch is not None and seen.epoch <= epoch)
