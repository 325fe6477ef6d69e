"""Progress of each worker process, in memory shared with its parent, so that it is known when the process dies.

A process writes stage, page and CPU time into its own slot, which takes microseconds per page. The parent reads the
slot when the process is lost, and meanwhile to end a process whose document exceeds its limits (``worker/guard.py``).
It also samples the memory of the process: a process that the kernel kills cannot write.
"""

from __future__ import annotations

import mmap
import os
import re
import resource
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from decalogo.evaluation import progress

# Task id, stage, page, peak memory by the process (bytes), whether it is guarded, CPU time allowed for the document,
# CPU time at the start of the document and of the step (seconds), peak memory by the parent.
_SLOT = struct.Struct("=48s16sIQBdddQ")
_HEAD = struct.Struct("=48s16sIQ")
_GUARD = struct.Struct("=Bdd")
_STEP = struct.Struct("=d")
_SAMPLED = struct.Struct("=Q")
_GUARD_AT: Final = _HEAD.size
_STEP_AT: Final = _GUARD_AT + _GUARD.size
_SAMPLED_AT: Final = _STEP_AT + _STEP.size
# Slots are assigned by process id modulo their number. The few processes of one worker do not collide. The area is made
# before the first fork; only pages in use occupy memory.
_SLOTS = 1024
_area = mmap.mmap(-1, _SLOTS * _SLOT.size)
_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Step:
    """What a guarded process does.

    Attributes:
        task_id: its Celery task.
        stage: stage of the evaluation.
        page: page of that stage; 0 if pages do not matter.
        allowed: CPU time allowed for the document, seconds; 0 is no limit.
        began: CPU time of the process and of the programs that it ran, when the evaluation began, seconds.
        since: CPU time of the process when the step began, seconds.
    """

    task_id: str
    stage: str
    page: int
    allowed: float
    began: float
    since: float


def begin(task_id: str) -> None:
    """Record in a worker process that a task starts, and follow the progress of its evaluation."""
    with suppress(OSError):
        # Reset the kernel's peak (proc(5), clear_refs), so that it is that of this document.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    peak, used = _usage()
    _SLOT.pack_into(_area, _offset(os.getpid()), task_id.encode(), b"start", 0, peak, 0, 0.0, used, used, 0)
    progress.listen(_record)


@contextmanager
def guarded(allowed: float) -> Iterator[None]:
    """Let the parent end this process meanwhile, if its document exceeds a limit or is no longer wanted.

    Args:
        allowed: CPU time, seconds; 0 is no limit.
    """
    place = _offset(os.getpid()) + _GUARD_AT
    _, used = _usage()
    _STEP.pack_into(_area, place + _GUARD.size, used)
    _GUARD.pack_into(_area, place, 1, allowed, cpu_seconds())
    try:
        yield
    finally:
        _GUARD.pack_into(_area, place, 0, 0.0, 0.0)


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the programs that it ran, seconds."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def step(pid: int) -> Step | None:
    """Return what a process does; ``None`` while it is not guarded."""
    task, stage, page, _, is_guarded, allowed, began, since, _ = _SLOT.unpack_from(_area, _offset(pid))
    return Step(_text(task), _text(stage), page, allowed, began, since) if is_guarded else None


def was_guarded(task_id: str) -> bool:
    """Return whether a running or lost task was evaluating its document."""
    at = _place(task_id)
    return at >= 0 and bool(_area[at + _GUARD_AT])


def known(task_id: str) -> dict[str, Any]:
    """Return the recorded progress of a running or lost task; empty when there is none.

    The keys are ``stage``, ``page`` (if it applies), ``peak_memory_bytes`` (highest resident memory) and ``host``.
    """
    at = _place(task_id)
    if at < 0:
        return {}
    _, stage, page, recorded, *_, sampled = _SLOT.unpack_from(_area, at)
    facts = {"stage": _text(stage), "peak_memory_bytes": max(recorded, sampled)}
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
    peak, used = _usage()
    _HEAD.pack_into(_area, offset, task_id, stage.encode("ascii", "replace"), page, peak)
    _STEP.pack_into(_area, offset + _STEP_AT, used)


def _usage() -> tuple[int, float]:
    """Return the peak memory of this process in bytes, and its CPU time in seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_maxrss * _UNIT, usage.ru_utime + usage.ru_stime


def _place(task_id: str) -> int:
    at = _area.find(task_id.encode()) if task_id else -1
    return -1 if at % _SLOT.size else at


def _text(padded: bytes) -> str:
    return padded.rstrip(b"\0").decode("ascii", "replace")


def _offset(pid: int) -> int:
    return pid % _SLOTS * _SLOT.size
