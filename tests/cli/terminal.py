"""A pseudo-terminal with the console script in its foreground, as a person at a keyboard has it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from types import TracebackType
from typing import Self

from tests.cli.runner import SCRIPT, Msklite, one_zone

CTRL_C = b"\x03"
PATIENCE_S = 60


class Terminal:
    """`with Terminal(msklite, "up") as t`: `expect` reads, `type` writes, `wait` ends."""

    def __init__(self, msklite: Msklite, *args: str) -> None:
        self._ours, theirs = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [SCRIPT, *one_zone(args)],
            stdin=theirs, stdout=theirs, stderr=theirs, env=msklite.env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that ^C is a signal
        )  # fmt: skip
        os.close(theirs)

    def expect(self, text: str) -> str:
        """Read until `text` has come; returns everything up to it and forgets it."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.seen:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen!r}"
            if not self._read():
                break
        before, found, after = self.seen.partition(text)
        assert found, f"no {text!r} in {self.seen!r}"
        self.seen = after
        return before + found

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 1)[0]:
            return True
        try:
            data = os.read(self._ours, 65536)
        except OSError:
            return False  # the other side is closed
        self.seen += data.decode()
        return bool(data)

    def type(self, data: bytes) -> None:
        os.write(self._ours, data)

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._ours)
        self._ours = -1

    def wait(self) -> int:
        """Read to the end; the exit code, negative for a signal."""
        while self._ours >= 0 and self._read():
            pass
        return self.process.wait(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if self._ours >= 0:
            os.close(self._ours)
