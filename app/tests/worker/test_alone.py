"""An evaluation without a worker has the limits of one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from decalogo.errors import DocumentError, DocumentTooLargeError
from decalogo.evaluation import progress
from decalogo.settings import QueueSettings, Settings
from decalogo.worker.alone import run_guarded

MIB = 1 << 20


def burn() -> bytes:
    progress.at("extract", 7)
    while True:
        pass


def burn_in_programs() -> bytes:
    while True:
        subprocess.run([sys.executable, "-c", "for _ in range(10**6): pass"], check=True)


def burn_in_one_program() -> bytes:
    progress.at("recognise", 7)
    subprocess.run([sys.executable, "-c", "while True: pass"], check=True)
    return b""


def hoard() -> bytes:
    progress.at("extract", 7)
    return bytes(3000 * MIB)


def test_what_the_work_returns_is_returned(settings: Settings) -> None:
    assert run_guarded(lambda: b"x" * MIB, settings, 0) == b"x" * MIB


def test_cpu_time_is_limited_per_page_and_per_document(settings: Settings) -> None:
    with pytest.raises(DocumentTooLargeError, match="1 s of processor time"):
        run_guarded(burn, settings, 1)
    evaluation = settings.evaluation.model_copy(update={"page_cpu_seconds": 1})
    with pytest.raises(DocumentTooLargeError, match="page 7") as caught:
        run_guarded(burn, settings.model_copy(update={"evaluation": evaluation}), 0)
    assert caught.value.extra == {"page": 7}


@pytest.mark.parametrize("work", [burn_in_programs, burn_in_one_program])
def test_cpu_time_of_programs_that_it_runs_counts(settings: Settings, work: Callable[[], bytes]) -> None:
    with pytest.raises(DocumentTooLargeError, match="2 s of processor time"):
        run_guarded(work, settings, 2)


def test_programs_of_an_earlier_document_do_not_count(settings: Settings) -> None:
    subprocess.run([sys.executable, "-c", "while __import__('time').process_time() < 2: pass"], check=True)
    assert run_guarded(lambda: b"x", settings, 1) == b"x"


def test_memory_is_limited(settings: Settings) -> None:
    queue = QueueSettings(child_address_space_bytes=1000 * MIB)
    with pytest.raises(DocumentTooLargeError, match=r"1000 MiB of memory.*page 7"):
        run_guarded(hoard, settings.model_copy(update={"queue": queue}), 0)


def test_a_crash_is_an_error_of_the_document(settings: Settings) -> None:
    with pytest.raises(DocumentError, match="ended its process"):
        run_guarded(os.abort, settings, 0)
