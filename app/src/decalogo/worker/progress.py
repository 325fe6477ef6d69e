"""Progress of each worker process, in memory shared with its parent, so that it is known when the process dies.

A process writes stage, page and CPU time into its own slot, which takes microseconds per page. The parent reads the
slot when the process is lost, and meanwhile to end a process whose document exceeds its limits (``worker/guard.py``).
It also samples the memory of the process: a process that the kernel kills cannot write.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from decalogo.evaluation import progress


class _Slot(ctypes.Structure):
    """What a worker process writes and its parent reads at any moment.

    Numbers are aligned, so each is written and read whole. ``struct.pack_into`` sets the bytes to zero first, and the
    parent then saw processes that had used all their CPU time on one page.

    Attributes:
        task_id: Celery task id.
        pid: the process. Two whose ids differ by a multiple of ``_SLOTS`` have one slot; the later one has it.
        stage: stage of the evaluation.
        page: page of that stage.
        is_guarded: whether the parent may end the process.
        peak: peak memory by the process, bytes.
        sampled: the same by the parent.
        allowed: CPU time allowed for the document, seconds.
        began: CPU time at the start of the document, seconds.
        since: CPU time at the start of the step, seconds.
    """

    _fields_ = (
        ("task_id", ctypes.c_char * 48),
        ("stage", ctypes.c_char * 16),
        ("pid", ctypes.c_uint64),
        ("page", ctypes.c_uint32),
        ("is_guarded", ctypes.c_uint32),
        ("peak", ctypes.c_uint64),
        ("sampled", ctypes.c_uint64),
        ("allowed", ctypes.c_double),
        ("began", ctypes.c_double),
        ("since", ctypes.c_double),
    )


# Slots are assigned by process id modulo their number. The few processes of one worker hardly collide; one that does is
# not guarded. The area is made before the first fork; only pages in use occupy memory.
_SLOTS: Final = 1024
_SIZE: Final = ctypes.sizeof(_Slot)
_area = mmap.mmap(-1, _SLOTS * _SIZE)
_slots = (_Slot * _SLOTS).from_buffer(_area)
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
    slot = _slots[os.getpid() % _SLOTS]
    slot.is_guarded = slot.page = slot.sampled = 0
    slot.peak, _ = _usage()
    slot.pid, slot.stage, slot.task_id = os.getpid(), b"start", task_id.encode()
    progress.listen(_record)


@contextmanager
def guarded(allowed: float) -> Iterator[None]:
    """Let the parent end this process meanwhile, if its document exceeds a limit or is no longer wanted.

    Args:
        allowed: CPU time, seconds; 0 is no limit.
    """
    if slot := _slot(os.getpid()):
        _, slot.since = _usage()
        slot.began, slot.allowed = cpu_seconds(), allowed
        slot.is_guarded = 1
    try:
        yield
    finally:
        if slot := _slot(os.getpid()):
            slot.is_guarded = 0


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the programs that it ran, seconds."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def step(pid: int) -> Step | None:
    """Return what a process does; ``None`` while it is not guarded."""
    slot = _slot(pid)
    if not slot or not slot.is_guarded:
        return None
    return Step(_text(slot.task_id), _text(slot.stage), slot.page, slot.allowed, slot.began, slot.since)


def was_guarded(task_id: str) -> bool:
    """Return whether a running or lost task was evaluating its document."""
    slot = _slot_of(task_id)
    return slot is not None and bool(slot.is_guarded)


def known(task_id: str) -> dict[str, Any]:
    """Return the recorded progress of a running or lost task; empty when there is none.

    The keys are ``stage``, ``page`` (if it applies), ``peak_memory_bytes`` (highest resident memory) and ``host``.
    """
    slot = _slot_of(task_id)
    if slot is None:
        return {}
    facts = {"stage": _text(slot.stage), "peak_memory_bytes": max(slot.peak, slot.sampled)}
    return facts | ({"page": slot.page} if slot.page else {}) | {"host": socket.gethostname()}


def sample(pid: int) -> None:
    """Record, in the parent, the peak memory of a worker process."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if (found := re.search(r"VmHWM:\s+(\d+) kB", status)) and (slot := _slot(pid)):
            slot.sampled = int(found.group(1)) * 1024


def _record(stage: str, page: int) -> None:
    if slot := _slot(os.getpid()):
        # The time goes first: with the step before, a new time accuses nobody.
        slot.peak, slot.since = _usage()
        slot.stage, slot.page = stage.encode("ascii", "replace"), page


def _usage() -> tuple[int, float]:
    """Return the peak memory of this process in bytes, and its CPU time in seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_maxrss * _UNIT, usage.ru_utime + usage.ru_stime


def _slot(pid: int) -> _Slot | None:
    """Return the slot of a process; ``None`` if another process has it."""
    slot = _slots[pid % _SLOTS]
    return slot if slot.pid == pid else None


def _slot_of(task_id: str) -> _Slot | None:
    at = _area.find(task_id.encode()) if task_id else -1
    return None if at % _SIZE else _slots[at // _SIZE]


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace")
