"""``decalogo workers``: show the workers that answer Celery's `inspect`, one line each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import typer

from decalogo.cli.error_messages import errors_reported
from decalogo.errors import UnavailableError

ANSWER_SECONDS = 3.0
_TRIES = 3
Answers = Mapping[str, Mapping[str, Any]]


@errors_reported()
def workers() -> None:
    """Print every worker that answers; exit with 1 if none does."""
    from kombu.exceptions import OperationalError

    from decalogo.queue.app import get_celery

    inspect = get_celery().control.inspect(timeout=ANSWER_SECONDS)
    try:
        stats = _answers(inspect.stats)
        lines = describe(stats, _answers(lambda: inspect.conf(with_defaults=True)) if stats else {})
    except OperationalError as error:
        raise UnavailableError(
            f"Redis does not respond: {error} On the host of the appliance, run ./appliance doctor or"
            " `decalogo embedded run -- workers`."
        ) from error
    if not lines:
        typer.echo("no worker answers", err=True)
        sys.exit(1)
    typer.echo("\n".join(lines))


def _answers(ask: Callable[[], Answers | None]) -> Answers:
    """Ask until a worker answers, which may be late on a busy machine."""
    return next((found for _ in range(_TRIES) if (found := ask())), {})


def describe(stats: Answers, conf: Answers) -> list[str]:
    """Return one line per worker, sorted by name, from the answers to `inspect stats` and `inspect conf`."""
    lines = []
    for name, told in sorted(stats.items()):
        pool, settings = told["pool"], conf.get(name, {})
        ahead = 0 if settings.get("worker_disable_prefetch") else told.get("prefetch_count", 0)
        done = sum(told.get("total", {}).values())
        lines.append(
            f"{name}: {pool['max-concurrency']} at once, {ahead} reserved ahead, "
            f"a process is replaced after {pool['max-tasks-per-child']} documents, {done} done"
        )
    return lines
