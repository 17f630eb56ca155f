"""The plan against a world that fails in every order: a model of a cluster, no process."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.control import plan
from msklite.control.cluster import Operation, Wanted
from msklite.control.worker import undone


@dataclass
class Broker:
    """One broker of the model."""

    running: bool = True
    generation: int = 0
    epoch: int = 0
    lagging: int = 0


@dataclass
class World:
    """A cluster as files and processes would be; every step may fail before or after its effect."""

    directory: bool = False
    file: tuple[int, tuple[int, ...]] | None = None
    running: bool = False
    left: bool = False
    read: int = 0
    brokers: dict[int, Broker] = field(default_factory=dict)
    registered: set[int] = field(default_factory=set)
    epochs: int = 0
    restarts: list[int] = field(default_factory=list)

    def observe(self) -> plan.Observed:
        """What the fleet would see."""
        if self.file is None:
            return plan.Observed(directory=self.directory)
        generation, brokers = self.file
        if not self.running:
            return plan.Observed(True, generation, brokers, left=self.left)
        seen = {
            b: plan.Seen(k.running, False, k.lagging, k.generation, k.epoch)
            for b, k in self.brokers.items()
        }
        return plan.Observed(
            True, generation, brokers, True, False, self.read, seen, tuple(self.registered)
        )

    def begin(self, broker: int) -> None:
        """A broker starts with the file as it lies there."""
        assert self.file is not None
        self.epochs += 1
        self.brokers[broker] = Broker(True, self.read, self.epochs, 0)
        self.registered.add(broker)

    def take(self, wanted: Wanted, step: plan.Step) -> None:
        """The step's effect."""
        match step:
            case plan.WriteFile():
                gone = set(self.file[1] if self.file else ()) - set(wanted.brokers)
                assert not gone & self.registered, "the file forgets a broker that is registered"
                self.directory = True
                self.file = (wanted.generation, tuple(wanted.brokers))
            case plan.Start():
                assert self.file is not None
                self.running, self.left, self.read = True, False, self.file[0]
                for broker in self.file[1]:
                    self.begin(broker)
            case plan.Reload():
                assert self.file is not None
                self.read = self.file[0]
            case plan.StartBroker(broker):
                self.begin(broker)
            case plan.Reboot(broker):
                sick = [b for b, k in self.brokers.items() if b != broker and k.lagging]
                away = [b for b in wanted.brokers if not self.brokers[b].running]
                assert not sick and not away, "a second broker is taken away"
                self.restarts.append(broker)
                self.begin(broker)
                self.brokers[broker].lagging = 1
            case plan.Retire(broker):
                self.brokers.pop(broker, None)
                self.registered.discard(broker)
            case plan.Stop():
                self.running = self.left = False
            case plan.Remove():
                assert not self.running and not self.left, "a running cluster loses its directory"
                self.directory, self.file, self.brokers, self.registered = False, None, {}, set()
            case plan.Wait():
                for known in self.brokers.values():
                    known.lagging = 0
            case plan.Done():
                raise AssertionError("nothing is to be done")

    def fault(self, kind: str, broker: int) -> None:
        """Something dies."""
        if not self.running:
            return
        if kind == "supervisor":
            self.running, self.left = False, True
        elif kind == "all":
            self.running = False
        elif kind == "zone" and broker in self.brokers and self.file is not None:
            self.read = min(self.read, self.file[0])
            self.begin(broker)  # started again by the supervisor, with what the file says
            self.brokers[broker].generation = self.file[0]
        elif kind == "broker" and broker in self.brokers:
            self.brokers[broker].running = False
        elif kind == "lag" and broker in self.brokers:
            self.brokers[broker].lagging = 3


FAULTS = st.sampled_from(["none", "none", "lost", "unsaid", "supervisor", "all", "zone", "broker",
                          "lag"])  # fmt: skip


def run(world: World, wanted: Wanted, faults: list[tuple[str, int]]) -> int:
    """Follow the plan through the faults, and then without any, to Done; how many steps."""
    for steps in range(300):
        step = plan.next_step(wanted, world.observe())
        if isinstance(step, plan.Done):
            return steps
        kind, broker = faults.pop() if faults else ("none", 0)
        if kind != "lost":  # killed before the step took effect
            world.take(wanted, step)
        # "unsaid": killed after it took effect, which nobody heard; the plan must not care.
        world.fault(kind, broker)
    raise AssertionError(f"no end: {plan.next_step(wanted, world.observe())}")


def check(world: World, wanted: Wanted) -> None:
    """All is as wanted."""
    if not wanted.exists:
        assert not world.directory and not world.running
        return
    assert world.file == (wanted.generation, tuple(wanted.brokers))
    assert set(world.brokers) == set(wanted.brokers) == world.registered
    assert all(b.running for b in world.brokers.values())
    assert all(world.brokers[b].generation >= wanted.restart for b in wanted.brokers)
    assert all(world.brokers[int(b)].epoch > e for b, e in wanted.reboot.items())


changes = st.lists(
    st.sampled_from(["grow", "shrink", "live", "rolling", "reboot", "undo"]), max_size=5
)
faults = st.lists(st.tuples(FAULTS, st.integers(1, 7)), max_size=25)


@settings(max_examples=150, deadline=None)
@given(changes, st.data())
def test_every_order_of_failures_ends_as_wanted(todo: list[str], data: st.DataObject) -> None:
    world, wanted = World(), Wanted(2, [1, 2])
    run(world, wanted, data.draw(faults))
    check(world, wanted)
    for change in todo:
        before = wanted
        wanted = Wanted(2, list(before.brokers), generation=before.generation,
                        restart=before.restart)  # fmt: skip
        if change == "grow":
            wanted.brokers += [wanted.brokers[-1] + 1, wanted.brokers[-1] + 2]
        elif change == "shrink" and len(wanted.brokers) > 2:
            wanted.brokers = wanted.brokers[:-2]
        elif change == "reboot":
            wanted.reboot = {str(b): world.brokers[b].epoch for b in wanted.brokers[:2]}
        if change != "reboot":
            wanted.generation += 1
        if change in ("rolling", "undo"):
            wanted.restart = wanted.generation
        if change == "undo":  # it gets some steps far, and then what was before is wanted
            for _ in range(data.draw(st.integers(0, 6))):
                step = plan.next_step(wanted, world.observe())
                if not isinstance(step, plan.Done):
                    world.take(wanted, step)
            kept = {"azs": 2, "brokers": before.brokers, "generation": before.generation,
                    "restart": before.restart}  # fmt: skip
            wanted = undone(wanted, Operation("o", "c", "k", 0, before=kept))
        run(world, wanted, data.draw(faults))
        check(world, wanted)
    wanted = Wanted(2, wanted.brokers, generation=wanted.generation, exists=False)
    run(world, wanted, data.draw(faults))
    check(world, wanted)


def test_a_healthy_cluster_is_left_alone() -> None:
    world, wanted = World(), Wanted(2, [1, 2])
    assert run(world, wanted, []) == 2  # the file, and the start
    assert plan.next_step(wanted, world.observe()) == plan.Done()


def test_one_at_a_time_and_each_once() -> None:
    world, wanted = World(), Wanted(3, [1, 2, 3])
    run(world, wanted, [])
    wanted = Wanted(3, [1, 2, 3], generation=2, restart=2)
    run(world, wanted, [])
    assert world.restarts == [1, 2, 3]
