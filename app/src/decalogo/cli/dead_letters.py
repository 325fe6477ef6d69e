"""``decalogo dead …``: dead letters, for operators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from decalogo.cli.audit import record
from decalogo.cli.error_messages import errors_reported
from decalogo.errors import NotFoundError

if TYPE_CHECKING:
    from decalogo.batches.ledger import Ledger

app = typer.Typer(no_args_is_help=True, help="List, show, retry and drop dead letters.")

Id = Annotated[str, typer.Argument(help="A document's id, or `all`.")]


@app.command("list")
@errors_reported()
def list_() -> None:
    """Print one line per dead letter, newest first: id, batch, attempts, size, file name, last reason."""
    found = _ledger().dead(limit=10_000)
    if not found:
        typer.echo("There are no dead letters.", err=True)
    for document in found:
        reason = (document.problem or {}).get("reason", "")
        fields = (document.document_id, document.job_id, document.attempts, document.size, document.filename, reason)
        typer.echo("\t".join(str(field) for field in fields))


@app.command()
@errors_reported()
def show(document_id: Annotated[str, typer.Argument(help="A document's id.")]) -> None:
    """Print one dead letter as JSON."""
    from dataclasses import asdict

    document = _ledger().document(document_id)
    if document is None:
        raise NotFoundError(f"no document has the id {document_id}")
    typer.echo(json.dumps(asdict(document), indent=2, ensure_ascii=False))


@app.command()
@errors_reported()
def retry(document_id: Id) -> None:
    """Queue dead letters again; the count of their lost attempts is reset."""
    chosen = _chosen(document_id)
    record("dead.retry", documents=chosen)
    queued = _ledger().retry(chosen)
    typer.echo(f"{len(queued)} queued again")


@app.command()
@errors_reported()
def drop(document_id: Id) -> None:
    """Remove dead letters from this list permanently; in their batches they stay `dead`, with the reason."""
    chosen = _chosen(document_id)
    record("dead.drop", documents=chosen)
    typer.echo(f"{_ledger().drop_dead_letters(chosen)} dropped")


def _ledger() -> Ledger:
    from decalogo.batches.ledger import open_ledger
    from decalogo.settings import get_settings

    return open_ledger(get_settings())


def _chosen(document_id: str) -> list[str]:
    dead = [d.document_id for d in _ledger().dead(limit=10_000)]
    if document_id == "all":
        return dead
    if document_id not in dead:
        raise NotFoundError(f"{document_id} is not a dead letter")
    return [document_id]
