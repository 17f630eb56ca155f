"""Golden stories of the quorum: tests/scenarios/raft/*.txt, each command with its full trace.

    # what the story is about
    quorum 3 1                 voters, observers
    > start 1 2                begin lives; `start all`
    > tick 1 after 1000        time moves on for all, and node 1's timer is looked at
    > deliver                  carry messages until there are none; `deliver 1->2 2->1`: those links
    > step                     carry only what is under way now, not what follows from it
    > drop 1->2                lose what is under way there
    > sync 1                   the disk is done; only after `syncs off`, else it is at once
    > propose 1 hello
    > crash 2                  what isn't synced is lost
    > checkpoint 1             up to its high watermark, and what is before it goes
    > install 1                the checkpoint that it fetched is on the disk; `install 1 damaged`
    > show                     everybody's state

MSKLITE_REWRITE=1 writes the traces anew: read the difference as prose before you commit it.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from msklite.errors import KafkaError
from msklite.raft.messages import Message, OffsetEpoch, Reply
from msklite.raft.voters import ReplicaKey
from tests.raft.lab import Lab, Server, batches

FOLDER = Path(__file__).parents[1] / "scenarios" / "raft"
REWRITE = os.environ.get("MSKLITE_REWRITE") == "1"


class Story(Lab):
    """The lab, driven by lines of text."""

    def __init__(self, voters: int, observers: int) -> None:
        super().__init__(voters, observers)
        self.lines: list[str] = []
        self.queue: deque[Message] = deque()
        self.lives: dict[int, int] = {}
        self.syncs = True

    def post(self, sender: Server, message: Message) -> None:
        self.trace(f"{sender.id} -> {message.to.id} {words(message)}")
        self.lives[id(message)] = self.servers[message.to.id].life
        self.queue.append(message)

    def obey(self, line: str) -> list[str]:
        """Carry out one command; its trace."""
        self.lines = []
        name, *rest = line.split()
        getattr(self, f"do_{name}")(*rest)
        if self.syncs:
            self.settle()
        return self.lines

    def settle(self) -> None:
        """Sync whatever waits for it."""
        while ends := [s.begin_sync() for s in self.servers.values() if s.node is not None]:
            if not any(end() for end in ends if end is not None):
                return

    def _ids(self, words: tuple[str, ...]) -> list[int]:
        return list(self.servers) if words == ("all",) else [int(w) for w in words]

    def do_start(self, *ids: str) -> None:
        for i in self._ids(ids):
            self.servers[i].start()

    def do_tick(self, who: str, _: str, ms: str) -> None:
        self.now += int(ms)
        for i in self._ids((who,)):
            self.servers[i].up.tick(self.now, self.wall)
            self.servers[i].carry_out()

    def do_deliver(self, *links: str) -> None:
        while batch := self._take(links):
            for message in batch:
                self._arrive(message)

    def do_step(self, *links: str) -> None:
        for message in self._take(links):
            self._arrive(message)

    def do_drop(self, *links: str) -> None:
        for message in self._take(links):
            self.trace(f"lost: {message.sender.id} -> {message.to.id} {words(message)}")

    def _take(self, links: tuple[str, ...]) -> list[Message]:
        taken = [m for m in self.queue if not links or f"{m.sender.id}->{m.to.id}" in links]
        self.queue = deque(m for m in self.queue if m not in taken)
        return taken

    def _arrive(self, message: Message) -> None:
        server = self.servers[message.to.id]
        stale = isinstance(message, Reply) and self.lives.pop(id(message)) != server.life
        if server.node is None or stale:
            self.trace(f"nobody takes: {message.sender.id} -> {message.to.id} {words(message)}")
            return
        server.node.step(message, self.now, self.wall)
        server.carry_out()
        if self.syncs:
            self.settle()

    def do_syncs(self, what: str) -> None:
        self.syncs = what == "on"

    def do_sync(self, *ids: str) -> None:
        for i in self._ids(ids):
            end = self.servers[i].begin_sync()
            if end is not None:
                end()

    def do_propose(self, who: str, value: str) -> None:
        try:
            self.servers[int(who)].propose(value.encode())
        except KafkaError as refused:
            self.trace(f"{who} refuses: {refused.code.name}")

    def do_resign(self, who: str) -> None:
        self.servers[int(who)].up.resign(self.now)
        self.servers[int(who)].carry_out()

    def do_crash(self, *ids: str) -> None:
        for i in self._ids(ids):
            self.servers[i].crash()
            self.trace(f"{i} is down, with its log up to {self.servers[i].log.end_offset}")

    def do_checkpoint(self, who: str) -> None:
        self.servers[int(who)].checkpoint(keep=1)

    def do_install(self, who: str, how: str = "well") -> None:
        self.servers[int(who)].install(how == "damaged")

    def do_show(self) -> None:
        for s in self.servers.values():
            if s.node is None:
                self.trace(f"{s.id} down, log {s.log.start_offset}..{s.log.end_offset}")
                continue
            state, hw = s.node.state, s.node.high_watermark
            self.trace(
                f"{s.id} {state.role.value} epoch {state.epoch} leader {state.leader_id} "
                f"log {s.log.start_offset}..{s.log.end_offset} high watermark {hw}"
            )


def words(message: Message) -> str:
    """A message, without sender, receiver and number."""
    skip = ("sender", "to", "correlation", "endpoints")
    parts = [f"{f.name}={_value(getattr(message, f.name))}" for f in fields(message)
             if f.name not in skip and getattr(message, f.name) not in (None, b"")]  # fmt: skip
    return f"{type(message).__name__}({', '.join(parts)})"


def _value(value: Any) -> str:
    if isinstance(value, OffsetEpoch):
        return f"{value.offset}@{value.epoch}"
    if isinstance(value, bytes) and value.startswith(b"[("):
        return f"{len(value)} bytes"
    if isinstance(value, bytes):
        return f"[{batches(value)}]"
    if isinstance(value, tuple) and all(isinstance(v, ReplicaKey) for v in value):
        return str([v.id for v in value])
    return getattr(value, "name", str(value))


def run(text: str) -> str:
    """The story with its traces as they are now."""
    out: list[str] = []
    story: Story | None = None
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            out.append(line)
        elif line.startswith("quorum "):
            out.append(line)
            story = Story(*(int(n) for n in line.split()[1:]))
        elif line.startswith("> "):
            assert story is not None, "a story begins with its quorum"
            out.append(line)
            out += [f"  {traced}" for traced in story.obey(line[2:])]
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda p: p.stem)
def test_the_story_is_as_written(path: Path) -> None:
    text = path.read_text()
    now = run(text)
    if REWRITE:
        path.write_text(now)
    assert now == path.read_text(), "see MSKLITE_REWRITE in this module's text"


def test_there_are_stories() -> None:
    assert len(list(FOLDER.glob("*.txt"))) >= 8
