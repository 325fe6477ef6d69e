"""Evaluate in a process of its own, under the limits of a worker process, without a worker."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from decalogo import memory
from decalogo.errors import DocumentError
from decalogo.ids import new_id
from decalogo.settings import Settings
from decalogo.worker import progress
from decalogo.worker.guard import Guard, memory_error, reason_of

_SECONDS: Final = 0.1
_OUT_OF_MEMORY: Final = 86
"""Exit status of a process that reached its bound."""


def run_guarded(work: Callable[[], bytes], settings: Settings, cpu_seconds: float) -> bytes:
    """Call ``work`` in a forked process and return what it returns.

    Args:
        work: handles its own exceptions.
        settings: limits of pages and of memory.
        cpu_seconds: CPU time allowed; 0 is no limit.

    Raises:
        DocumentError: ``work`` exceeded a limit, or ended its process.
    """
    memory.set_bound(settings.queue.child_address_space_bytes, 1)
    task_id = new_id("alone")
    told, telling = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        os.close(told)
        _run(work, task_id, cpu_seconds, telling)
    os.close(telling)
    guard, answer = Guard(settings.evaluation, memory.find_container()), bytearray()
    try:
        while True:
            guard.check_limits([(task_id, pid)])
            if select.select([told], [], [], _SECONDS)[0]:
                if not (data := os.read(told, 1 << 16)):
                    break
                answer += data
    finally:
        os.close(told)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # unless it has ended: an interrupt of this process
        _, status = os.waitpid(pid, 0)
    known = progress.known(task_id)
    if error := reason_of(task_id):
        raise error
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _OUT_OF_MEMORY:
        raise memory_error(memory.bound(), known.get("stage", "start"), known.get("page", 0))
    if not answer:
        at = f" at page {known['page']}" if known.get("page") else ""
        raise DocumentError(f"The document ended its process{at}, probably for lack of memory.")
    return bytes(answer)


def _run(work: Callable[[], bytes], task_id: str, cpu_seconds: float, telling: int) -> NoReturn:
    code = 1
    try:
        memory.limit_this_process()
        progress.begin(task_id)
        with progress.guarded(cpu_seconds):
            answer = work()
        with os.fdopen(telling, "wb") as pipe:
            pipe.write(answer)
        code = 0
    except MemoryError:
        code = _OUT_OF_MEMORY
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
