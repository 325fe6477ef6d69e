"""Progress of each worker process, in memory shared with its parent, so that it is known when the process dies.

A process writes stage and page into its own slot, which takes microseconds per page. The parent reads the slot when the
process is lost. It also samples the memory of the process meanwhile: a process that the kernel kills cannot write.
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

_SLOT = struct.Struct("=48s16sIQQ")  # task id, stage, page, peak memory by the process and by its parent (bytes)
_SAMPLED = struct.Struct("=Q")
# Slots are assigned by process id modulo their number. The few processes of one worker do not collide. The area is made
# before the first fork; only pages in use occupy memory.
_SLOTS = 1024
_area = mmap.mmap(-1, _SLOTS * _SLOT.size)
_UNIT = 1 if sys.platform == "darwin" else 1024
_SAMPLED_AT = _SLOT.size - _SAMPLED.size


def begin(task_id: str) -> None:
    """Record in a worker process that a task starts, and follow the progress of its evaluation."""
    with suppress(OSError):
        # Reset the kernel's peak (proc(5), clear_refs), so that it is that of this document.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    _SLOT.pack_into(_area, _offset(os.getpid()), task_id.encode(), b"start", 0, _peak(), 0)
    progress.listen(_record)


def known(task_id: str) -> dict[str, Any]:
    """Return the recorded progress of a running or lost task; empty when there is none.

    The keys are ``stage``, ``page`` (if it applies), ``peak_memory_bytes`` (highest resident memory) and ``host``.
    """
    at = _area.find(task_id.encode())
    if not task_id or at < 0 or at % _SLOT.size:
        return {}
    _, stage, page, recorded, sampled = _SLOT.unpack_from(_area, at)
    facts = {"stage": stage.rstrip(b"\0").decode("ascii", "replace"), "peak_memory_bytes": max(recorded, sampled)}
    return facts | ({"page": page} if page else {}) | {"host": socket.gethostname()}


def sample(pid: int) -> None:
    """Record, in the parent, the peak memory of a worker process."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if found := re.search(r"VmHWM:\s+(\d+) kB", status):
            _SAMPLED.pack_into(_area, _offset(pid) + _SAMPLED_AT, int(found.group(1)) * 1024)


def _record(stage: str, page: int) -> None:
    offset = _offset(os.getpid())
    task_id = _area[offset : offset + 48]
    sampled = _SAMPLED.unpack_from(_area, offset + _SAMPLED_AT)[0]
    _SLOT.pack_into(_area, offset, task_id, stage.encode("ascii", "replace"), page, _peak(), sampled)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


def _offset(pid: int) -> int:
    return pid % _SLOTS * _SLOT.size
