"""``decalogo audit``: verify and export the audit log."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The audit log: who did what, when and from where.")


def record(action: str, **facts: object) -> None:
    """Record what an operator does with a command, before it is done.

    Raises:
        UnavailableError: the log cannot be written.
    """
    from decalogo.audit.log import open_audit_log
    from decalogo.settings import get_settings

    open_audit_log(get_settings().audit).write(action, who="command line", **facts)


@app.command()
def verify() -> None:
    """Check every hash and the chain; exit code 1 when a record was changed, removed or cut off."""
    from decalogo.audit.log import open_audit_log
    from decalogo.settings import get_settings

    found = open_audit_log(get_settings().audit).verify()
    if found.problem:
        typer.echo(f"Damaged: {found.problem}. {found.records} records before it are right.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{found.records} records, all intact.")


@app.command()
def export(after: Annotated[int, typer.Option(help="Only records with a higher number.")] = 0) -> None:
    """Write the records to standard output, one JSON object per line."""
    import orjson

    from decalogo.audit.log import open_audit_log
    from decalogo.settings import get_settings

    for record in open_audit_log(get_settings().audit).records(after=after):
        sys.stdout.write(orjson.dumps(record).decode() + "\n")
