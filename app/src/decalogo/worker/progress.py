"""What each process of a worker is doing, in memory it shares with its parent: what is known when it dies.

A process writes where it is into its own slot (microseconds a page); the parent looks when the process is lost, and
samples its memory meanwhile, because a process that the kernel kills writes nothing more.
"""

from __future__ import annotations

import mmap
import os
import re
import resource
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from decalogo.evaluation import progress

_SLOT = struct.Struct("=48s16sIQQ")  # task id, stage, page, peak told by the process, peak seen by its parent (bytes)
_SEEN = struct.Struct("=Q")
# By process id: the few processes of one worker do not meet. Made before the first fork; only what is used is memory.
_SLOTS = 1024
_area = mmap.mmap(-1, _SLOTS * _SLOT.size)
_UNIT = 1 if sys.platform == "darwin" else 1024
_SEEN_AT = _SLOT.size - _SEEN.size


def begin(task_id: str) -> None:
    """Note in a worker's process that a task starts; from here on its evaluation is heard."""
    with suppress(OSError):
        # The kernel's peak is then this document's, not that of a larger one before it (proc(5), clear_refs).
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    _SLOT.pack_into(_area, _offset(os.getpid()), task_id.encode(), b"start", 0, _peak(), 0)
    progress.listen(_note)


def known(task_id: str) -> dict[str, Any]:
    """Return what is known of a task that runs or was lost: stage, page (where pages matter), peak memory, host.

    ``peak_memory_bytes`` is the highest resident memory that was seen; empty when nobody wrote of the task.
    """
    at = _area.find(task_id.encode())
    if not task_id or at < 0 or at % _SLOT.size:
        return {}
    _, stage, page, told, seen = _SLOT.unpack_from(_area, at)
    facts = {"stage": stage.rstrip(b"\0").decode("ascii", "replace"), "peak_memory_bytes": max(told, seen)}
    return facts | ({"page": page} if page else {}) | {"host": socket.gethostname()}


def sample(pid: int) -> None:
    """Note in the parent how much memory a process has held at its highest."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if found := re.search(r"VmHWM:\s+(\d+) kB", status):
            _SEEN.pack_into(_area, _offset(pid) + _SEEN_AT, int(found.group(1)) * 1024)


def _note(stage: str, page: int) -> None:
    offset = _offset(os.getpid())
    task_id = _area[offset : offset + 48]
    seen = _SEEN.unpack_from(_area, offset + _SEEN_AT)[0]
    _SLOT.pack_into(_area, offset, task_id, stage.encode("ascii", "replace"), page, _peak(), seen)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


def _offset(pid: int) -> int:
    return pid % _SLOTS * _SLOT.size
