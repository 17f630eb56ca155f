"""`msklite logs`: the end of a log file, the supervisor's or a zone's, and what follows.

`msklite cluster logs` is the same for a cluster of the control API. Where zones are run one by one
there is no supervisor's log, and all of theirs are shown as one.

A zone whose nodes are processes has a log file for each: they are shown as one, by time.
"""

from __future__ import annotations

import heapq
import json
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from msklite.cli import places
from msklite.errors import UserError
from msklite.zone import unsupervised
from msklite.zone.spec import LOG_LEVELS, ZoneSpec

POLL_S = 0.2
F = TypeVar("F", bound=Callable[..., Any])
_LINE = re.compile(r"(\S+ \S+) (DEBUG|INFO|WARNING|ERROR|CRITICAL) +(\S+): (.*)")


def log_options(command: F) -> F:
    """What `msklite logs` and `msklite cluster logs` take."""
    for option in reversed((
        click.option("--follow", "-f", is_flag=True, help="Go on with lines as they are written."),
        click.option("--lines", "-n", default=100, show_default=True,
                     help="How many lines to begin with."),
        click.option("--level", type=click.Choice(LOG_LEVELS, case_sensitive=False),
                     default="DEBUG", help="Only lines of this level and above."),
        click.option("--zone", metavar="AZ", callback=places.zone_number,
                     help="That zone's log, not the supervisor's."),
        click.option("--broker", type=int,
                     help="The log of one broker that is a process of its own."),
        places.output_option("table", "json"),
    )):  # fmt: skip
        command = option(command)
    return command


@click.command()
@log_options
@places.cluster_options
def logs(place: places.Place, **options: Any) -> None:
    """Show the log of a cluster: what its supervisor saw and did, or one zone, or one broker."""
    show(place, **options)


def show(
    place: places.Place,
    follow: bool,
    lines: int,
    level: str,
    zone: int | None,
    broker: int | None,
    output: str,
) -> None:
    """Print what `log_options` ask for."""
    paths = _log_files(place, zone, broker)
    wanted = set(LOG_LEVELS[LOG_LEVELS.index(level.upper()) :]) | {"CRITICAL"}
    try:
        for line in _tail(paths, lines, follow, wanted):
            click.echo(_as_json(line) if output == "json" else line)
    except FileNotFoundError as error:
        raise UserError(f"There is no log yet: {error.filename}.") from None
    except KeyboardInterrupt:
        pass


def _log_files(place: places.Place, zone: int | None, broker: int | None) -> list[Path]:
    spec = place.spec()
    if broker is not None:
        return [_broker_log(spec, broker)]
    if zone is None and place.by_hand:  # no supervisor that could tell: the zones themselves
        found = [process.log_file for process in unsupervised.processes(spec)]
        return [path for path in found if path.exists()] or found
    if zone is None:
        return [spec.main_log]
    known = tuple(spec.zones) or (1,)
    if zone not in known:
        names = ", ".join(f"az{z}" for z in known)
        raise UserError(f"There is no zone az{zone}: this cluster has {names}.")
    return [process.log_file for process in spec.process_specs() if process.zone == zone]


def _broker_log(spec: ZoneSpec, broker: int) -> Path:
    for process in spec.process_specs():
        if broker in process.brokers:
            if process.node is None and spec.zones:
                raise UserError(
                    f"Broker {broker} writes into the log of its zone: --zone {process.label}."
                )
            return process.log_file
    known = ", ".join(map(str, spec.all_brokers))
    raise UserError(f"There is no broker {broker}: this cluster has {known}.")


def _as_json(line: str) -> str:
    match = _LINE.fullmatch(line)
    if match is None:
        return json.dumps({"message": line})
    when, level, logger, message = match.groups()
    return json.dumps({"time": when, "level": level, "logger": logger, "message": message})


def _tail(paths: list[Path], count: int, follow: bool, wanted: set[str]) -> Iterator[str]:
    files = [_LogFile(path, wanted) for path in paths]
    last = deque(_merged(file.begin() for file in files), maxlen=max(0, count))
    yield from last
    while follow:
        time.sleep(POLL_S)
        yield from _merged(file.more() for file in files)


def _merged(found: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of several files by time; one without a time stays behind the line above it."""
    return (line for _, line in heapq.merge(*map(_timed, found), key=lambda pair: pair[0]))


def _timed(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    when = ""
    for line in lines:
        match = _LINE.match(line)
        if match is not None:
            when = match.group(1)
        yield when, line


class _LogFile:
    """One log file, read from where it was read last; its rotation is noticed."""

    def __init__(self, path: Path, wanted: set[str]) -> None:
        self._path = path
        self._keep = _Filter(wanted)
        self._position = 0
        self._number = -1

    def begin(self) -> list[str]:
        """All that is there. FileNotFoundError."""
        with self._path.open(encoding="utf-8", errors="replace") as file:
            self._number = os.fstat(file.fileno()).st_ino
            return list(self._read(file))

    def more(self) -> list[str]:
        """What has come since."""
        try:
            file = self._path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []  # rotation has moved it away this moment
        with file:
            found = os.fstat(file.fileno())
            if found.st_ino != self._number or found.st_size < self._position:
                self._number, self._position = found.st_ino, 0  # rotation has put another here
            file.seek(self._position)
            return list(self._read(file))

    def _read(self, file: TextIO) -> Iterator[str]:
        while (line := file.readline()).endswith("\n"):  # half a line is still being written
            self._position = file.tell()
            if self._keep(line):
                yield line.rstrip("\n")


class _Filter:
    """Keeps lines of the wanted levels; a traceback's lines go with the line above them."""

    def __init__(self, wanted: set[str]) -> None:
        self._wanted = wanted
        self._last = True

    def __call__(self, line: str) -> bool:
        match = _LINE.match(line)
        if match is not None:
            self._last = match.group(2) in self._wanted
        return self._last
