"""`msklite logs`: the end of a log file, the supervisor's or a zone's, and what follows."""

from __future__ import annotations

import json
import os
import re
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import click

from msklite.cli import places
from msklite.errors import UserError
from msklite.zone.spec import LOG_LEVELS, ZoneSpec

POLL_S = 0.2
_LINE = re.compile(r"(\S+ \S+) (DEBUG|INFO|WARNING|ERROR|CRITICAL) +(\S+): (.*)")


@click.command()
@click.option("--follow", "-f", is_flag=True, help="Go on with lines as they are written.")
@click.option("--lines", "-n", default=100, show_default=True, help="How many lines to begin with.")
@click.option("--level", type=click.Choice(LOG_LEVELS, case_sensitive=False), default="DEBUG",
              help="Only lines of this level and above.")  # fmt: skip
@click.option("--zone", "zone", metavar="AZ", callback=places.zone_number,
              help="That zone's log, not the supervisor's.")  # fmt: skip
@places.output_option("table", "json")
@places.cluster_options
def logs(
    follow: bool, lines: int, level: str, zone: int | None, output: str, place: places.Place
) -> None:
    """Show the log of a cluster: what its supervisor saw and did, or one zone."""
    path = _log_file(place.spec(), zone)
    wanted = set(LOG_LEVELS[LOG_LEVELS.index(level.upper()) :]) | {"CRITICAL"}
    try:
        for line in _tail(path, lines, follow, wanted):
            click.echo(_as_json(line) if output == "json" else line)
    except FileNotFoundError:
        raise UserError(f"There is no log yet: {path}.") from None
    except KeyboardInterrupt:
        pass


def _log_file(spec: ZoneSpec, zone: int | None) -> Path:
    if zone is None:
        return spec.main_log
    known = tuple(spec.zones) or (1,)
    if zone not in known:
        names = ", ".join(f"az{z}" for z in known)
        raise UserError(f"There is no zone az{zone}: this cluster has {names}.")
    return spec.for_zone(zone).log_file if spec.zones else spec.log_file


def _as_json(line: str) -> str:
    match = _LINE.fullmatch(line)
    if match is None:
        return json.dumps({"message": line})
    when, level, logger, message = match.groups()
    return json.dumps({"time": when, "level": level, "logger": logger, "message": message})


def _tail(path: Path, count: int, follow: bool, wanted: set[str]) -> Iterator[str]:
    keep = _Filter(wanted)
    last: deque[str] = deque(maxlen=max(0, count))
    with path.open(encoding="utf-8", errors="replace") as file:
        position = 0
        while (line := file.readline()).endswith("\n"):  # half a line is still being written
            position = file.tell()
            if keep(line):
                last.append(line.rstrip("\n"))
        number = os.fstat(file.fileno()).st_ino
    yield from last
    while follow:
        time.sleep(POLL_S)
        try:
            file = path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue  # rotation has moved it away this moment
        with file:
            found = os.fstat(file.fileno())
            if found.st_ino != number or found.st_size < position:
                number, position = found.st_ino, 0  # rotation has put another file here
            file.seek(position)
            while (line := file.readline()).endswith("\n"):
                position = file.tell()
                if keep(line):
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
