"""What the node exporter would say of a broker's machine, as far as the system tells it.

On Linux from /proc: CPU, memory, load and network of the machine, and of this process its memory
and CPU time; elsewhere only the volume. The volume is the broker's own where it has a size. Names
are the node exporter's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msklite.broker.broker import Broker
from msklite.broker.exposition import Page

_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_MEMORY = ("MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal", "SwapFree")


def page(broker: Broker) -> str:
    """Everything of the machine of one broker."""
    out = Page()
    for line in _lines("/proc/stat"):
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            for mode, n in zip(_MODES, ticks, strict=False):
                out.add("node_cpu_seconds_total", int(n) / _TICKS, "counter",
                        cpu=name.removeprefix("cpu"), mode=mode)  # fmt: skip
    for line in _lines("/proc/meminfo"):
        name, _, rest = line.partition(":")
        if name in _MEMORY:
            out.add(f"node_memory_{name}_bytes", int(rest.split()[0]) * 1024, "gauge")
    for line in _lines("/proc/loadavg"):
        for name, load in zip(
            ("node_load1", "node_load5", "node_load15"), line.split(), strict=False
        ):
            out.add(name, float(load), "gauge")
    _network(out)
    _volume(out, broker)
    _process(out)
    return out.text()


def _network(out: Page) -> None:
    for line in _lines("/proc/net/dev"):
        device, colon, rest = line.partition(":")
        if colon:
            numbers = rest.split()
            labels = {"device": device.strip()}
            out.add("node_network_receive_bytes_total", int(numbers[0]), "counter", **labels)
            out.add("node_network_transmit_bytes_total", int(numbers[8]), "counter", **labels)


def _volume(out: Page, broker: Broker) -> None:
    try:
        space = broker.world.storage.space(broker.directory)
    except OSError as e:
        broker.log.warning("%s can't be asked for its space: %s", broker.directory, e)
        return
    labels = {"mountpoint": broker.directory}
    out.add("node_filesystem_size_bytes", space.total, "gauge", **labels)
    out.add("node_filesystem_avail_bytes", space.usable, "gauge", **labels)
    out.add("node_filesystem_free_bytes", space.usable, "gauge", **labels)


def _process(out: Page) -> None:
    """Of the zone, which its brokers share."""
    for line in _lines("/proc/self/statm"):
        out.add("process_resident_memory_bytes",
                int(line.split()[1]) * os.sysconf("SC_PAGE_SIZE"), "gauge")  # fmt: skip
    spent = os.times()
    out.add("process_cpu_seconds_total", spent.user + spent.system, "counter")


def _lines(path: str) -> Iterator[str]:
    try:
        yield from Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
