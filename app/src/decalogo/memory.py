"""Memory of the container that a service runs in, and the bound of each of its processes.

The kernel's OOM killer gives no reason and may pick any process. The bound therefore follows the limit of the cgroup
(version 1 or 2) and the number of processes, and the parent ends the largest process before the limit is reached.
"""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LEAST_BYTES: Final = 640 << 20
"""Least bound of a process: a long plan needs 300 MiB of address space."""
_ROOT: Final = Path("/")
_bound = 0
_V2: Final = ("memory.max", "memory.current", "inactive_file", "active_file")
_V1: Final = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "total_active_file")


@dataclass(frozen=True, slots=True)
class Container:
    """The innermost cgroup with a memory limit.

    Attributes:
        limit: its limit, bytes.
        folder: its folder in the file system of cgroups.
        names: its files of limit and usage, and the entries of ``memory.stat`` that the kernel can reclaim.
    """

    limit: int
    folder: Path
    names: tuple[str, str, str, str]

    def used(self) -> int:
        """Return the memory in use that cannot be reclaimed, bytes; 0 if it is unknown."""
        try:
            usage = int((self.folder / self.names[1]).read_text(encoding="ascii"))
            lines = (self.folder / "memory.stat").read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            return 0
        counts = dict(line.split(maxsplit=1) for line in lines if " " in line)
        return usage - sum(int(counts.get(name, 0)) for name in self.names[2:])


def find_container(root: Path = _ROOT) -> Container | None:
    """Return the cgroup whose memory limit applies to this process; ``None`` if there is none.

    Args:
        root: folder that holds ``proc`` and ``sys``.
    """
    found = [one for one in _cgroups(root) if one.limit < _physical(root)]
    return min(found, key=lambda one: one.limit, default=None)


def process_bytes(most: int, processes: int, root: Path = _ROOT, *, least: int = LEAST_BYTES) -> int:
    """Return the bound of address space for each of the processes of a service, bytes; 0 is no bound.

    Args:
        most: the setting, such as ``queue.child_address_space_bytes``; 0 disables.
        processes: number of processes that share the memory.
        root: see ``find_container``.
        least: the bound where the container has less for each.
    """
    container = find_container(root)
    whole = container.limit if container else _physical(root)
    return min(most, max(least, whole // processes)) if most else 0


def set_bound(most: int, processes: int) -> None:
    """Set the bound of each process of this worker; call it before the first fork. See ``process_bytes``."""
    global _bound
    _bound = process_bytes(most, processes)


def bound() -> int:
    """Return the bound of each process of this worker, bytes; 0 is no bound."""
    return _bound


def limit_this_process() -> None:
    """Bound the address space of this process, and of the programs that it runs."""
    if _bound:
        limit_address_space(_bound)


def limit_address_space(most: int, pid: int = 0) -> None:
    """Limit the address space of a process to ``most`` bytes, or to its present limit if that is lower.

    Args:
        most: bytes.
        pid: the process, on Linux only; 0 is this one.
    """
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if pid:
        resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))
    else:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def resident(pid: int) -> int:
    """Return the resident memory of a process and of the programs it runs, bytes."""
    return sum(_resident(one) for one in (pid, *children(pid)))


def is_alive(pid: int) -> bool:
    """Return whether a process still has its memory: it exists, and is not only to be reaped."""
    return _stat(pid)[:1] not in ([], ["Z"], ["X"]) if pid else False


def children(pid: int) -> list[int]:
    """Return the ids of the direct children of a process."""
    return [other for other in _processes() if _stat(other)[1:2] == [str(pid)]]


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU time of a process, seconds; ``None`` where the system does not tell."""
    return _seconds(_stat(pid), 2)


def whole_cpu_seconds(pid: int, *, running: bool) -> float | None:
    """Return the CPU time of a process and of the programs that it ran, seconds; see ``cpu_seconds``.

    Args:
        pid: the process.
        running: whether to count a program that runs now; it is looked for among all processes.
    """
    whole = _seconds(_stat(pid), 4)
    if whole is None or not running:
        return whole
    return whole + sum(_seconds(_stat(child), 4) or 0.0 for child in children(pid))


def _cgroups(root: Path) -> Iterator[Container]:
    base = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            yield from _limited(base, path, _V2)
        elif "memory" in controllers.split(","):
            yield from _limited(base / "memory", path, _V1)


def _limited(base: Path, path: str, names: tuple[str, str, str, str]) -> Iterator[Container]:
    """Yield the cgroups from ``path`` up to ``base`` that have a limit. A container sees its own one as ``base``."""
    folder = base / path.lstrip("/")
    for one in (folder, *folder.parents):
        with suppress(OSError, ValueError):  # no such cgroup in this container; "max"
            yield Container(int((one / names[0]).read_text(encoding="ascii")), one, names)
        if one == base:
            return


def _physical(root: Path) -> int:
    try:
        found = re.search(r"MemTotal:\s+(\d+) kB", (root / "proc/meminfo").read_text(encoding="ascii"))
    except OSError:
        found = None
    return int(found[1]) << 10 if found else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _processes() -> Iterator[int]:
    try:
        yield from (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())
    except OSError:
        return


def _stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` from the state on (proc(5), field 3); empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _seconds(fields: list[str], count: int) -> float | None:
    """Return the sum of the first ``count`` of utime, stime, cutime and cstime (proc(5)), seconds."""
    return sum(map(int, fields[11 : 11 + count])) / os.sysconf("SC_CLK_TCK") if fields else None


def _resident(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") if fields else 0
