"""Output of the client's commands: progress and messages on standard error, answers on standard output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from decalogo.client.appliance import Appliance
from decalogo.client.results import Row
from decalogo.client.splitting import Planned
from decalogo.client.submission import Submission
from decalogo.errors import ClientError
from decalogo.reports.numbers import rounded

_errors = Console(stderr=True)
OPEN_STATES = ("queued", "running")
# A pipe has no width, and rich would truncate names at 80 columns.
PIPE_WIDTH = 200


def say(line: str) -> None:
    """Print a message on standard error."""
    _errors.print(line, markup=False, highlight=False, soft_wrap=True)


def _bar(*columns: ProgressColumn) -> Progress:
    """Return a progress bar that is removed at its end, and that is shown on terminals only."""
    return Progress(*columns, console=_errors, transient=True, disable=not _errors.is_terminal)


@contextmanager
def note_on_interrupt(job_ids: Sequence[str]) -> Iterator[None]:
    """On interruption, print how to follow the accepted batches; ``job_ids`` may grow during the block."""
    try:
        yield
    except KeyboardInterrupt:
        if job_ids:
            say(f"accepted batches continue; follow them with: decalogo status --wait {' '.join(job_ids)}")
        raise


@contextmanager
def note_on_divided(submission: Submission, total: int) -> Iterator[None]:
    """Say before and after the uploads of a batch of ``total`` files where an interrupted one continues."""
    if submission.progress.job_id:
        say(f"continuing {submission.progress.job_id}: {submission.progress.done} of {total} files are there")
    try:
        yield
    except (KeyboardInterrupt, ClientError):
        done = submission.progress.done
        if done and done < total:
            say(f"{done} of {total} files are there; run the same command within 24 hours to upload the rest")
        raise


@contextmanager
def upload_bar(upload: Planned) -> Iterator[Callable[[int], None]]:
    """Show the progress of an upload; yield a function that takes the number of bytes sent."""
    files = upload.files
    total = sum(file.size for file in files)
    columns = (TextColumn("uploading {task.fields[files]}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with _bar(*columns) as progress:
        task = progress.add_task("upload", total=total, files=f"{len(files)} file{'s' if len(files) != 1 else ''}")
        yield lambda sent: progress.update(task, completed=sent)


@contextmanager
def counter(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show the progress of ``total`` steps; yield a function to call after each."""
    with _bar(TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def follow(appliance: Appliance, job_id: str) -> bool:
    """Show the progress of a batch until it has finished; return whether every document succeeded."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _bar(*columns) as progress:
        task = progress.add_task(job_id, total=None)

        def show(status: dict[str, Any]) -> None:
            counts = status["counts"]
            ended = counts["total"] - sum(counts[state] for state in OPEN_STATES)
            progress.update(task, total=counts["total"], completed=ended, description=_counts(counts))

        status = appliance.wait(job_id, show)
    say(status_line(status))
    return bool(status["counts"]["succeeded"] == status["counts"]["total"])


def status_line(status: dict[str, Any]) -> str:
    """Return the status of a batch as one line."""
    return f"{status['job_id']}  {status['state']}  {_counts(status['counts'])} of {status['counts']['total']}"


def _counts(counts: dict[str, int]) -> str:
    """Return the counts above zero, e.g. ``3 running, 17 succeeded``."""
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number and state != "total")


def summary(rows: Sequence[Row]) -> None:
    """Print a table of documents with state, global percentage and rating."""
    table = Table("document", "state", "global", "rating", "problem")
    for row in rows:
        percent = "" if row.percent is None else f"{rounded(row.percent)} %"
        # As text: brackets in a name are not markup.
        table.add_row(*map(Text, (row.document, row.state, percent, row.rating, row.problem)))
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_WIDTH)
    console.print(table)
