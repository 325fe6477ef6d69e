"""Measure the user's documents with the evaluator alone, an embedded appliance and a running one."""

from __future__ import annotations

import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import BrokenBarrierError

from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.connection import Connection
from decalogo.client.multipart import FilePart
from decalogo.client.splitting import plan
from decalogo.embedded.instance import free_port
from decalogo.errors import BenchError, ClientError, DecalogoError, EmbeddedError

BATCH = 50
WARM_UP_SECONDS = 600.0
START_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one way to evaluate the documents.

    Attributes:
        way: name of the way.
        documents: number of documents.
        seconds: duration of all of them.
        failed: number of documents without a full result.
        stages: mean seconds per document and stage, and CPU seconds as ``cpu``; evaluator alone only.
        pages: mean pages per document; evaluator alone only.
    """

    way: str
    documents: int
    seconds: float
    failed: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    pages: float = 0.0

    @property
    def per_hour(self) -> float:
        """Documents with a result per hour."""
        return 3600 * (self.documents - self.failed) / self.seconds


def _evaluate(path: str) -> tuple[dict[str, float], float, int] | None:
    """Evaluate one file in this process; return ``None`` if it cannot be evaluated."""
    from decalogo.evaluation import evaluate
    from decalogo.evaluation.rubric import load_rubric

    began = time.process_time()
    try:
        done = evaluate(Path(path), load_rubric("decalogo"))
        done.to_json()
    except DecalogoError:
        return None
    return dict(done.seconds), time.process_time() - began, done.result["document"]["pages"]


def _warm_up(path: str, ready: Barrier) -> None:
    """Evaluate the first file, and wait until every process has, so that no process is measured cold."""
    _evaluate(path)
    ready.wait(WARM_UP_SECONDS)


def bare(files: Sequence[Path], processes: int) -> Measured:
    """Evaluate files with the evaluator alone, in a number of warmed-up processes.

    Raises:
        BenchError: a process died, or took ten minutes to warm up.
    """
    context = multiprocessing.get_context("spawn")
    processes = min(processes, len(files))
    ready = context.Barrier(processes + 1)
    first = (str(files[0]), ready)
    try:
        with ProcessPoolExecutor(processes, context, initializer=_warm_up, initargs=first) as pool:
            # Starts one process each, because none ends before all are warm.
            waiting = [pool.submit(int) for _ in range(processes)]
            ready.wait(WARM_UP_SECONDS)
            wait(waiting)
            began = time.perf_counter()
            outcomes = list(pool.map(_evaluate, [str(file) for file in files]))
            seconds = time.perf_counter() - began
    except (BrokenProcessPool, BrokenBarrierError) as error:
        raise BenchError(
            "A process of the evaluator ended early, probably for lack of memory. Use fewer with --processes."
        ) from error
    good = [one for one in outcomes if one is not None]
    if not good:
        return Measured("evaluator alone", len(files), seconds, len(files))
    names = {name for stages, _, _ in good for name in stages}
    stages = {name: statistics.fmean(stages.get(name, 0.0) for stages, _, _ in good) for name in sorted(names)}
    stages["cpu"] = statistics.fmean(cpu for _, cpu, _ in good)
    pages = statistics.fmean(pages for _, _, pages in good)
    return Measured("evaluator alone", len(files), seconds, len(files) - len(good), stages, pages)


def through(way: str, connection: Connection, files: Sequence[Path], batch: int = BATCH) -> Measured:
    """Submit files to an appliance, wait until all are finished, and count."""
    failed = 0
    with Appliance(connection) as appliance:
        began = time.perf_counter()
        parts = [FilePart.of(file) for file in files]
        jobs = [appliance.submit(one.files, SubmitOptions())["job_id"] for one in plan(parts, (), split=batch)]
        for job in jobs:
            counts = appliance.wait(job, lambda _status: None)["counts"]
            failed += counts["total"] - counts["succeeded"]
        seconds = time.perf_counter() - began
    return Measured(way, len(files), seconds, failed)


def embedded(files: Sequence[Path], processes: int) -> Measured:
    """Start an embedded appliance in a temporary folder, submit files, and delete it.

    Raises:
        EmbeddedError: it cannot start here.
    """
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="decalogo-bench-"))
    try:
        _embedded(folder, "up", "--port", f"{port}", "--workers", f"{processes}", "--timeout", f"{START_SECONDS}")
        token = Path(_embedded(folder, "token").strip()).read_text(encoding="utf-8").strip()
        connection = Connection(_embedded(folder, "url").strip(), token)
        through("", connection, list(files[:1]) * processes)
        return through("embedded appliance", connection, files)
    finally:
        with suppress(EmbeddedError):  # the first error is the one to report
            _embedded(folder, "down")
        shutil.rmtree(folder, ignore_errors=True)


def _embedded(folder: Path, command: str, *options: str) -> str:
    """Run ``decalogo embedded …`` with a data folder and return its standard output."""
    line = [sys.executable, "-m", "decalogo", "embedded", command, "--data", str(folder / "data"), *options]
    done = subprocess.run(line, capture_output=True, text=True)  # noqa: S603 - no shell, no input of strangers
    if done.returncode:
        raise EmbeddedError(done.stderr.strip())
    return done.stdout


def copies(files: Sequence[Path], count: int, folder: Path) -> list[Path]:
    """Return ``count`` copies of ``files`` in rotation, each unique by a line at its end.

    Raises:
        ClientError: one is an archive, which the appliance would unpack.
    """
    if archive := next((file for file in files if file.suffix.lower() == ".zip"), None):
        raise ClientError(f"{archive} is an archive; use its members instead")
    made = []
    for number in range(count):
        source = files[number % len(files)]
        target = folder / f"{number:05}-{source.name}"
        target.write_bytes(source.read_bytes() + f"\n%{number}\n".encode())
        made.append(target)
    return made
