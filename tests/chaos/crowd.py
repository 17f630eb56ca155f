"""All the clients that live through the chaos, of two libraries: writers, readers, groups."""

from __future__ import annotations

from tests.chaos.cluster import until
from tests.chaos.readers import (
    RENEWALS,
    Book,
    KpMember,
    KpReader,
    Member,
    RdMember,
    RdReader,
    Renewable,
)
from tests.chaos.writers import KpWriter, RdWriter
from tests.crash.load import Load, Writer

TOPIC = "chaos"
PARTITIONS = 4
PATIENCE_S = 90


class Crowd:
    """All the clients."""

    def __init__(self, bootstrap: str, seed: int) -> None:
        self.bootstrap = bootstrap
        sizes = {"rd-a": 200, "rd-b": 2000, "kp-a": 300, "kp-b": 1500}
        self.writers: list[Writer] = [
            (RdWriter if name.startswith("rd") else KpWriter)(
                name, bootstrap, seed, TOPIC, PARTITIONS, size
            )
            for name, size in sizes.items()
        ]
        self.readers = [
            RdReader("rd-read", bootstrap, TOPIC, PARTITIONS),
            KpReader("kp-read", bootstrap, TOPIC, PARTITIONS),
        ]
        self.books = [Book("rd-group"), Book("kp-group")]
        rd, kp = self.books
        self.members = [
            *(RdMember(f"rd-m{i}", bootstrap, TOPIC, rd) for i in range(2)),
            *(KpMember(f"kp-m{i}", bootstrap, TOPIC, kp) for i in range(2)),
        ]

    @property
    def loads(self) -> list[Load]:
        return [*self.writers, *self.readers, *self.members]

    def healthy(self) -> None:
        for load in self.loads:
            if load.failure is not None:
                raise AssertionError(f"{load.name} failed: {load.failure!r}") from load.failure

    def progress(self) -> dict[str, int]:
        """What each has achieved so far."""
        written = {w.name: sum(map(len, list(w.acknowledged.values()))) for w in self.writers}
        read = {r.name: r.count for r in self.readers}
        return {**written, **read, **{b.group: b.count for b in self.books}}

    def all_go_on(self) -> None:
        """Everybody gets something done, from now on."""
        before = self.progress()

        def stuck() -> list[str]:
            self.healthy()
            now = self.progress()
            return [name for name, done in before.items() if now[name] <= done]

        try:
            until(lambda: not stuck(), "all clients go on", PATIENCE_S)
        except AssertionError:
            self._renew(stuck())
            try:
                until(lambda: not stuck(), "all clients go on", PATIENCE_S)
            except AssertionError as e:
                raise AssertionError(f"{e}; stuck: {stuck()}; {self.progress()}") from e

    @property
    def renewals(self) -> int:
        """How many clients of librdkafka were replaced."""
        return sum(c.renewals for c in self.loads if isinstance(c, Renewable))

    def _renew(self, stuck: list[str]) -> None:
        """Replace consumers of librdkafka that stand still; see `readers.Renewable`."""
        for name in stuck:
            print(f"{name} stands still: {self.progress()}", flush=True)
        for client in (*self.readers, *self.members):
            known_as = client.book.group if isinstance(client, Member) else client.name
            if isinstance(client, Renewable) and known_as in stuck:
                print(f"{client.name} goes on with a fresh client", flush=True)
                client.renew()
        assert self.renewals <= RENEWALS, f"too many clients stood still, lastly {stuck}"

    def have_read_all(self) -> bool:
        """Whether every reader and group has what all writers have written."""
        self.healthy()
        written = sum(sum(w.sent.values()) for w in self.writers)
        return all(r.count >= written for r in (*self.readers, *self.books))
