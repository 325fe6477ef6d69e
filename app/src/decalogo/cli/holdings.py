"""``decalogo holdings``: the amount of stored data, for the question before it is deleted."""

from __future__ import annotations

import time

import typer

from decalogo.cli.counts import counted
from decalogo.cli.error_messages import errors_reported
from decalogo.connections import connect
from decalogo.settings import get_settings

_FIRST_TOKEN = 1


@errors_reported()
def expiring(days: float) -> None:
    """Print how many finished batches are deleted within ``days`` days, and the retention."""
    settings = get_settings()
    retention = settings.storage.retention_days
    if not retention:
        typer.echo("batches are not deleted (storage.retention_days is 0)")
        return
    client = connect(settings.redis, settings.redis.ledger_db)
    count = client.zcount("finished", "-inf", time.time() + (days - retention) * 86_400)
    expire = f"{counted(count, 'batch')} {'expires' if count == 1 else 'expire'} within {days:g} days"
    typer.echo(f"{expire}; a batch is deleted {retention:g} days after it finished")


@errors_reported()
def holdings() -> None:
    """Print the numbers of batches, documents and tokens in one line, or ``nothing``."""
    settings = get_settings()
    client = connect(settings.redis, settings.redis.ledger_db)
    batches = [*client.smembers("open"), *client.zrange("finished", 0, -1)]
    tokens = int(client.zcard("tokens"))
    with client.pipeline(transaction=False) as pipe:
        for job_id in batches:
            pipe.hget(f"batch:{job_id}", "total")
        documents = sum(int(total or 0) for total in pipe.execute())
    # `setup` makes the first token again; only the ones that people made are a loss.
    if not batches and tokens <= _FIRST_TOKEN:
        typer.echo("nothing")
    else:
        numbers = (len(batches), "batch"), (documents, "document"), (tokens, "token")
        typer.echo(", ".join(counted(number, noun) for number, noun in numbers))
