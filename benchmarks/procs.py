"""What a peer costs, read from /proc: CPU, memory and disk of a process and its descendants.

CPU is user plus system time of every process of the tree, with that of children that have ended
and were waited for. Memory is the resident set, summed over the tree. Disk is what the files
occupy, not their length: Kafka's fresh index files are sparse.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sysconfig
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name (which may hold spaces and brackets)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """The process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(_stat(int(entry))[1]), []).append(int(entry))
            except OSError:
                continue  # it ended meanwhile
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def cpu_seconds(root: int) -> float:
    """CPU seconds that the tree has used since it was started."""
    total = 0
    for pid in tree(root):
        try:
            fields = _stat(pid)
        except OSError:
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / TICKS


def memory_bytes(root: int) -> int:
    """Resident memory of the tree."""
    total = 0
    for pid in tree(root):
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * os.sysconf("SC_PAGE_SIZE")


def shared_memory_bytes(root: int) -> int:
    """Memory of the tree with what processes share counted once (PSS)."""
    total = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def disk_bytes(folder: Path) -> int:
    """What the folder's files and folders occupy."""
    total = 0
    for parent, _folders, files in os.walk(folder):
        for path in (parent, *(os.path.join(parent, name) for name in files)):
            try:
                total += os.lstat(path).st_blocks * 512
            except OSError:
                continue  # deleted meanwhile
    return total


def _build() -> str:
    """How this Python was compiled, which is worth some 30 %."""
    flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return "optimised" if "--enable-optimizations" in flags else "compiled without optimisations"


def machine() -> str:
    """One line about where the figures come from."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GB",
        f"{platform.system()} {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()} ({_build()})",
    ]
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    if java.returncode == 0 and '"' in java.stderr:
        parts.append(f"Java {java.stderr.split(chr(34))[1]}")
    return ", ".join(parts)


def settle_disk() -> None:
    """Wait until the system has written what earlier loads left in its page cache.

    Else a load is charged for them: above a limit of such bytes the system makes writers wait, and
    write them out.
    """
    os.sync()
